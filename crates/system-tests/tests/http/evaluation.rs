//! What a judged evaluation says.

use serde_json::{Value, json};

use crate::api::{text, unique};
use crate::stacks::judging;

const CODE: &str =
    "def median(xs):\n    xs = sorted(xs)\n    # größer ist später\n    return xs[len(xs) // 2]\n";

#[track_caller]
fn check_keys(value: &Value, expected: &[&str]) {
    let keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for key in expected {
        assert!(keys.contains(key), "{key} is missing: {value:#}");
    }
}

#[track_caller]
fn check_time(value: &Value) {
    let time = value.as_str().unwrap_or_default();
    let is_utc = time.len() >= 20 && time.ends_with('Z') && time.contains('T');
    assert!(is_utc, "{value} is no RFC 3339 time in UTC");
}

fn rubric() -> Value {
    json!({
        "name": "median", "pass_threshold": 0.1, "description": "A median function.",
        "criteria": [
            {"name": "zeal", "description": "Is it short?", "scale": {"type": "boolean"}},
            {"name": "correctness", "description": "Is it right?", "weight": 2,
             "scale": {"type": "numeric", "min": 1, "max": 5, "anchors": {"1": "wrong", "5": "right"}}},
            {"name": "a style", "description": "Is it neat?", "weight": 0.5,
             "scale": {"type": "categories", "values": {"poor": 0, "fair": 0.5, "good": 1}}},
        ],
    })
}

#[tokio::test]
async fn a_judged_evaluation_has_every_field_of_its_kind() {
    let api = judging().await;
    let payload = json!({
        "input": "Write a median function.", "output": CODE, "rubric": rubric(), "strategy": "direct",
        "model": "mock-judge", "priority": "batch", "metadata": {"agent": "coder-7", "run": unique("full")},
    });
    let post = api
        .json_post()
        .header("x-correlation-id", "full-1")
        .body(payload.to_string());
    let id = api.send(post).await.id();
    let evaluation = api.ended(&id).await;
    let expected = json!({
        "id": id, "object": "evaluation", "status": "succeeded", "rubric": "median@inline", "strategy": "direct",
        "model": "mock-judge", "priority": "batch", "metadata": payload["metadata"], "correlation_id": "full-1",
        "attempts": 1, "error": null,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&evaluation[key], value, "{key}: {evaluation:#}");
    }
    for key in ["created_at", "started_at", "finished_at"] {
        check_time(&evaluation[key]);
    }
    let progress = &evaluation["progress"];
    check_keys(
        progress,
        &["step", "completed", "total", "message", "updated_at"],
    );
    assert_eq!(
        (&progress["completed"], &progress["total"]),
        (&json!(1), &json!(1))
    );
    check_time(&progress["updated_at"]);
    let usage = &evaluation["usage"];
    check_keys(
        usage,
        &["calls", "input_tokens", "output_tokens", "cost_usd"],
    );
    assert_eq!(usage["calls"], 1);
    assert!(
        usage["input_tokens"].as_u64() > Some(100) && usage["output_tokens"].as_u64() > Some(10),
        "{usage}"
    );
    assert!(
        usage["cost_usd"].is_null() || usage["cost_usd"].is_string(),
        "{usage}"
    );
    check_assessment(&evaluation["assessment"]);
}

#[track_caller]
fn check_assessment(assessment: &Value) {
    check_keys(
        assessment,
        &[
            "outcome",
            "reason",
            "score",
            "passed",
            "criteria",
            "preference",
            "uncertainty",
            "judges",
            "flags",
            "model_requested",
            "model_used",
            "prompt_version",
        ],
    );
    assert_eq!(assessment["outcome"], "scored", "{assessment:#}");
    assert!(assessment["reason"].is_null() && assessment["preference"].is_null());
    assert_eq!(assessment["model_requested"], "mock-judge");
    assert!(text(assessment, "/model_used/0").starts_with("mock-judge"));
    assert!(text(assessment, "/prompt_version").starts_with("direct-"));
    let criteria = assessment["criteria"].as_array().unwrap();
    let names: Vec<&str> = criteria
        .iter()
        .map(|criterion| text(criterion, "/name"))
        .collect();
    assert_eq!(
        names,
        ["zeal", "correctness", "a style"],
        "in the rubric's order"
    );
    let (mut sum, mut weights) = (0.0, 0.0);
    for criterion in criteria {
        check_keys(
            criterion,
            &[
                "name",
                "score",
                "normalized",
                "label",
                "weight",
                "rationale",
                "evidence",
            ],
        );
        let (normalized, weight) = (
            criterion["normalized"].as_f64().unwrap(),
            criterion["weight"].as_f64().unwrap(),
        );
        assert!((0.0..=1.0).contains(&normalized) && !text(criterion, "/rationale").is_empty());
        (sum, weights) = (sum + normalized * weight, weights + weight);
        for evidence in criterion["evidence"].as_array().unwrap() {
            check_evidence(evidence);
        }
    }
    assert!((weights - 3.5_f64).abs() < 1e-9);
    let score = assessment["score"].as_f64().unwrap();
    assert!(
        (score - sum / weights).abs() < 1e-9,
        "{score} is the weighted mean"
    );
    assert_eq!(assessment["passed"], score >= 0.1);
    let numeric = (criteria[1]["score"].as_f64().unwrap() - 1.0) / 4.0;
    assert!((numeric - criteria[1]["normalized"].as_f64().unwrap()).abs() < 1e-9);
    assert!(criteria[1]["label"].is_null());
    assert!(["true", "false"].contains(&text(&criteria[0], "/label")));
    assert!(["poor", "fair", "good"].contains(&text(&criteria[2], "/label")));
    let judge = &assessment["judges"][0];
    check_keys(
        judge,
        &["model", "provider", "role", "round", "score", "rationale"],
    );
}

#[track_caller]
fn check_evidence(evidence: &Value) {
    check_keys(evidence, &["quote", "start", "end", "found"]);
    if evidence["found"] == true {
        let place = |key: &str| usize::try_from(evidence[key].as_u64().unwrap()).unwrap();
        let slice = CODE.get(place("start")..place("end"));
        assert_eq!(slice, Some(text(evidence, "/quote")), "{evidence:#}");
    }
}

#[tokio::test]
async fn evidence_is_found_in_every_kind_of_candidate() {
    let api = judging().await;
    let run = unique("kinds");
    let message = "The tests pass now, after the fix of the off-by-one error.";
    let trajectory = json!([
        {"role": "user", "content": "Fix the bug."},
        {"role": "assistant", "content": message, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "run", "arguments": "{\"cmd\":\"make test\"}"}}], "x_extra": {"kept": 1}},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "12 passed"}]},
    ]);
    let change = json!({"base": "a = 1\n", "patch": "-a = 1\n+a = 2\n", "test_log": "1 passed"});
    for payload in [
        json!({"trajectory": trajectory, "run": run}),
        json!({"change": change, "run": run}),
        json!({"input": trajectory, "output": message, "run": run}),
    ] {
        let evaluation = api.judge(&payload).await;
        let assessment = &evaluation["assessment"];
        assert_eq!(assessment["outcome"], "scored", "{evaluation:#}");
        for criterion in assessment["criteria"].as_array().unwrap() {
            for evidence in criterion["evidence"].as_array().unwrap() {
                // A tool call is quoted as the judge reads it, which has no place of its own in the payload.
                let Some(pointer) = evidence["pointer"]
                    .as_str()
                    .filter(|_| evidence["start"].is_u64())
                else {
                    continue;
                };
                let held = text(&payload, pointer);
                let place = |key: &str| usize::try_from(evidence[key].as_u64().unwrap()).unwrap();
                assert_eq!(
                    held.get(place("start")..place("end")),
                    Some(text(evidence, "/quote"))
                );
            }
        }
    }
}
