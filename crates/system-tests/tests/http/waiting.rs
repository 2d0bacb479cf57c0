//! `?wait=`: long polling.

use std::time::{Duration, Instant};

use local_stack::eventually;
use serde_json::Value;

use crate::api::{Answer, Api, BOUND, candidate, is_terminal, text};
use crate::stacks::{SLOWNESS, slow};

/// Asks with `?wait=`, and says how long the answer took.
async fn wait(api: &Api, id: &str, seconds: &str, known: Option<&str>) -> (Answer, Duration) {
    let mut request = api.status_get(&format!("/v1/evaluations/{id}?wait={seconds}"));
    if let Some(tag) = known {
        request = request.header("if-none-match", tag);
    }
    let begun = Instant::now();
    let answer = api.send(request).await;
    (answer, begun.elapsed())
}

/// The answer that shows the judge being waited for: nothing changes for a while from here on.
async fn running(api: &Api, id: &str) -> Answer {
    let path = format!("/v1/evaluations/{id}");
    eventually(BOUND, async || {
        let answer = api.get(&path).await;
        let evaluation = answer.json();
        assert!(!is_terminal(&evaluation), "too late: {evaluation:#}");
        let message = text(&evaluation, "/progress/message");
        let shown = if message.starts_with("waiting for gpt") {
            Ok(())
        } else {
            Err(message.to_owned())
        };
        shown.map(|()| answer)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn without_a_known_state_it_returns_at_the_end() {
    let api = slow().await;
    let id = api.submit(&candidate("Until the end.")).await;
    let (answer, took) = wait(&api, &id, "30", None).await;
    assert_eq!(text(&answer.json(), "/status"), "succeeded");
    assert!(took < SLOWNESS + Duration::from_secs(10), "{took:?}");
    // And now that it is terminal, at once: with a known state or without one.
    let tag = answer.header("etag").to_owned();
    for (known, status) in [(None, 200), (Some(&*tag), 304), (Some("\"other\""), 200)] {
        let (answer, took) = wait(&api, &id, "30", known).await;
        assert_eq!((answer.status, answer.header("etag")), (status, &*tag));
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
}

#[tokio::test]
async fn with_a_known_state_it_returns_at_each_change() {
    let api = slow().await;
    let id = api.submit(&candidate("Step by step.")).await;
    let mut tag = String::from("\"none yet\"");
    let mut seen: Vec<Value> = Vec::new();
    while !seen.last().is_some_and(is_terminal) {
        let (answer, _) = wait(&api, &id, "30", Some(&tag)).await;
        assert_eq!(answer.status, 200, "a change, not the end of the time");
        assert_ne!(answer.header("etag"), tag);
        answer.header("etag").clone_into(&mut tag);
        seen.push(answer.json());
        assert!(seen.len() < 10, "{seen:#?}");
    }
    let mut statuses: Vec<&str> = seen
        .iter()
        .map(|evaluation| text(evaluation, "/status"))
        .collect();
    statuses.dedup();
    assert!(
        statuses.ends_with(&["running", "succeeded"]),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_known_state_that_ends_is_told_when_it_ends() {
    let api = slow().await;
    let id = api.submit(&candidate("From running to the end.")).await;
    let mut known = running(&api, &id).await;
    // Words of its progress may come once more.
    while !is_terminal(&known.json()) {
        let tag = known.header("etag").to_owned();
        let (answer, _) = wait(&api, &id, "30", Some(&tag)).await;
        assert_eq!(answer.status, 200, "a change, not the end of the time");
        known = answer;
    }
    assert_eq!(text(&known.json(), "/status"), "succeeded");
}

#[tokio::test]
async fn when_the_time_is_up_it_returns_with_what_there_is() {
    let api = slow().await;
    let id = api.submit(&candidate("Not yet.")).await;
    let mut known = running(&api, &id).await;
    let took = loop {
        let tag = known.header("etag").to_owned();
        let (answer, took) = wait(&api, &id, "0.3", Some(&tag)).await;
        if answer.status == 304 {
            assert!(answer.body.is_empty());
            break took;
        }
        // Words of its progress may come once more.
        assert!(!is_terminal(&answer.json()), "too late: {}", answer.text());
        known = answer;
    };
    let (now, _) = wait(&api, &id, "0", None).await;
    assert_eq!(now.status, 200);
    assert!((0.3..2.0).contains(&took.as_secs_f64()), "{took:?}");
}
