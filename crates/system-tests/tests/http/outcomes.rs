//! What becomes of an evaluation, by what the judge does.

use serde_json::{Value, json};

use crate::api::{candidate, text};
use crate::stacks::{fault, judging};

async fn judged_with(name: &str) -> Value {
    let api = judging().await;
    api.judge(&candidate(&fault(name))).await
}

/// The candidate cannot be judged, and that is a result without a number.
async fn check_unscorable(name: &str, reason: &str, calls: u64) {
    let evaluation = judged_with(name).await;
    assert_eq!(
        (text(&evaluation, "/status"), &evaluation["error"]),
        ("succeeded", &Value::Null),
        "{evaluation:#}"
    );
    let assessment = &evaluation["assessment"];
    assert_eq!(
        (text(assessment, "/outcome"), text(assessment, "/reason")),
        ("unscorable", reason),
        "{assessment:#}"
    );
    for key in ["score", "passed", "preference", "uncertainty"] {
        assert!(assessment[key].is_null(), "{key}: {assessment:#}");
    }
    assert_eq!(assessment["criteria"], json!([]));
    assert_eq!(evaluation["usage"]["calls"], calls, "{evaluation:#}");
}

/// The judge stumbles, and there is a score all the same.
async fn check_scored(name: &str, flags: &[&str], calls: u64) {
    let evaluation = judged_with(name).await;
    assert_eq!(text(&evaluation, "/status"), "succeeded", "{evaluation:#}");
    let assessment = &evaluation["assessment"];
    assert_eq!(
        (text(assessment, "/outcome"), &assessment["reason"]),
        ("scored", &Value::Null),
        "{assessment:#}"
    );
    let score = assessment["score"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&score) && assessment["passed"].is_boolean());
    let found: Vec<&str> = assessment["flags"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .filter(|flag| *flag != "evidence_not_found")
        .collect();
    assert_eq!(found, flags);
    assert_eq!(evaluation["usage"]["calls"], calls);
}

#[tokio::test]
async fn a_refusal_is_unscorable() {
    check_unscorable("refusal", "refused", 1).await;
}

#[tokio::test]
async fn a_filtered_candidate_is_unscorable() {
    check_unscorable("content filter", "content_filtered", 1).await;
}

#[tokio::test]
async fn a_candidate_beyond_the_context_is_unscorable() {
    check_unscorable("context length", "context_too_long", 1).await;
}

#[tokio::test]
async fn prose_in_place_of_the_form_is_unscorable_after_one_repair() {
    check_unscorable("prose", "unreadable_reply", 2).await;
}

#[tokio::test]
async fn a_reply_that_is_always_cut_off_is_unscorable() {
    check_unscorable("length", "reply_cut_off", 2).await;
}

#[tokio::test]
async fn prose_once_is_repaired_and_flagged() {
    check_scored("prose once", &["reply_repaired"], 2).await;
}

#[tokio::test]
async fn a_fenced_reply_is_read() {
    check_scored("fenced", &[], 1).await;
}

#[tokio::test]
async fn errors_that_pass_are_tried_again() {
    check_scored("500 twice", &[], 1).await;
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    check_scored("429 once", &[], 1).await;
}

#[tokio::test]
async fn half_an_envelope_is_tried_again() {
    check_scored("half an envelope once", &[], 1).await;
}

#[tokio::test]
async fn a_provider_that_says_no_fails_the_evaluation() {
    let api = judging().await;
    let mut payload = candidate(&fault("401"));
    payload["metadata"] = json!({"run": payload["run"]});
    let evaluation = api.judge(&payload).await;
    assert_eq!(
        (
            text(&evaluation, "/status"),
            text(&evaluation, "/error/code")
        ),
        ("failed", "provider_rejected"),
        "{evaluation:#}"
    );
    assert!(text(&evaluation, "/error/message").contains("401"));
    assert!(evaluation["assessment"].is_null() && evaluation["finished_at"].is_string());
    let run = text(&payload, "/run");
    let query =
        format!("/v1/evaluations?error_code=provider_rejected&status=failed&metadata.run={run}");
    let found = api.get(&query).await.json();
    let [found] = &found["items"].as_array().unwrap()[..] else {
        panic!("{found:#}");
    };
    for field in ["id", "status", "error", "finished_at"] {
        assert_eq!(found[field], evaluation[field], "{field}");
    }
}
