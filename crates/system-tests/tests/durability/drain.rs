//! `SIGTERM`: what is nearly done is ended, what is not is given back.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::StreamExt as _;
use futures::channel::mpsc;
use local_stack::{Signal, eventually};
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

/// The drain that the worker is given, and what a process may need beyond it.
const GONE_WITHIN: Duration = Duration::from_secs(5 + 7);

#[tokio::test]
async fn a_leaving_worker_ends_what_it_can_and_gives_the_rest_back_uncharged() -> Result<()> {
    let builder = quick()
        .worker_env("AUTORATER__WORKER__DRAIN", "5s")
        .worker_env("AUTORATER__WORKER__SLOTS", "3");
    let system = System::start(builder).await?;
    system
        .mock_is(json!({
            "latency_ms": 1_000,
            "faults": [{"fault": "hang", "match": "without an end"}],
        }))
        .await?;
    let hanging = [
        system.post("A call without an end.").await?,
        system.post("Another one without an end.").await?,
    ];
    system.mock_reaches("in_flight", 2).await?;
    let quick_one = system.post("A call that ends in time.").await?;
    system.mock_reaches("in_flight", 3).await?;
    let waiting = system.post("Waiting for a slot, without an end.").await?;

    let leaving = system.worker(0);
    leaving.signal(Signal::Terminate)?;
    let begun = Instant::now();
    let admin = leaving.admin_url().unwrap_or_default().to_owned();
    eventually(SOON, async || {
        let answer = system.http().get(format!("{admin}/readyz")).send().await?;
        let status = answer.status();
        let report: Value = answer.json().await?;
        ensure!(
            status == 503 && report["draining"] == true,
            "{status}: {report}"
        );
        anyhow::Ok(())
    })
    .await?;
    let live = system.http().get(format!("{admin}/livez")).send().await?;
    assert_eq!(live.status(), 200);
    let exit = leaving.process().wait_exit(GONE_WITHIN).await?;
    assert_eq!(exit.code(), Some(0), "{}", leaving.log());
    assert!(begun.elapsed() < GONE_WITHIN, "{:?}", begun.elapsed());

    let ended = system.get(&quick_one).await?;
    assert_eq!(ended["status"], "succeeded", "{ended}");
    for id in hanging.iter().chain([&waiting]) {
        let evaluation = system.get(id).await?;
        assert_eq!(evaluation["status"], "pending", "{evaluation}");
        assert_eq!(evaluation["attempts"], 0, "{evaluation}");
    }
    // It signed off, so nobody has to wait for its lease.
    assert_eq!(system.number("SELECT count(*) FROM workers").await?, 0);

    system.mock_is(json!({})).await?;
    system.start_worker().await?;
    for id in hanging.iter().chain([&waiting]) {
        let evaluation = system.judged(id).await?;
        assert_eq!(evaluation["attempts"], 1, "{evaluation}");
    }
    let charged = "SELECT count(*) FROM evaluations WHERE failures + crashes > 0";
    assert_eq!(system.number(charged).await?, 0);
    Ok(())
}

/// Stops the only worker while calls of `latency` are under way for `count` evaluations, and has the next one do the
/// rest: no call is repeated, and what was under way at the signal is judged by the time the process is gone.
async fn nothing_is_bought_again(drain: &str, latency: Duration, count: usize) -> Result<()> {
    let builder = quick().worker_env("AUTORATER__WORKER__DRAIN", drain);
    let system = System::start(builder).await?;
    let latency_ms = latency.as_millis();
    system
        .mock_is(json!({ "latency_ms": u64::try_from(latency_ms)? }))
        .await?;
    system.post_many(count).await?;
    system.mock_reaches("in_flight", 1).await?;
    if latency > Duration::from_secs(1) {
        system.mock_reaches("in_flight", count as u64).await?;
    }
    let leaving = system.worker(0);
    leaving.signal(Signal::Terminate)?;
    let exit = leaving.process().wait_exit(GONE_WITHIN).await?;
    assert_eq!(exit.code(), Some(0), "{}", leaving.log());
    let bought = i64::try_from(system.mock_count("requests").await?)?;
    let committed = system.number("SELECT count(*) FROM replies").await?;
    assert_eq!(committed, bought, "{}", leaving.log());
    let judged = "SELECT count(*) FROM evaluations WHERE state = 'succeeded'";
    assert_eq!(system.number(judged).await?, bought);
    let others = "SELECT count(*) FROM evaluations
        WHERE state <> 'succeeded' AND (state <> 'queued' OR attempts + failures + crashes > 0)";
    assert_eq!(system.number(others).await?, 0);

    system.start_worker().await?;
    system.all_judged(i64::try_from(count)?, SOON).await?;
    assert_eq!(system.mock_count("requests").await?, count as u64);
    Ok(())
}

#[tokio::test]
async fn calls_under_way_have_the_whole_of_the_drain() -> Result<()> {
    nothing_is_bought_again("5s", Duration::from_secs(3), 20).await
}

#[tokio::test]
async fn a_drain_of_a_second_is_one() -> Result<()> {
    nothing_is_bought_again("1s", Duration::from_millis(500), 20).await
}

/// Nobody may be there to hear the answer of a call that begins in a drain.
#[tokio::test]
async fn a_call_that_is_due_in_a_drain_is_left_to_the_next_worker() -> Result<()> {
    let builder = quick().worker_env("AUTORATER__WORKER__DRAIN", "20s");
    let system = System::start(builder).await?;
    system
        .mock_is(json!({"faults": [{"fault": "status", "status": 503, "retry_after": 3}]}))
        .await?;
    let id = system.post("Asked again after a pause.").await?;
    system.mock_reaches("requests", 1).await?;
    let leaving = system.worker(0);
    leaving.signal(Signal::Terminate)?;
    let exit = leaving.process().wait_exit(Duration::from_secs(15)).await?;
    assert_eq!(exit.code(), Some(0), "{}", leaving.log());
    assert_eq!(system.mock_count("requests").await?, 1);
    let evaluation = system.get(&id).await?;
    assert_eq!(evaluation["status"], "pending", "{evaluation}");
    assert_eq!(evaluation["attempts"], 0, "{evaluation}");
    system.mock_is(json!({})).await?;
    system.start_worker().await?;
    system.judged(&id).await?;
    Ok(())
}

#[tokio::test]
async fn apis_leave_in_order_too() -> Result<()> {
    let system = System::start(
        quick()
            .workers(0)
            .mock(false)
            .worker_env("OPENAI_BASE_URL", "http://127.0.0.1:9"),
    )
    .await?;
    for service in [&system.ingest()[0], &system.status()[0]] {
        let exit = service.stop(GONE_WITHIN).await?;
        assert_eq!(exit.code(), Some(0), "{}", service.log());
    }
    Ok(())
}

#[tokio::test]
async fn a_terminal_that_is_closed_costs_no_request_its_answer() -> Result<()> {
    let builder = quick().workers(0).mock(false);
    let system = System::start(builder).await?;
    let (send, receive) = mpsc::unbounded::<Result<&'static str>>();
    send.unbounded_send(Ok("{\"output\":\"before\"}\n"))?;
    let ingest = &system.ingest()[0];
    let batch = system
        .http()
        .post(format!("{}/v1/evaluations/batch", system.ingest_url(0)))
        .header("content-type", "application/x-ndjson")
        .body(reqwest::Body::wrap_stream(receive));
    let mut answers = batch.send().await?.bytes_stream();
    let first = answers.next().await.context("an answer")??;
    assert!(first.starts_with(b"{\"index\":0,\"id\""), "{first:?}");

    // The shell sends it, and the kernel too.
    for _ in 0..2 {
        ingest.signal(Signal::HangUp)?;
        let asked = "asked to stop";
        eventually(SOON, async || {
            ensure!(ingest.log().contains(asked));
            anyhow::Ok(())
        })
        .await?;
    }
    send.unbounded_send(Ok("{\"output\":\"after\"}\n"))?;
    send.close_channel();
    let second = answers.next().await.context("another answer")??;
    assert!(second.starts_with(b"{\"index\":1,\"id\""), "{second:?}");
    assert!(answers.next().await.is_none());
    drop(answers);
    let exit = ingest.process().wait_exit(GONE_WITHIN).await?;
    assert_eq!(exit.code(), Some(0), "{}", ingest.log());
    Ok(())
}
