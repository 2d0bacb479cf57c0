//! `?wait=`: long polling.

use std::cell::Cell;
use std::time::{Duration, Instant};

use domain::EvaluationId;
use local_stack::eventually;
use reqwest::Response;
use serde_json::Value;

use crate::support::{Bench, SOON, check_problem};

/// Sooner than one who waits would look by himself.
const AT_ONCE: Duration = Duration::from_millis(1_500);

/// One place to wait.
async fn bench() -> Bench {
    Bench::start(|settings| settings.http.max_waiters = 1).await
}

/// Asks, and says how long the answer took.
async fn ask(bench: &Bench, id: EvaluationId, query: &str) -> (Response, Duration) {
    let begun = Instant::now();
    let answer = bench.get(id, query).send().await.unwrap();
    (answer, begun.elapsed())
}

/// Returns with the refusal of whoever comes second, once another waits.
async fn refusal(bench: &Bench, id: EvaluationId) -> Response {
    let refused = eventually(SOON, async || match ask(bench, id, "?wait=0.05").await.0 {
        answer if answer.status() == 503 => Ok(answer),
        _ => Err("nobody waits yet"),
    });
    refused.await.unwrap()
}

/// As [`ask`] for 15 s; one of those who look whether it waits may come first.
async fn waits(bench: &Bench, id: EvaluationId) -> Value {
    let answer = eventually(SOON, async || match ask(bench, id, "?wait=15").await.0 {
        answer if answer.status() == 200 => Ok(answer),
        _ => Err("another waits"),
    });
    answer.await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_cancel_wakes_those_who_wait() {
    let bench = bench().await;
    // The subscription is up once somebody is woken by it.
    let count = Cell::new(0);
    let woken = eventually(SOON, async || {
        count.set(count.get() + 1);
        let output = format!("Waited for, {}.", count.get());
        let id = bench.submitted(&output).await;
        let sender = async {
            refusal(&bench, id).await;
            bench.cancel(id).await;
            Instant::now()
        };
        let (evaluation, cancelled) = tokio::join!(waits(&bench, id), sender);
        assert_eq!(evaluation["status"], "cancelled", "{evaluation:#}");
        match cancelled.elapsed() {
            took if took < AT_ONCE => Ok(()),
            took => Err(format!("{took:?}")),
        }
    });
    woken.await.unwrap();
}

#[tokio::test]
async fn more_than_may_wait_at_once_are_refused() {
    let bench = bench().await;
    let id = bench.submitted("Waited for by one.").await;
    let over = bench.submitted("Over.").await;
    bench.cancel(over).await;
    let second = async {
        let refused = refusal(&bench, id).await;
        assert!(refused.headers().contains_key("retry-after"));
        check_problem(refused, "the second", 503, "overloaded").await;
        // Nobody has to wait for these.
        assert_eq!(ask(&bench, id, "").await.0.status(), 200);
        assert_eq!(ask(&bench, over, "?wait=15").await.0.status(), 200);
        bench.cancel(id).await;
    };
    tokio::join!(waits(&bench, id), second);
    let other = bench.submitted("Waited for by another.").await;
    assert_eq!(ask(&bench, other, "?wait=0.1").await.0.status(), 200);
}

#[tokio::test]
async fn who_waits_when_the_process_is_asked_to_stop_gets_what_there_is() {
    let bench = bench().await;
    let id = bench.submitted("Cut short.").await;
    let stop = async {
        refusal(&bench, id).await;
        bench.shutdown.cancel();
        Instant::now()
    };
    let (evaluation, stopped) = tokio::join!(waits(&bench, id), stop);
    assert_eq!(evaluation["status"], "pending", "{evaluation:#}");
    assert!(stopped.elapsed() < AT_ONCE, "{:?}", stopped.elapsed());
}

#[tokio::test]
async fn nobody_waits_longer_than_was_asked_for_or_is_allowed() {
    let bench = Bench::start(|settings| settings.http.max_wait = Duration::from_secs(1)).await;
    let id = bench.submitted("Never judged.").await;
    for (seconds, expected) in [("0", 0.0), ("0.5", 0.5), ("1", 1.0), ("15", 1.0)] {
        let query = format!("?wait={seconds}");
        let (answer, took) = ask(&bench, id, &query).await;
        assert_eq!(answer.status(), 200);
        let took = took.as_secs_f64();
        assert!(
            (expected..expected + 1.5).contains(&took),
            "{seconds}: {took}"
        );
        let tag = answer.headers()["etag"].clone();
        let known = bench.get(id, &query).header("if-none-match", tag);
        assert_eq!(known.send().await.unwrap().status(), 304, "{seconds}");
    }
}

#[tokio::test]
async fn a_wait_that_is_no_time_is_refused() {
    let bench = bench().await;
    let id = bench.submitted("Badly asked.").await;
    for query in [
        "wait=",
        "wait=soon",
        "wait=-1",
        "wait=NaN",
        "wait=inf",
        "wait=1e300",
        "wait=5s",
        "wiat=5",
        "wait=1&other=2",
    ] {
        let (answer, _) = ask(&bench, id, &format!("?{query}")).await;
        check_problem(answer, query, 400, "invalid_query").await;
    }
}
