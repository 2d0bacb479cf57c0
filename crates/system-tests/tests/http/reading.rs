//! Reading evaluations and payloads: what is there, what is not, what is known.

use serde_json::json;

use crate::api::{Api, candidate, text, unique};
use crate::stacks::{judging, unjudged};

#[tokio::test]
async fn a_nul_in_the_output_is_kept_and_judged() {
    let api = judging().await;
    let run = unique("nul");
    let sent = format!(
        r#"{{ "output" : "before\u0000after, which is the part that matters here", "run":"{run}" }}"#
    );
    let id = api.post_bytes(sent.clone()).await.id();
    assert_eq!(api.ended(&id).await["assessment"]["outcome"], "scored");
    let payload = api.get(&format!("/v1/evaluations/{id}/payload")).await;
    assert_eq!(
        (payload.header("content-type"), &*payload.body),
        ("application/json", sent.as_bytes())
    );
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let api = unjudged().await;
    for id in [
        "00000000-0000-8000-8000-000000000000",
        "nothing",
        "1",
        "%00",
        "d3e9664a-63aa-84f4-9c7c-0430519839",
    ] {
        for tail in ["", "/payload", "?wait=20"] {
            let path = format!("/v1/evaluations/{id}{tail}");
            api.get(&path).await.problem(&path, 404, "not_found");
        }
    }
}

#[tokio::test]
async fn a_pending_evaluation_says_that_it_waits() {
    let api = unjudged().await;
    let id = api.submit(&candidate("Waiting.")).await;
    let evaluation = api.evaluation(&id).await;
    let expected = json!({"status": "pending", "priority": "interactive", "attempts": 0, "rubric": "general-quality@1", "error": null, "assessment": null, "started_at": null, "finished_at": null, "metadata": {}});
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&evaluation[key], value, "{key}: {evaluation:#}");
    }
    assert_eq!(
        (
            &evaluation["progress"]["completed"],
            &evaluation["usage"]["calls"]
        ),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn an_etag_that_is_known_saves_the_body() {
    let api = judging().await;
    let id = text(&api.judge(&candidate("Tagged.")).await, "/id").to_owned();
    let path = format!("/v1/evaluations/{id}");
    let first = api.get(&path).await;
    let tag = first.header("etag").to_owned();
    assert!(
        tag.starts_with('"') && tag.ends_with('"') && tag.len() > 4,
        "{tag}"
    );
    let cases = [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"other\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
    ];
    for (known, status) in cases {
        check_tag(&api, &path, &known, status, &tag).await;
    }
}

async fn check_tag(api: &Api, path: &str, known: &str, status: u16, tag: &str) {
    let answer = api
        .send(api.status_get(path).header("if-none-match", known))
        .await;
    assert_eq!(
        (answer.status, answer.header("etag")),
        (status, tag),
        "{known}"
    );
    assert_eq!(answer.body.is_empty(), status == 304);
    assert!(!answer.header("x-correlation-id").is_empty());
}
