//! A Redis that answers and takes nothing: health says so, and nothing is lost.

use std::time::Duration;

use anyhow::{Result, ensure};
use local_stack::{StackBuilder, eventually};
use serde_json::json;

use crate::support::{SOON, System, quick};

/// Health is to say so within this.
const WITHIN: Duration = Duration::from_secs(10);

fn own_redis() -> StackBuilder {
    quick().private_redis(true)
}

#[tokio::test]
async fn a_full_redis_is_told_and_what_waits_is_judged_once_it_has_room() -> Result<()> {
    let system = System::start(own_redis()).await?;
    system.judged(&system.post("Before.").await?).await?;
    system.mock_is(json!({"latency_ms": 1_000})).await?;
    let under_way = system.post("Under way.").await?;
    system.mock_reaches("in_flight", 1).await?;
    let redis = system.redis();
    redis.cli(&["CONFIG", "SET", "maxmemory", "1"]).await?;
    let ids = system.post_many(20).await?;
    let took = system.says(&system.worker(0), "redis", "maxmemory").await?;
    ensure!(took < WITHIN, "only after {took:?}");
    // Who takes and shows work says so too, and goes on.
    for api in [&system.ingest()[0], &system.status()[0]] {
        eventually(SOON, async || {
            let (is_ready, reason) = system.readiness(api, "redis").await?;
            let is_told = reason.is_some_and(|reason| reason.contains("maxmemory"));
            ensure!(is_ready && is_told, "ready: {is_ready}, told: {is_told}");
            anyhow::Ok(())
        })
        .await?;
    }
    system.judged(&under_way).await?;
    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]).await?;
    for id in &ids {
        system.judged(id).await?;
    }
    system.is_ready(&system.worker(0)).await?;
    let log = system.worker(0).log();
    assert_eq!(log.matches("the relay waits").count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_key_of_a_wrong_type_is_mended_without_anybody() -> Result<()> {
    let system = System::start(own_redis()).await?;
    let redis = system.redis();
    let mut count = 0;
    for name in ["work:interactive", "work:batch", "probe"] {
        let key = format!("{}:{name}", system.key_prefix());
        for put in [
            vec!["SET", &key, "x"],
            vec!["RPUSH", &key, "x"],
            vec!["HSET", &key, "x", "y"],
            vec!["ZADD", &key, "1", "x"],
        ] {
            if name == "probe" && put[0] == "HSET" {
                continue;
            }
            // As one step: what is deleted is made anew at once.
            let script = "redis.call('DEL', KEYS[1]) return redis.call(unpack(ARGV))";
            redis
                .cli(&[&["EVAL", script, "1", &key], &put[..]].concat())
                .await?;
            for priority in ["interactive", "batch"] {
                let output = format!("{count}");
                let payload = json!({"output": output, "priority": priority});
                let id = system.post_payload(&payload).await?;
                system.judged(&id).await?;
                count += 1;
            }
        }
    }
    assert_eq!(system.mock_count("requests").await?, count);
    // Nobody asks for this one but health, every two seconds.
    let probe = format!("{}:probe", system.key_prefix());
    eventually(SOON, async || {
        let found = redis.cli(&["TYPE", &probe]).await?;
        ensure!(found == "hash", "{found}");
        anyhow::Ok(())
    })
    .await?;
    let logs = [
        system.worker(0).log(),
        system.ingest()[0].log(),
        system.status()[0].log(),
    ]
    .concat();
    let told = |key: &str| {
        logs.lines()
            .filter(|line| line.contains("had another type than ours") && line.contains(key))
            .count()
    };
    assert_eq!((told(":work:"), told(":probe") > 0), (8, true), "{logs}");
    Ok(())
}

#[tokio::test]
async fn a_stream_that_may_not_be_read_or_written_is_told() -> Result<()> {
    let system = System::start(own_redis()).await?;
    system.judged(&system.post("Before.").await?).await?;
    for (command, check, words) in [
        ("xreadgroup", "stream", "permissions"),
        ("xadd", "relay", "permissions"),
        // Within a script each version of Redis has other words for it.
        ("xack", "dismissal", "decided entries stay"),
    ] {
        let acl = async |sign: &str| {
            let change = format!("{sign}{command}");
            let set = ["ACL", "SETUSER", "default", &change];
            system.redis().cli(&set).await
        };
        acl("-").await?;
        let id = system.post(&format!("Without {command}.")).await?;
        system.says(&system.worker(0), check, words).await?;
        acl("+").await?;
        system.judged(&id).await?;
        system.is_ready(&system.worker(0)).await?;
    }
    tokio::time::timeout(SOON, system.all_judged(4, SOON)).await?
}
