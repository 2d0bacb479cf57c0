//! Taking an evaluation back.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::{Signal, eventually};
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

const NOBODYS: &str = "00000000-0000-8000-8000-000000000000";

#[tokio::test]
async fn a_waiting_one_is_cancelled_and_never_judged() -> Result<()> {
    let system = System::start(quick().workers(0)).await?;
    let unwanted = system.post("Not wanted any more.").await?;
    let wanted = system.post("Still wanted.").await?;
    let evaluation = system.granted(&unwanted, "cancel").await?;
    assert_eq!(evaluation["status"], "cancelled", "{evaluation}");
    assert!(evaluation["finished_at"].is_string(), "{evaluation}");
    assert_eq!(evaluation["error"], Value::Null);
    assert_eq!(system.get(&unwanted).await?, evaluation);

    system.start_worker().await?;
    system.judged(&wanted).await?;
    // Its entry is still in the stream, and goes without an effect.
    let entries = format!("{}:work:interactive", system.key_prefix());
    eventually(SOON, async || {
        let length = system.redis().cli(&["XLEN", &entries]).await?;
        ensure!(length == "0", "{length} entries");
        anyhow::Ok(())
    })
    .await?;
    assert_eq!(system.mock_count("requests").await?, 1);
    assert_eq!(system.get(&unwanted).await?, evaluation);
    let metrics = system.status()[0].admin_url().context("no admin address")?;
    let metrics = system.http().get(format!("{metrics}/metrics")).send();
    let metrics = metrics.await?.text().await?;
    let line =
        "autorater_evaluations_total{status=\"cancelled\",outcome=\"none\",strategy=\"direct\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    let line = "autorater_evaluation_seconds_count 1";
    assert!(metrics.contains(line), "{metrics}");
    Ok(())
}

#[tokio::test]
async fn the_call_of_a_running_one_is_dropped_and_nothing_is_paid() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let id = system.post("Taken back while it is judged.").await?;
    system.mock_reaches("in_flight", 1).await?;
    let evaluation = system.granted(&id, "cancel").await?;
    assert_eq!(evaluation["status"], "cancelled", "{evaluation}");
    system.calls_stop(1).await?;

    let evaluation = system.get(&id).await?;
    assert_eq!(evaluation["status"], "cancelled", "{evaluation}");
    assert_eq!(evaluation["usage"]["calls"], 0);
    assert_eq!(evaluation["assessment"], Value::Null);
    assert_eq!(system.number("SELECT count(*) FROM replies").await?, 0);
    let why = system.refused(&id, "cancel").await?;
    assert!(why.contains("is cancelled"), "{why}");
    for wish in ["cancel", "retry"] {
        let (status, problem) = system.wish(NOBODYS, wish).await?;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    }
    // Its slot is free again.
    system.mock_is(json!({})).await?;
    let other = system.post("Judged afterwards.").await?;
    system.judged(&other).await?;
    let why = system.refused(&other, "cancel").await?;
    assert!(why.contains("is succeeded"), "{why}");
    assert_eq!(system.mock_count("requests").await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_reply_that_comes_after_the_cancel_changes_nothing() -> Result<()> {
    let system = System::start(quick()).await?;
    system.mock_is(json!({"latency_ms": 1_000})).await?;
    let id = system.post("Its reply is on the way.").await?;
    system.mock_reaches("in_flight", 1).await?;
    // The reply waits in the frozen worker's socket, whatever the worker would have looked at first.
    system.worker(0).signal(Signal::Stop)?;
    let cancelled = system.granted(&id, "cancel").await?;
    system.mock_reaches("completed", 1).await?;
    system.worker(0).signal(Signal::Continue)?;
    system.logged(0, "no longer ours").await?;

    assert_eq!(system.get(&id).await?, cancelled);
    for table in ["replies", "assessments"] {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(system.number(&count).await?, 0, "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn one_put_aside_after_a_failure_is_cancelled_and_does_not_come_back() -> Result<()> {
    let builder = quick()
        .worker_env("AUTORATER__PROVIDER__TRIES", "1")
        .worker_env("AUTORATER__PROVIDER__PUT_ASIDE", "4s");
    let system = System::start(builder).await?;
    let broken = json!({"faults": [{"fault": "status", "status": 500}]});
    system.mock_is(broken).await?;
    let id = system.post("Its provider is broken.").await?;
    let aside = "SELECT count(*) FROM evaluations WHERE state = 'queued' AND failures = 1";
    system.number_becomes(1, aside).await?;
    system.granted(&id, "cancel").await?;
    system.mock_is(json!({})).await?;
    let due = "SELECT count(*) FROM evaluations WHERE next_run_at < now()";
    system.number_becomes(1, due).await?;
    let other = system.post("Posted after it was due.").await?;
    system.judged(&other).await?;
    assert_eq!(system.get(&id).await?["status"], "cancelled");
    assert_eq!(system.mock_count("completed").await?, 2);
    Ok(())
}

#[tokio::test]
async fn without_redis_a_cancel_still_stops_the_call() -> Result<()> {
    let system = System::start(quick().private_redis(true)).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let id = system.post("Running when Redis goes.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.redis().stop().await?;
    let cancel = system.granted(&id, "cancel");
    let evaluation = tokio::time::timeout(Duration::from_secs(5), cancel).await??;
    assert_eq!(evaluation["status"], "cancelled", "{evaluation}");
    system.calls_stop(1).await?;
    assert_eq!(system.get(&id).await?["status"], "cancelled");
    Ok(())
}

#[tokio::test]
async fn cancelled_and_run_again_at_once_only_the_second_call_goes_on() -> Result<()> {
    let system = System::start(quick()).await?;
    let first_hangs = json!({"faults": [{"fault": "hang", "times": 1}]});
    system.mock_is(first_hangs).await?;
    let id = system.post("Cancelled by mistake.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.granted(&id, "cancel").await?;
    system.granted(&id, "retry").await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["usage"]["calls"], 1, "{evaluation}");
    system.calls_stop(1).await?;
    Ok(())
}

#[tokio::test]
async fn a_worker_that_leaves_drops_cancelled_calls_too() -> Result<()> {
    // With the drain of production it may go on for 25 s.
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let id = system.post("Taken back in a drain.").await?;
    system.mock_reaches("in_flight", 1).await?;
    let leaving = system.worker(0);
    leaving.signal(Signal::Terminate)?;
    system.logged(0, "SIGTERM").await?;
    system.granted(&id, "cancel").await?;
    system.calls_stop(1).await?;
    // Nothing keeps it any more.
    let exit = leaving.process().wait_exit(Duration::from_secs(5)).await?;
    assert_eq!(exit.code(), Some(0), "{}", leaving.log());
    Ok(())
}
