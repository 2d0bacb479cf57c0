//! `X-Correlation-ID` and `traceparent`, from the sender to the judge.

use local_stack::eventually;
use serde_json::Value;
use uuid::Uuid;

use crate::api::{Api, BOUND, candidate, text, unique};
use crate::stacks::{judging, unjudged};

/// The judge call of an evaluation as the provider saw it.
async fn judge_call(api: &Api, id: &str) -> Value {
    eventually(BOUND, async || {
        let list = api.mock().requests().await.unwrap();
        let of_ours = |request: &Value| {
            let key = request["headers"]["idempotency-key"].as_str();
            key.is_some_and(|key| key.starts_with(id))
        };
        list.into_iter().find(of_ours)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_correlation_id_is_echoed_stored_and_passed_on() {
    let api = judging().await;
    let given = unique("order:42/é".trim_end_matches("/é"));
    let payload = candidate("Correlated.").to_string();
    let post = async |id: &str| {
        api.send(
            api.json_post()
                .header("x-correlation-id", id)
                .body(payload.clone()),
        )
        .await
    };
    let answer = post(&given).await;
    assert_eq!(answer.header("x-correlation-id"), given);
    let evaluation = api.ended(&answer.id()).await;
    assert_eq!(text(&evaluation, "/correlation_id"), given);
    let call = judge_call(&api, &answer.id()).await;
    assert_eq!(text(&call, "/headers/x-correlation-id"), given);
    // A repeat has an id of its own and leaves the stored one.
    let again = post("another").await;
    assert_eq!(
        (again.status, again.header("x-correlation-id")),
        (200, "another")
    );
    assert_eq!(
        text(&api.evaluation(&answer.id()).await, "/correlation_id"),
        given
    );
}

#[tokio::test]
async fn a_correlation_id_is_made_where_none_fits() {
    let api = unjudged().await;
    let long = "x".repeat(129);
    let mut seen = Vec::new();
    for given in [
        None,
        Some(""),
        Some("two words"),
        Some(&*long),
        Some("tab\there"),
    ] {
        let mut post = api.json_post();
        if let Some(given) = given {
            post = post.header("x-correlation-id", given);
        }
        let answer = api
            .send(post.body(candidate("Uncorrelated.").to_string()))
            .await;
        assert_eq!(answer.status, 202, "a bad id costs nobody his request");
        let made = answer.header("x-correlation-id").to_owned();
        assert!(Uuid::parse_str(&made).is_ok(), "{given:?}: {made}");
        assert_eq!(
            text(&api.evaluation(&answer.id()).await, "/correlation_id"),
            made
        );
        seen.push(made);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 5, "each is another");
    let whole = "x".repeat(128);
    let answer = api
        .send(
            api.status_get("/v1/evaluations?limit=1")
                .header("x-correlation-id", &whole),
        )
        .await;
    assert_eq!(answer.header("x-correlation-id"), whole);
    let refused = api
        .send(
            api.json_post()
                .header("x-correlation-id", "refused-1")
                .body("{"),
        )
        .await;
    assert_eq!(
        text(
            &refused.problem("refused", 400, "malformed_json"),
            "/correlation_id"
        ),
        "refused-1"
    );
}

#[tokio::test]
async fn a_trace_goes_on_in_the_call_of_the_judge() {
    let api = judging().await;
    let trace = Uuid::now_v7().simple().to_string();
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let post = api.json_post().header("traceparent", &parent);
    let id = api
        .send(post.body(candidate("Traced.").to_string()))
        .await
        .id();
    api.ended(&id).await;
    let call = judge_call(&api, &id).await;
    let passed: Vec<&str> = text(&call, "/headers/traceparent").split('-').collect();
    assert_eq!(
        (passed.len(), passed[0], passed[1], passed[3]),
        (4, "00", &*trace, "01")
    );
    assert_ne!(
        passed[2], "00f067aa0ba902b7",
        "a span of our own is the parent"
    );

    let bad = api.json_post().header("traceparent", "00-nonsense-01");
    let id = api
        .send(bad.body(candidate("Badly traced.").to_string()))
        .await
        .id();
    assert_eq!(text(&api.ended(&id).await, "/status"), "succeeded");
}
