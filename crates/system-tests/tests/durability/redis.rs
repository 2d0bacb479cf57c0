//! Redis stopped, killed, emptied: work waits, and none is lost.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::{Role, StackBuilder, eventually};
use serde_json::json;

use crate::support::{SOON, System, quick};

/// Lost entries are given a few seconds before they count as lost.
const REFILLED: Duration = Duration::from_secs(60);

fn own_redis() -> StackBuilder {
    quick().private_redis(true)
}

/// The pids of all services: a restart would show.
fn pids(system: &System) -> Vec<u32> {
    let workers = system.workers();
    let apis = system.ingest().iter().chain(system.status());
    apis.chain(workers.iter().map(AsRef::as_ref))
        .map(|service| service.process().pid())
        .collect()
}

async fn post_quickly(system: &System, text: &str) -> Result<String> {
    tokio::time::timeout(Duration::from_secs(5), system.post(text))
        .await
        .context("the post waits for Redis")?
}

#[tokio::test]
async fn work_posted_without_redis_is_judged_once_it_is_back() -> Result<()> {
    let system = System::start(own_redis()).await?;
    let before = pids(&system);
    let warm = system.post("Before the stop.").await?;
    system.judged(&warm).await?;
    system.redis().stop().await?;

    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(post_quickly(&system, &format!("Without Redis, {n}.")).await?);
    }
    for id in &ids {
        let evaluation = system.get(id).await?;
        assert_eq!(evaluation["status"], "pending", "{evaluation}");
    }
    // Who takes and shows work stays ready; who judges says what it waits for.
    for (service, wanted) in [
        (&system.ingest()[0], 200),
        (&system.status()[0], 200),
        (&*system.worker(0), 503),
    ] {
        let url = format!("{}/readyz", service.admin_url().unwrap_or_default());
        eventually(SOON, async || {
            let status = system.http().get(&url).send().await?.status();
            ensure!(status == wanted, "{url}: {status}");
            anyhow::Ok(())
        })
        .await?;
    }

    system.redis().start().await?;
    for id in &ids {
        let evaluation = system.judged(id).await?;
        assert_eq!(evaluation["attempts"], 1, "{evaluation}");
    }
    assert_eq!(system.mock_count("requests").await?, 6);
    assert_eq!(pids(&system), before);
    Ok(())
}

#[tokio::test]
async fn a_redis_that_lost_everything_is_filled_again() -> Result<()> {
    let builder = own_redis().role_env(Role::Worker, "AUTORATER__WORKER__SLOTS", "2");
    let system = System::start(builder).await?;
    let before = pids(&system);
    system
        .mock_is(json!({"latency_ms": 60_000, "faults": [{"fault": "hang"}]}))
        .await?;
    let _waiting = system.post_many(40).await?;
    system.mock_reaches("in_flight", 2).await?;
    let announced = "SELECT count(*) FROM evaluations WHERE announced_at IS NOT NULL";
    eventually(SOON, async || {
        let count = system.number(announced).await?;
        ensure!(count == 38, "{count} in the stream");
        anyhow::Ok(())
    })
    .await?;

    // Emptied while it runs: the group is gone as well.
    system.redis().cli(&["FLUSHALL"]).await?;
    let key = format!("{}:work:interactive", system.key_prefix());
    eventually(REFILLED, async || {
        // More than one entry each is harmless: the claim decides.
        let length: u64 = system.redis().cli(&["XLEN", &key]).await?.parse()?;
        ensure!(length >= 38, "{length} entries");
        anyhow::Ok(())
    })
    .await?;

    // Lost with its machine: it comes back without its data.
    let dir = system.redis().cli(&["CONFIG", "GET", "dir"]).await?;
    let dir = dir.lines().last().context("no directory")?.to_owned();
    // The services write as soon as it is there; this key nobody writes again.
    system.redis().cli(&["SET", "from-before", "1"]).await?;
    system.redis().kill().await?;
    std::fs::remove_dir_all(format!("{dir}/appendonlydir"))?;
    system.redis().start().await?;
    let kept = system.redis().cli(&["EXISTS", "from-before"]).await?;
    assert_eq!(kept, "0");

    system.kill_worker(0).await?;
    system.mock_is(json!({})).await?;
    system.start_worker().await?;
    system.all_judged(40, REFILLED).await?;
    assert_eq!(system.number("SELECT count(*) FROM replies").await?, 40);
    assert_eq!(system.mock_count("requests").await?, 42);
    assert_eq!(pids(&system)[..2], before[..2]);
    Ok(())
}

#[tokio::test]
async fn a_frozen_redis_holds_up_neither_posts_nor_judging() -> Result<()> {
    let system = System::start(own_redis()).await?;
    system.mock_is(json!({"latency_ms": 1_000})).await?;
    let judging = system.post("Under way when Redis freezes.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.redis().freeze()?;
    let waiting = post_quickly(&system, "While Redis does not answer.").await?;
    system.judged(&judging).await?;
    system.redis().thaw()?;
    system.judged(&waiting).await?;
    Ok(())
}

#[tokio::test]
async fn a_redis_that_refuses_writes_is_waited_out() -> Result<()> {
    let system = System::start(own_redis()).await?;
    let before = pids(&system);
    system.judged(&system.post("Before.").await?).await?;
    // A replica whose primary is not there, as after a failover that went to another node.
    system.redis().cli(&["REPLICAOF", "127.0.0.1", "1"]).await?;
    let read_only = post_quickly(&system, "While Redis is read-only.").await?;
    assert_eq!(system.get(&read_only).await?["status"], "pending");
    system.redis().cli(&["REPLICAOF", "NO", "ONE"]).await?;
    system.judged(&read_only).await?;

    // Full: nothing can be added, and nothing is thrown away.
    system
        .redis()
        .cli(&["CONFIG", "SET", "maxmemory", "1"])
        .await?;
    let full = post_quickly(&system, "While Redis is full.").await?;
    assert_eq!(system.get(&full).await?["status"], "pending");
    system
        .redis()
        .cli(&["CONFIG", "SET", "maxmemory", "0"])
        .await?;
    system.judged(&full).await?;
    assert_eq!(pids(&system), before, "no restart was needed");
    Ok(())
}
