//! `POST /v1/evaluations/batch`: NDJSON in and out.

use std::time::Duration;

use futures::StreamExt as _;
use futures::channel::mpsc;
use futures::stream::{self, BoxStream};
use reqwest::Body;
use serde_json::{Value, json};

use crate::support::{Bench, SOON, id_of, problem};

async fn lines(request: reqwest::RequestBuilder) -> Vec<Value> {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let text = answer.text().await.unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["index"], index, "{line:#}");
    }
    lines
}

#[track_caller]
fn check_taken(line: &Value, payload: &str, created: bool) {
    let expected = json!({"index": line["index"], "id": id_of(payload), "status": "pending", "created": created});
    assert_eq!(line, &expected);
}

#[track_caller]
fn check_refused(line: &Value, status: u16, code: &str, pointer: Option<&str>) {
    assert!(line["id"].is_null(), "{line:#}");
    assert_eq!(
        (&line["error"]["status"], &line["error"]["code"]),
        (&json!(status), &json!(code))
    );
    let found = line["error"]["errors"][0]["pointer"].as_str();
    assert_eq!(found, pointer, "{line:#}");
}

#[tokio::test]
async fn good_bad_and_known_lines_are_answered_in_order() {
    let bench = Bench::start(|_| ()).await;
    let [one, two, three] = ["1", "2", "3"].map(|n| format!(r#"{{"output":"{n}","run":"r"}}"#));
    let known = bench.post(&three).send().await.unwrap();
    assert_eq!(known.status(), 202);
    let body = format!(
        "{one}\n\n{{\"output\":5}}\r\n{two}\r\n{{oops\n   \n{one}\n{three}\n{{\"output\":\"x\",\"output\":\"y\"}}\n{{\"output\":\"x\",\"rubric\":\"nowhere\"}}\n\n{{\"run\":\"r\", \"output\":\"2\"}}"
    );
    let request = bench.batch(body).header("x-correlation-id", "batch-1");
    let lines = lines(request).await;
    assert_eq!(lines.len(), 9, "blank lines are no items: {lines:#?}");
    check_taken(&lines[0], &one, true);
    check_refused(&lines[1], 422, "invalid_request", Some("/output"));
    assert_eq!(lines[1]["error"]["correlation_id"], "batch-1");
    check_taken(&lines[2], &two, true);
    check_refused(&lines[3], 400, "malformed_json", None);
    check_taken(&lines[4], &one, false);
    check_taken(&lines[5], &three, false);
    check_refused(&lines[6], 422, "invalid_request", Some("/output"));
    check_refused(&lines[7], 422, "invalid_request", Some("/rubric"));
    check_taken(&lines[8], &two, false);
    let stored = bench.evaluation(id_of(&two)).await;
    assert_eq!(stored.correlation_id, "batch-1");
}

#[tokio::test]
async fn a_line_beyond_the_limit_spoils_only_itself() {
    let bench = Bench::start(|settings| settings.http.body_limit = 2_000).await;
    let [before, after] = ["before", "after"].map(|word| format!(r#"{{"output":"{word}"}}"#));
    let long = |bytes: usize| format!(r#"{{"output":"{}"}}"#, "x".repeat(bytes - 13));
    let (longest, longer) = (long(2_000), long(2_001));
    let body = format!("{before}\n{longer}\n{longest}\n{after}\n");
    let lines = lines(bench.batch(body)).await;
    assert_eq!(lines.len(), 4);
    check_taken(&lines[0], &before, true);
    check_refused(&lines[1], 413, "payload_too_large", None);
    check_taken(&lines[2], &longest, true);
    check_taken(&lines[3], &after, true);
}

#[tokio::test]
async fn headers_that_fit_no_batch_are_refused() {
    let bench = Bench::start(|_| ()).await;
    for (name, value, status, code) in [
        ("idempotency-key", "k", 400, "invalid_header"),
        (
            "content-encoding",
            "br",
            415,
            "unsupported_content_encoding",
        ),
    ] {
        let request = bench.batch(r#"{"output":"x"}"#).header(name, value);
        problem(request.send().await.unwrap(), status, code).await;
    }
    let typed = bench
        .batch(r#"{"output":"x"}"#)
        .build()
        .map(|mut request| {
            let csv = reqwest::header::HeaderValue::from_static("text/csv");
            request.headers_mut().insert("content-type", csv);
            request
        })
        .unwrap();
    let answer = bench.client.execute(typed).await.unwrap();
    problem(answer, 415, "unsupported_media_type").await;
}

#[tokio::test]
async fn answers_come_while_the_request_is_still_being_sent() {
    let bench = Bench::start(|_| ()).await;
    let payloads: Vec<String> = (0..4).map(|n| format!(r#"{{"output":"{n}"}}"#)).collect();
    let (send, receive) = mpsc::unbounded::<Result<String, std::io::Error>>();
    let say = |text: String| send.unbounded_send(Ok(text)).unwrap();
    say(format!("{}\n", payloads[0]));
    let request = bench.batch(Body::wrap_stream(receive));
    let response = request.send().await.unwrap();
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

#[tokio::test]
async fn blank_lines_do_not_keep_a_batch_open() {
    let bench = Bench::start(|settings| {
        settings.http.request_timeout = Duration::from_secs(1);
    })
    .await;
    let blanks = stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Some((Ok::<_, std::io::Error>("\n"), ()))
    });
    let lines = lines(bench.batch(Body::wrap_stream(blanks))).await;
    assert_eq!(lines.len(), 1);
    check_refused(&lines[0], 408, "request_timeout", None);
}

/// Lines of a response that is still coming.
struct Answers {
    stream: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    buffer: Vec<u8>,
}

impl Answers {
    async fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return serde_json::from_slice(&line).unwrap();
            }
            let chunk = tokio::time::timeout(SOON, self.stream.next()).await;
            assert!(chunk.is_ok(), "no answer while the request is still open");
            self.buffer
                .extend_from_slice(&chunk.unwrap().unwrap().unwrap());
        }
    }
}
