//! `POST /v1/evaluations/batch`: NDJSON in and out.

use reqwest::Body;
use serde_json::{Value, json};

use crate::api::{Answer, Api, check_problem, unique};
use crate::bodies::gzip;
use crate::identity::id_of;
use crate::stacks::unjudged;

pub(crate) fn request(api: &Api, body: impl Into<Body>) -> reqwest::RequestBuilder {
    let url = format!("{}/batch", api.evaluations());
    let post = api
        .http
        .post(url)
        .header("content-type", "application/x-ndjson");
    post.body(body)
}

/// The lines of an answer, whose indices are checked.
#[track_caller]
pub(crate) fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert!(
        answer.body.is_empty() || answer.body.ends_with(b"\n"),
        "each line has its end"
    );
    let read = |line: &[u8]| serde_json::from_slice(line).unwrap();
    let lines: Vec<Value> = answer
        .body
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(read)
        .collect();
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["index"], index, "{line:#}");
    }
    lines
}

#[track_caller]
pub(crate) fn check_taken(line: &Value, payload: &str, created: bool) {
    let expected = json!({"index": line["index"], "id": id_of(payload), "status": "pending", "created": created});
    assert_eq!(line, &expected);
}

#[track_caller]
fn check_refused(line: &Value, status: u16, code: &str) {
    assert_eq!(line["error"]["code"], code, "{line:#}");
    assert!(line["id"].is_null(), "{line:#}");
    check_problem(&line["error"], status);
}

#[tokio::test]
async fn a_thousand_lines_are_answered_also_compressed() {
    let api = unjudged().await;
    let run = unique("thousand");
    let payloads: Vec<String> = (0..1_000)
        .map(|n| format!(r#"{{"output":"{n}","run":"{run}"}}"#))
        .collect();
    let body = payloads.join("\n");
    let first = lines(&api.send(request(&api, body.clone())).await);
    let packed = gzip(body.as_bytes()).await;
    let again = lines(
        &api.send(request(&api, packed).header("content-encoding", "gzip"))
            .await,
    );
    assert_eq!((first.len(), again.len()), (1_000, 1_000));
    for ((payload, first), again) in payloads.iter().zip(&first).zip(&again) {
        check_taken(first, payload, true);
        check_taken(again, payload, false);
    }
}

#[tokio::test]
async fn a_batch_may_be_empty_and_large() {
    let api = unjudged().await;
    assert_eq!(
        lines(&api.send(request(&api, "")).await),
        Vec::<Value>::new()
    );
    assert_eq!(
        lines(&api.send(request(&api, "\n \n\n")).await),
        Vec::<Value>::new()
    );
    // Larger in all than a single body may be.
    let run = unique("large");
    let payloads: Vec<String> = (0..12)
        .map(|n| format!(r#"{{"output":"{n}{}","run":"{run}"}}"#, "y".repeat(700_000)))
        .collect();
    let lines = lines(&api.send(request(&api, payloads.join("\n"))).await);
    for (line, payload) in lines.iter().zip(&payloads) {
        check_taken(line, payload, true);
    }
    assert_eq!(lines.len(), 12);
}

#[tokio::test]
async fn a_batch_that_breaks_off_has_answers_for_what_came() {
    let api = unjudged().await;
    let good = format!(r#"{{"output":"whole","run":"{}"}}"#, unique("cut"));
    let packed = gzip(format!("{good}\n{{\"output\":\"never whole").as_bytes()).await;
    let cut = packed[..packed.len() - 8].to_vec();
    let lines = lines(
        &api.send(request(&api, cut).header("content-encoding", "gzip"))
            .await,
    );
    check_taken(&lines[0], &good, true);
    check_refused(&lines[1], 400, "malformed_json");
    assert_eq!(lines.len(), 2);
}
