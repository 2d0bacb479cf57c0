//! Payloads that are large for a worker's memory: shared with others, in order, and nobody holds anybody up.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::{StackBuilder, eventually};
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

/// For many payloads of a megabyte, on a machine that is busy with other tests.
const BOUND: Duration = Duration::from_secs(120);
const QUEUED: &str = "SELECT count(*) FROM evaluations WHERE state = 'queued'";
const RUNNING: &str = "SELECT count(*) FROM evaluations WHERE state = 'running'";

/// Workers with so many MiB for payloads.
fn with_budget(mebibytes: u64) -> StackBuilder {
    quick()
        .worker_env("AUTORATER__WORKER__SLOTS", "100")
        .worker_env(
            "AUTORATER__WORKER__PAYLOAD_BUDGET",
            (mebibytes << 20).to_string(),
        )
}

/// A payload of about so many KiB, unlike any other.
fn sized(name: &str, kibibytes: usize) -> Value {
    json!({"input": name, "output": format!("{name} ").repeat(kibibytes * 1024 / (name.len() + 1))})
}

fn by(model: &str, mut payload: Value) -> Value {
    payload["model"] = model.into();
    payload
}

async fn post_large(system: &System, count: usize) -> Result<()> {
    for number in 0..count {
        system
            .post_payload(&sized(&format!("large {number}"), 1024))
            .await?;
    }
    Ok(())
}

/// How many evaluations each worker has judged.
fn shares(system: &System) -> Vec<usize> {
    let judged = |log: String| log.matches("evaluation judged").count();
    let workers = system.workers().into_iter();
    workers.map(|worker| judged(worker.log())).collect()
}

async fn gauge(system: &System, name: &str) -> Result<f64> {
    let worker = system.worker(0);
    let url = format!(
        "{}/metrics",
        worker.admin_url().context("no admin address")?
    );
    let text = system.http().get(url).send().await?.text().await?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Ok(line.with_context(|| format!("no {name}"))?.parse()?)
}

#[tokio::test]
async fn large_payloads_are_shared_evenly_with_a_worker_that_joins_late() -> Result<()> {
    shared(40, 4, Duration::from_secs(2), with_budget(16)).await
}

/// As it was seen: four minutes, so only when asked for.
#[tokio::test]
async fn four_hundred_megabytes_are_shared_evenly_where_asked_for() -> Result<()> {
    if std::env::var_os("AUTORATER_FULL_SIZE").is_none() {
        return Ok(());
    }
    let builder = with_budget(256).worker_env("AUTORATER__WORKER__SLOTS", "1000");
    shared(400, 73, Duration::from_secs(20), builder).await
}

/// One worker begins with so many payloads of 1 MB as fit into it, and another joins.
async fn shared(count: usize, fit: i64, call: Duration, builder: StackBuilder) -> Result<()> {
    // All of it is there before the first begins: on a busy machine that takes longer than calls.
    let system = System::start(builder.workers(0)).await?;
    system
        .mock_is(json!({"latency_ms": u64::try_from(call.as_millis())?}))
        .await?;
    post_large(&system, count).await?;
    system.start_worker().await?;
    eventually(BOUND, async || {
        let running = system.number(RUNNING).await?;
        ensure!(running == fit, "{running} are running");
        anyhow::Ok(())
    })
    .await?;
    // What waits for memory is visible: for people, and for the autoscaler.
    assert!(system.number(QUEUED).await? > 0);
    let wanted = "autorater_worker_slots_wanted";
    let slots = eventually(SOON, async || {
        let slots = gauge(&system, "autorater_worker_slots").await?;
        ensure!(slots > 0.0, "no slots");
        anyhow::Ok(slots)
    })
    .await?;
    eventually(SOON, async || {
        let wanted = gauge(&system, wanted).await?;
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let workers = (system.number(QUEUED).await? + fit) as f64 / fit as f64;
        ensure!(
            wanted > (workers - 2.0) * slots,
            "{wanted} slots are wanted"
        );
        anyhow::Ok(())
    })
    .await?;

    let before = shares(&system)[0];
    system.start_worker().await?;
    let owners = "SELECT count(DISTINCT owner) FROM evaluations WHERE state = 'running'";
    eventually(Duration::from_secs(5), async || {
        let owners = system.number(owners).await?;
        ensure!(owners == 2, "{owners} have work");
        anyhow::Ok(())
    })
    .await?;
    let count = i64::try_from(count)?;
    eventually(BOUND * 4, async || {
        let running = system.number(RUNNING).await?;
        assert!(running <= 2 * fit, "{running} are running");
        let left = system
            .number("SELECT count(*) FROM evaluations WHERE state IN ('queued', 'running')")
            .await?;
        ensure!(left == 0, "{left} are left");
        anyhow::Ok(())
    })
    .await?;
    system.all_judged(count, SOON).await?;
    let shares = shares(&system);
    let (one, other) = (shares[0] - before, shares[1]);
    assert!(
        one.min(other) * 3 >= one.max(other) * 2,
        "{one} and {other} since the second joined"
    );
    // Each was claimed once, by who could start it, and each call made once.
    for once in ["attempts", "epoch"] {
        let query = format!("SELECT count(*) FROM evaluations WHERE {once} = 1");
        assert_eq!(system.number(&query).await?, count, "{once}");
    }
    assert_eq!(system.mock_count("requests").await?, u64::try_from(count)?);
    let most = system.mock_count("max_in_flight").await?;
    assert!(most <= u64::try_from(2 * fit)?, "{most} calls at once");
    Ok(())
}

/// Three quarters of a worker's memory are held by a call that hangs; what waits for all of it waits, and what is small
/// does not.
#[tokio::test]
async fn a_large_one_that_waits_holds_no_small_one_up() -> Result<()> {
    let system = System::start(with_budget(2)).await?;
    let hang = json!({"fault": "hang", "model": "slow"});
    system.mock_is(json!({"faults": [hang]})).await?;
    let slow = system.post_payload(&by("slow", sized("slow", 300))).await?;
    system.mock_reaches("in_flight", 1).await?;
    let large = system.post_payload(&sized("large", 800)).await?;
    let middle = system.post_payload(&sized("middle", 250)).await?;
    for number in 0..20 {
        let small = system
            .post_payload(&sized(&format!("small {number}"), 1))
            .await?;
        system.judged(&small).await?;
    }
    for waiting in [&large, &middle] {
        let evaluation = system.get(waiting).await?;
        assert_eq!(evaluation["status"], "pending", "{evaluation}");
        assert_eq!(evaluation["started_at"], Value::Null);
    }
    let url = format!("{}/v1/evaluations/{slow}/cancel", system.status_url());
    system.http().post(url).send().await?.error_for_status()?;
    let large = system.judged(&large).await?;
    let middle = system.judged(&middle).await?;
    let started = |evaluation: &Value| evaluation["started_at"].as_str().map(str::to_owned);
    assert!(started(&large) < started(&middle), "overtaken");
    Ok(())
}

#[tokio::test]
async fn a_large_one_is_not_starved_by_small_ones() -> Result<()> {
    let system = System::start(with_budget(2)).await?;
    system.mock_is(json!({"latency_ms": 700})).await?;
    let mut posted = 0;
    for _ in 0..30 {
        post_small(&system, &mut posted).await?;
    }
    eventually(SOON, async || {
        let running = system.number(RUNNING).await?;
        ensure!(running >= 6, "{running} are running");
        anyhow::Ok(())
    })
    .await?;
    let large = system.post_payload(&sized("large", 800)).await?;
    // There are always some that would fit.
    let begun = Instant::now();
    while system.get(&large).await?["started_at"] == Value::Null {
        ensure!(
            begun.elapsed() < SOON,
            "{} were posted behind it",
            posted - 30
        );
        if system.number(QUEUED).await? < 20 {
            post_small(&system, &mut posted).await?;
        }
    }
    system.judged(&large).await?;
    let overtook = "SELECT count(*) FROM evaluations l, evaluations e
        WHERE l.id = $1::text::uuid AND e.created_at > l.created_at AND e.started_at < l.started_at";
    let overtook = system.number_of(overtook, &[&large]).await?;
    // As many as the memory for those that pass lets by, one at a time.
    assert!(overtook <= 15, "{overtook} of {posted} overtook it");
    system.all_judged(posted + 1, BOUND).await
}

async fn post_small(system: &System, posted: &mut i64) -> Result<()> {
    let payload = sized(&format!("small {posted}"), 30);
    system.post_payload(&payload).await?;
    *posted += 1;
    Ok(())
}

#[tokio::test]
async fn a_large_debate_makes_do_with_its_memory_and_holds_no_small_one_up() -> Result<()> {
    let system = System::start(with_budget(2)).await?;
    system.mock_is(json!({"latency_ms": 1000})).await?;
    // Two calls at once would take 1.5 MiB more than there is.
    let mut debate = sized("debate", 500);
    debate["strategy"] =
        json!({"kind": "debate", "models": ["a", "b"], "moderator": "chair", "rounds": 1});
    let debate = system.post_payload(&debate).await?;
    system.mock_reaches("in_flight", 1).await?;
    let small = system.post_payload(&sized("small", 1)).await?;
    system.judged(&small).await?;
    assert_eq!(system.get(&debate).await?["status"], "running");
    let evaluation = system.judged(&debate).await?;
    assert_eq!(evaluation["attempts"], 1);
    // One of its calls at a time, and that of the small one.
    assert!(system.mock_count("max_in_flight").await? <= 2);
    Ok(())
}

/// One at a time for longer than each may take: what it waits for memory is none of its time.
#[tokio::test]
async fn waiting_for_memory_uses_no_time_up() -> Result<()> {
    let builder = with_budget(2).worker_env("AUTORATER__WORKER__EVALUATION_TIMEOUT", "8s");
    let system = System::start(builder).await?;
    system.mock_is(json!({"latency_ms": 1500})).await?;
    for number in 0..10 {
        let payload = sized(&format!("patient {number}"), 400);
        system.post_payload(&payload).await?;
    }
    system.all_judged(10, BOUND).await?;
    assert_eq!(system.mock_count("max_in_flight").await?, 1);
    Ok(())
}

/// As an older release rings: the sizes are looked up, and what does not fit goes back.
#[tokio::test]
async fn entries_without_a_size_are_claimed_by_memory_too() -> Result<()> {
    let system = System::start(with_budget(2).workers(0)).await?;
    system.mock_is(json!({"latency_ms": 500})).await?;
    let key = format!("{}:work:interactive", system.key_prefix());
    let mut ids = Vec::new();
    for number in 0..6 {
        let payload = sized(&format!("old {number}"), 400);
        ids.push(system.post_payload(&payload).await?);
    }
    system.redis().cli(&["DEL", &key]).await?;
    for id in &ids {
        let fields = ["XADD", &key, "*", "v", "1", "id", id, "tenant", "default"];
        system.redis().cli(&fields).await?;
    }
    system.start_worker().await?;
    system.all_judged(6, BOUND).await?;
    assert_eq!(system.mock_count("max_in_flight").await?, 1);
    let once = "SELECT count(*) FROM evaluations WHERE attempts = 1";
    assert_eq!(system.number(once).await?, 6);
    Ok(())
}
