//! `POST /v1/evaluations/batch`: NDJSON in and out.

use std::time::Duration;

use futures::StreamExt as _;
use futures::channel::mpsc;
use reqwest::Body;
use serde_json::{Value, json};

use crate::api::{Answer, Api, check_problem, pointers, text, unique};
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
async fn good_bad_and_known_lines_are_answered_in_order() {
    let api = unjudged().await;
    let run = unique("mixed");
    let [one, two, three] = ["1", "2", "3"].map(|n| format!(r#"{{"output":"{n}","run":"{run}"}}"#));
    assert_eq!(api.post_bytes(three.clone()).await.status, 202);
    let body = format!(
        "{one}\n\n{{\"output\":5}}\r\n{two}\r\n{{oops\n   \n{one}\n{three}\n{{\"output\":\"x\",\"output\":\"y\"}}\n{{\"output\":\"x\",\"rubric\":\"nowhere\"}}\n\n{{\"run\":\"{run}\", \"output\":\"2\"}}"
    );
    let answer = api
        .send(request(&api, body).header("x-correlation-id", "batch-1"))
        .await;
    let lines = lines(&answer);
    assert_eq!(lines.len(), 9, "blank lines are no items: {lines:#?}");
    check_taken(&lines[0], &one, true);
    check_refused(&lines[1], 422, "invalid_request");
    assert_eq!(pointers(&lines[1]["error"]), ["/output"]);
    assert_eq!(text(&lines[1], "/error/correlation_id"), "batch-1");
    check_taken(&lines[2], &two, true);
    check_refused(&lines[3], 400, "malformed_json");
    check_taken(&lines[4], &one, false);
    check_taken(&lines[5], &three, false);
    check_refused(&lines[6], 422, "invalid_request");
    check_refused(&lines[7], 422, "invalid_request");
    assert_eq!(pointers(&lines[7]["error"]), ["/rubric"]);
    check_taken(&lines[8], &two, false);
    assert_eq!(
        api.evaluation(&id_of(&two)).await["correlation_id"],
        "batch-1"
    );
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
async fn a_line_beyond_the_limit_spoils_only_itself() {
    let api = unjudged().await;
    let run = unique("long");
    let [before, after] =
        ["before", "after"].map(|word| format!(r#"{{"output":"{word}","run":"{run}"}}"#));
    let long = format!(r#"{{"output":"{}"}}"#, "x".repeat(9 * 1024 * 1024));
    let lines = lines(
        &api.send(request(&api, format!("{before}\n{long}\n{after}\n")))
            .await,
    );
    assert_eq!(lines.len(), 3);
    check_taken(&lines[0], &before, true);
    check_refused(&lines[1], 413, "payload_too_large");
    check_taken(&lines[2], &after, true);
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

#[tokio::test]
async fn headers_that_fit_no_batch_are_refused() {
    let api = unjudged().await;
    let line = r#"{"output":"x"}"#;
    let keyed = request(&api, line).header("idempotency-key", "k");
    api.send(keyed).await.problem("key", 400, "invalid_header");
    let encoded = request(&api, line).header("content-encoding", "br");
    api.send(encoded)
        .await
        .problem("br", 415, "unsupported_content_encoding");
    let typed = api
        .http
        .post(format!("{}/batch", api.evaluations()))
        .header("content-type", "text/csv");
    api.send(typed.body(line))
        .await
        .problem("csv", 415, "unsupported_media_type");
}

#[tokio::test]
async fn answers_come_while_the_request_is_still_being_sent() {
    let api = unjudged().await;
    let run = unique("slow");
    let payloads: Vec<String> = (0..4)
        .map(|n| format!(r#"{{"output":"{n}","run":"{run}"}}"#))
        .collect();
    let (send, receive) = mpsc::unbounded::<Result<String, std::io::Error>>();
    let say = |text: String| send.unbounded_send(Ok(text)).unwrap();
    say(format!("{}\n", payloads[0]));
    let response = request(&api, Body::wrap_stream(receive))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let mut answers = Answers {
        stream: response.bytes_stream().boxed(),
        buffer: Vec::new(),
    };
    check_taken(&answers.next().await, &payloads[0], true);
    // A whole line and the beginning of another: the whole one is answered.
    let (head, tail) = payloads[2].split_at(9);
    say(format!("{}\n{head}", payloads[1]));
    check_taken(&answers.next().await, &payloads[1], true);
    say(format!("{tail}\n"));
    check_taken(&answers.next().await, &payloads[2], true);
    say(payloads[3].clone());
    send.close_channel();
    check_taken(&answers.next().await, &payloads[3], true);
    assert!(answers.stream.next().await.is_none());
}

/// Lines of a response that is still coming.
struct Answers<'s> {
    stream: futures::stream::BoxStream<'s, reqwest::Result<bytes::Bytes>>,
    buffer: Vec<u8>,
}

impl Answers<'_> {
    async fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return serde_json::from_slice(&line).unwrap();
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.stream.next());
            let chunk = chunk.await;
            assert!(chunk.is_ok(), "no answer while the request is still open");
            self.buffer
                .extend_from_slice(&chunk.unwrap().unwrap().unwrap());
        }
    }
}
