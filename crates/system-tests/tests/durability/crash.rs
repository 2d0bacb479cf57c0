//! `SIGKILL` of a worker.

use anyhow::Result;
use serde_json::{Value, json};

use crate::support::{System, quick};

#[tokio::test]
async fn a_killed_workers_evaluation_is_finished_once_by_another() -> Result<()> {
    let system = System::start(quick()).await?;
    system.mock_is(json!({"latency_ms": 60_000})).await?;
    let id = system.post("Held by a worker that dies.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.kill_worker(0).await?;
    system.mock_is(json!({})).await?;
    system.start_worker().await?;

    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["attempts"], 2);
    assert_eq!(evaluation["usage"]["calls"], 1);
    assert_eq!(system.number("SELECT count(*) FROM assessments").await?, 1);
    assert_eq!(
        system
            .number("SELECT crashes::int8 FROM evaluations")
            .await?,
        1
    );
    // The one under way when it died, and the one of the second worker.
    assert_eq!(system.mock_count("requests").await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_committed_reply_is_not_bought_again_after_a_crash() -> Result<()> {
    let system = System::start(quick()).await?;
    // The first reply cannot be read and is committed; the call for its repair never ends.
    system
        .mock_is(json!({"faults": [
            {"fault": "garbage", "kind": "not_json_text", "times": 1},
            {"fault": "hang", "times": 1},
        ]}))
        .await?;
    let id = system.post("Judged in two calls.").await?;
    system.mock_reaches("requests", 2).await?;
    assert_eq!(system.number("SELECT count(*) FROM replies").await?, 1);
    system.kill_worker(0).await?;
    system.start_worker().await?;

    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["attempts"], 2);
    assert_eq!(evaluation["usage"]["calls"], 2);
    let flags = evaluation["assessment"]["flags"].to_string();
    assert!(flags.contains("reply_repaired"), "{flags}");
    let requests = system.mock_requests().await?;
    let keys: Vec<&str> = requests
        .iter()
        .filter_map(|request| request["headers"]["idempotency-key"].as_str())
        .collect();
    // Behind the step and the round stands a digest of the body: the same body has the same key, also after a crash.
    let steps: Vec<&str> = keys
        .iter()
        .filter_map(|key| Some(key.rsplit_once('.')?.0))
        .collect();
    let (first, repair) = (format!("{id}/judge/1"), format!("{id}/judge/repair/1"));
    assert_eq!(steps, [first.as_str(), &repair, &repair]);
    assert_eq!(keys[1], keys[2]);
    Ok(())
}

#[tokio::test]
async fn an_evaluation_that_kills_its_workers_is_given_up_as_poison() -> Result<()> {
    let builder = quick().worker_env("AUTORATER__WORKER__MAX_CRASHES", "2");
    let system = System::start(builder).await?;
    system.mock_is(json!({"latency_ms": 60_000})).await?;
    let id = system.post("Deadly.").await?;
    for worker in 0..2 {
        let calls = u64::try_from(worker)? + 1;
        system.mock_reaches("requests", calls).await?;
        system.kill_worker(worker).await?;
        system.start_worker().await?;
    }
    let evaluation = system.ended(&id).await?;
    assert_eq!(evaluation["status"], "failed", "{evaluation}");
    assert_eq!(evaluation["error"]["code"], "poison");
    assert_eq!(evaluation["assessment"], Value::Null);
    // A worker that is alive is not held up by it.
    system.mock_is(json!({})).await?;
    let other = system.post("Harmless.").await?;
    system.judged(&other).await?;
    Ok(())
}
