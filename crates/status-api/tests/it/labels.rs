//! Labels.

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Bench, check_problem};

async fn post(bench: &Bench, path: &str, label: &Value) -> Response {
    bench.post_json(path, label).await
}

#[tokio::test]
async fn the_newest_of_a_rater_and_a_criterion_counts_and_all_are_listed() {
    let bench = Bench::start(|_| ()).await;
    let id = bench.submitted("Labelled.").await;
    let path = format!("/v1/evaluations/{id}/labels");
    let labelled = "/v1/evaluations?labelled=true";
    assert_eq!(bench.items(labelled).await.len(), 0);
    assert_eq!(bench.items("/v1/evaluations?labelled=false").await.len(), 1);
    let mut given = Vec::new();
    for label in [
        json!({"rater": "ann", "score": 0.25}),
        json!({"rater": "bob", "score": 1}),
        json!({"rater": "ann", "criterion": "accuracy", "score": 4, "note": "nearly"}),
        json!({"rater": "ann", "score": 0.75}),
    ] {
        let answer = post(&bench, &path, &label).await;
        assert_eq!(answer.status(), 201, "{label}");
        let stored: Value = answer.json().await.unwrap();
        for (field, value) in label.as_object().unwrap() {
            assert_eq!(stored[field].as_f64(), value.as_f64(), "{field}: {stored}");
            assert_eq!(stored[field].as_str(), value.as_str(), "{field}: {stored}");
        }
        assert_eq!(stored["counts"], true);
        given.insert(0, stored);
    }
    given[3]["counts"] = json!(false);
    assert_eq!(bench.items(&path).await, given);
    let page: Value = bench
        .get_path(&format!("{path}?limit=3"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(page["items"].as_array().unwrap()[..], given[..3]);
    let rest = format!("{path}?cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(bench.items(&rest).await, given[3..]);
    assert_eq!(bench.items(labelled).await.len(), 1);
    assert_eq!(bench.items("/v1/evaluations?labelled=false").await.len(), 0);
}

#[tokio::test]
async fn a_comparison_is_labelled_by_preference_and_an_inline_rubric_by_its_criteria() {
    let bench = Bench::start(|_| ()).await;
    let pair = json!({"outputs": [{"id": "x", "text": "a"}, {"id": "y", "text": "b"}],
        "rubric": {"criteria": [{"name": "merit"}]}});
    let id = bench.submitted_payload(&pair, "inline").await;
    let path = format!("/v1/evaluations/{id}/labels");
    for label in [
        json!({"rater": "ann", "preference": "second"}),
        json!({"rater": "ann", "criterion": "merit", "preference": "tie"}),
    ] {
        assert_eq!(post(&bench, &path, &label).await.status(), 201, "{label}");
    }
    for label in [
        json!({"rater": "ann", "score": 0.5}),
        json!({"rater": "ann", "criterion": "correctness", "preference": "tie"}),
    ] {
        let answer = post(&bench, &path, &label).await;
        check_problem(answer, &label.to_string(), 422, "invalid_request").await;
    }
}

#[tokio::test]
async fn a_label_that_does_not_fit_is_refused_at_its_place() {
    let bench = Bench::start(|_| ()).await;
    let id = bench.submitted("Badly labelled.").await;
    let path = format!("/v1/evaluations/{id}/labels");
    for (label, pointer) in [
        (json!({"rater": "ann", "score": 2}), "/score"),
        (
            json!({"rater": "ann", "preference": "first"}),
            "/preference",
        ),
        (
            json!({"rater": "ann", "criterion": "nothing", "score": 1}),
            "/criterion",
        ),
        (json!({"rater": "ann", "socre": 1}), ""),
        (json!({"score": 1}), "/rater"),
    ] {
        let answer = post(&bench, &path, &label).await;
        assert_eq!(answer.status(), 422, "{label}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let text = bench.post_json(&path, &json!("no object")).await;
    check_problem(text, "no object", 422, "invalid_request").await;
    for query in ["limit=0", "cursor=x", "rater=ann"] {
        let answer = bench.get_path(&format!("{path}?{query}")).await;
        check_problem(answer, query, 400, "invalid_query").await;
    }
    let nothing = "/v1/evaluations/00000000-0000-8000-8000-000000000000/labels";
    let label = json!({"rater": "ann", "score": 1});
    let answer = post(&bench, nothing, &label).await;
    check_problem(answer, nothing, 404, "not_found").await;
    check_problem(bench.get_path(nothing).await, nothing, 404, "not_found").await;
    assert_eq!(bench.items(&path).await.len(), 0);
}
