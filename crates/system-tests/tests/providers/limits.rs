//! The limits of a provider hold over all workers together.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::site::Site;
use crate::support::{SOON, quick};

const LIMITED: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    [providers.only.limits]
    requests_per_minute = 600
    concurrency = 7
    [models."*"]
    deployments = ["only"]
"#;
const COUNT: usize = 150;

/// Over any time no more than what the rate of ten a second gives in it, and a bucket of six seconds; `slack` calls more, as
/// the two clocks look at different moments of a call.
fn are_within_bound(requests: &[Value], slack: u64) -> Result<Vec<u64>> {
    let at = requests
        .iter()
        .filter_map(|request| request["at_ms"].as_u64());
    let mut at: Vec<u64> = at.collect();
    at.sort_unstable();
    for (first, begin) in at.iter().enumerate() {
        for (last, end) in at.iter().enumerate().skip(first) {
            let most = 60 + (end - begin) / 100 + 1;
            let found = u64::try_from(last - first + 1)?;
            ensure!(
                found <= most + slack,
                "{found} requests in {} ms",
                end - begin
            );
        }
    }
    Ok(at)
}

#[tokio::test]
async fn two_workers_share_them() -> Result<()> {
    let site = Site::with("limits", 1, LIMITED, quick().workers(2)).await?;
    let provider = &site.providers[0];
    provider.set(&json!({"latency_ms": 300})).await?;
    let begun = Instant::now();
    site.system.post_many(COUNT).await?;
    site.system
        .all_judged(i64::try_from(COUNT)?, Duration::from_secs(90))
        .await?;
    let took = begun.elapsed();
    let at_once = provider.count("max_in_flight").await?;
    ensure!(at_once <= 7, "{at_once} at once");
    let requests = provider.requests().await?;
    ensure!(requests.len() == COUNT, "{} requests", requests.len());
    are_within_bound(&requests, 7)?;
    // 150 at ten a second take fifteen; an empty bucket gives nothing beforehand.
    ensure!(took > Duration::from_secs(13), "{took:?}");
    for worker in site.system.workers() {
        ensure!(
            worker.log().contains("evaluation judged"),
            "one worker alone"
        );
    }
    Ok(())
}

const TEN_A_SECOND: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    [providers.only.limits]
    requests_per_minute = 600
    [models."*"]
    deployments = ["only"]
"#;

/// Which part of the rate was used between two requests, in percent.
fn used(at: &[u64]) -> Result<u64> {
    let (Some(first), Some(last)) = (at.first(), at.last()) else {
        anyhow::bail!("no requests");
    };
    // Ten a second are one in 100 ms.
    Ok(u64::try_from(at.len() - 1)? * 100 * 100 / (last - first).max(1))
}

#[tokio::test]
async fn eight_workers_use_them_up_and_keep_them_when_redis_is_restarted() -> Result<()> {
    let seconds: u64 = match std::env::var_os("AUTORATER_FULL_SIZE") {
        Some(_) => 60,
        None => 20,
    };
    let builder = quick().workers(8).private_redis(true);
    let site = Site::with("eight_limited", 1, TEN_A_SECOND, builder).await?;
    let provider = &site.providers[0];
    provider.set(&json!({"latency_ms": 20})).await?;
    // More than there is room for in that time.
    let count = usize::try_from(seconds * 10 + 300)?;
    site.system.post_many(count).await?;
    let half = Duration::from_secs(seconds / 2);
    let requests_of = async || provider.count("requests").await;
    eventually(SOON, async || {
        let requests = requests_of().await?;
        ensure!(requests > 0, "not begun");
        anyhow::Ok(())
    })
    .await?;
    tokio::time::sleep(half).await;
    let before = usize::try_from(requests_of().await?)?;
    site.system.redis().restart().await?;
    // Each goes by itself for a second or two, until it looks again.
    let shared = async || {
        let states: Value = site.system.api.get("/v1/providers").await?;
        ensure!(states["items"][0]["shared"] == true, "{states}");
        anyhow::Ok(())
    };
    tokio::time::sleep(Duration::from_secs(7)).await;
    eventually(SOON, shared).await?;
    let after = usize::try_from(requests_of().await?)?;
    tokio::time::sleep(half).await;
    let at = are_within_bound(&provider.requests().await?, 7)?;
    let (first, second) = (used(&at[..before])?, used(&at[after..])?);
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "8 workers, {seconds} s, Redis restarted: never more than the bound; {first} % and {second} % of the rate used before \
             and after, {} requests in all",
            at.len()
        );
    }
    ensure!(first >= 95 && second >= 95, "{first} % and {second} % used");
    Ok(())
}

const SLOW_AND_FREE: &str = r#"
    [providers.slow]
    base_url = "{0}/v1"
    [providers.slow.limits]
    requests_per_minute = 1
    [providers.free]
    base_url = "{1}/v1"
    [models.slow]
    deployments = ["slow"]
    [models."*"]
    deployments = ["free"]
"#;

#[tokio::test]
async fn who_waits_for_room_gives_the_slot_to_other_work_and_waits_in_postgresql_in_the_end()
-> Result<()> {
    let builder = quick().worker_env("AUTORATER__WORKER__SLOTS", "2");
    let site = Site::with("slots", 2, SLOW_AND_FREE, builder).await?;
    let slow = async |text: &str| {
        let payload = json!({"output": text, "model": "slow"});
        site.system.post_payload(&payload).await
    };
    let waiting = [slow("First.").await?, slow("Second.").await?];
    let running = async |wanted: i64| {
        let running = "SELECT count(*) FROM evaluations WHERE state = 'running'";
        eventually(SOON, async || {
            let running = site.system.number(running).await?;
            ensure!(running == wanted, "{running} running");
            anyhow::Ok(())
        })
        .await
    };
    running(2).await?;
    let why = async |id: &str| -> Result<Value> {
        let path = format!("/v1/evaluations/{id}/timeline");
        let timeline: Value = site.system.api.get(&path).await?;
        Ok(timeline["waiting"].clone())
    };
    // Both slots are taken by those that wait, and are there for this one after five seconds.
    let free = site.system.post("Needs nothing that is limited.").await?;
    site.system.judged(&free).await?;
    for id in &waiting {
        let reason = why(id).await?;
        ensure!(reason["reason"] == "limiter", "{reason}");
    }
    // After half a minute at most they are rows that wait until a time.
    eventually(Duration::from_secs(60), async || {
        let aside = "SELECT count(*) FROM evaluations WHERE state = 'queued'";
        let aside = site.system.number(aside).await?;
        let reason = why(&waiting[1]).await?;
        ensure!(
            aside > 0 && reason["reason"] == "limiter",
            "{aside}: {reason}"
        );
        anyhow::Ok(())
    })
    .await
}
