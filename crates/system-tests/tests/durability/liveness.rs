//! `/livez` of a worker: 503 while it does no work, 200 again once it does.
//!
//! What a worker waits for is bounded, whatever a server or a network does, so nothing outside makes a loop
//! hang. Here single threads are stopped, as a deadlock, a blocked system call or a lost timer would.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::{StackBuilder, eventually};
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

const CHECKS: [&str; 3] = ["heartbeat", "intake", "work"];

/// A worker that may hang for 8 s, and whatever that has to be longer than shortened.
fn impatient() -> StackBuilder {
    quick()
        .private_redis(true)
        .worker_env("AUTORATER__WORKER__LIVENESS_TURN", "8s")
        .worker_env("AUTORATER__WORKER__LIVENESS_TAKE", "8s")
        .worker_env("AUTORATER__DATABASE__CONNECT_TIMEOUT", "2s")
        .worker_env("AUTORATER__DATABASE__POOL_WAIT", "1s")
        .worker_env("AUTORATER__DATABASE__STATEMENT_TIMEOUT", "2s")
        .worker_env("AUTORATER__REDIS__COMMAND_TIMEOUT", "1s")
}

/// From now on Redis answers, and says what there is, but gives nothing out. Back once a read under way is over.
async fn gives_nothing_out(system: &System) -> Result<()> {
    let change = ["ACL", "SETUSER", "default", "-xreadgroup", "-xclaim"];
    system.redis().cli(&change).await?;
    eventually(SOON, async || {
        system.worker(0).log().contains("stream cannot be read")
    })
    .await
}

/// Asks the probe of the first worker: the status, and which checks fail.
async fn probe(system: &System) -> Result<(u16, Vec<String>)> {
    let worker = system.worker(0);
    let url = format!("{}/livez", worker.admin_url().context("no admin address")?);
    let answer = system.http().get(url).send().await?;
    let status = answer.status().as_u16();
    let report: Value = answer.json().await?;
    let failing = CHECKS
        .into_iter()
        .filter(|check| report["checks"][check]["ok"] != true)
        .map(str::to_owned)
        .collect();
    Ok((status, failing))
}

/// Waits until exactly these checks fail, and the probe with them.
async fn fails(system: &System, checks: &[&str]) -> Result<()> {
    let wanted = if checks.is_empty() { 200 } else { 503 };
    eventually(SOON, async || {
        let (status, failing) = probe(system).await?;
        ensure!(
            status == wanted && failing == checks,
            "{status}: {failing:?}"
        );
        anyhow::Ok(())
    })
    .await
    .with_context(|| system.worker(0).log())
}

#[tokio::test]
async fn a_worker_that_takes_nothing_although_there_is_work_fails_its_probe() -> Result<()> {
    let system = System::start(impatient()).await?;
    system.judged(&system.post("Before.").await?).await?;
    gives_nothing_out(&system).await?;
    let waiting = system.post("Nobody takes it.").await?;
    fails(&system, &["work"]).await?;
    assert_eq!(system.get(&waiting).await?["status"], "pending");

    let change = ["ACL", "SETUSER", "default", "+xreadgroup", "+xclaim"];
    system.redis().cli(&change).await?;
    system.judged(&waiting).await?;
    fails(&system, &[]).await
}

#[tokio::test]
async fn a_worker_without_work_passes_its_probe_for_ever() -> Result<()> {
    let system = System::start(impatient()).await?;
    gives_nothing_out(&system).await?;
    let begun = Instant::now();
    // As long as it would take to fail with work.
    eventually(SOON, async || {
        let (status, failing) = probe(&system).await?;
        assert_eq!(status, 200, "{failing:?}");
        ensure!(begun.elapsed() > Duration::from_secs(12), "not yet");
        anyhow::Ok(())
    })
    .await
}

/// Slots are free and the stream has entries, and yet there is nothing that it could start.
#[tokio::test]
async fn a_worker_whose_memory_is_full_passes_its_probe() -> Result<()> {
    let builder = impatient().worker_env("AUTORATER__WORKER__PAYLOAD_BUDGET", "1048576");
    let system = System::start(builder).await?;
    let hang = json!({"faults": [{"fault": "hang"}]});
    system.mock_is(hang).await?;
    let large = |name: &str| json!({"output": name.repeat(100_000)});
    system.post_payload(&large("first")).await?;
    system.mock_reaches("in_flight", 1).await?;
    let waiting = system.post_payload(&large("second")).await?;
    let begun = Instant::now();
    eventually(SOON, async || {
        let (status, failing) = probe(&system).await?;
        assert_eq!(status, 200, "{failing:?}");
        ensure!(begun.elapsed() > Duration::from_secs(12), "not yet");
        anyhow::Ok(())
    })
    .await?;
    assert_eq!(system.get(&waiting).await?["status"], "pending");
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worker_whose_heartbeat_hangs_fails_its_probe() -> Result<()> {
    let system = System::start(impatient()).await?;
    fails(&system, &[]).await?;
    let process = system.worker(0).process();
    let stopped = process.stop_threads(|_, name| name == "heartbeat")?;
    fails(&system, &["heartbeat"]).await?;
    drop(stopped);
    system.judged(&system.post("After.").await?).await?;
    fails(&system, &[]).await
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worker_whose_intake_hangs_fails_its_probe() -> Result<()> {
    let system = System::start(impatient()).await?;
    fails(&system, &[]).await?;
    let process = system.worker(0).process();
    // The intake is what the first thread runs; everything else are tasks.
    let stopped = process.stop_threads(|id, _| id == process.pid())?;
    fails(&system, &["intake"]).await?;
    drop(stopped);
    system.judged(&system.post("After.").await?).await?;
    fails(&system, &[]).await
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worker_in_which_every_loop_hangs_fails_its_probe() -> Result<()> {
    let system = System::start(impatient()).await?;
    fails(&system, &[]).await?;
    let process = system.worker(0).process();
    // All that run tasks; the admin address has threads of its own.
    let stopped = process.stop_threads(|_, name| name == "scorer-worker")?;
    fails(&system, &["intake", "work"]).await?;
    drop(stopped);
    system.judged(&system.post("After.").await?).await?;
    fails(&system, &[]).await
}
