//! Streams that pause, and streams that end before they are whole.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, request};
use crate::streams::events;

/// A streamed request to each API.
fn streamed() -> [(&'static str, Value); 3] {
    let mut chat = request(CANDIDATE);
    chat["stream"] = json!(true);
    let responses = json!({"model": "m", "input": CANDIDATE, "stream": true});
    let messages = json!({"model": "m", "max_tokens": 500, "stream": true,
        "messages": [{"role": "user", "content": CANDIDATE}]});
    [
        ("/v1/chat/completions", chat),
        ("/v1/responses", responses),
        ("/v1/messages", messages),
    ]
}

const LAST: [&str; 3] = ["[DONE]", "response.completed", "message_stop"];

#[tokio::test]
async fn a_thinking_model_begins_and_is_silent() {
    let provider = Provider::start();
    let thought = Duration::from_millis(400);
    provider.fault(json!({"fault": "think", "ms": 400})).await;
    for ((path, body), last) in streamed().into_iter().zip(LAST) {
        let mut response = provider.post(path, &body).await;
        let mut read = String::new();
        let mut begun = None;
        let mut silent = Duration::ZERO;
        while let Some(chunk) = response.chunk().await.unwrap() {
            let before = begun.replace(Instant::now());
            if let Some(before) = before {
                silent = silent.max(before.elapsed());
            }
            read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        // What has arrived since may wait in a buffer, so that the clock of the test runs a little late.
        assert!(silent >= thought / 2, "{path}: {silent:?}");
        assert!(events(&read).last().unwrap().contains(last), "{path}");
    }
    let begun = Instant::now();
    provider.chat(&request(CANDIDATE)).await;
    assert!(begun.elapsed() >= thought);
}

#[tokio::test]
async fn a_stalled_stream_may_send_comments() {
    let provider = Provider::start();
    provider
        .fault(json!({"fault": "stall", "after_bytes": 400, "keepalive_ms": 10}))
        .await;
    let [(path, body), ..] = streamed();
    let mut response = provider.post(path, &body).await;
    let mut read = String::new();
    while read.matches(": keep-alive\n\n").count() < 3 {
        let chunk = response.chunk().await.unwrap().unwrap();
        read.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let (before, _) = read.split_once(": keep-alive").unwrap();
    assert!(before.ends_with("\n\n") && before.len() <= 400, "{before}");
    drop(response);
    provider.stats_until(|stats| stats["cancelled"] == 1).await;
}

#[tokio::test]
async fn a_stream_may_end_with_an_error_after_some_text() {
    let provider = Provider::start();
    provider.fault(json!({"fault": "error_in_stream"})).await;
    let mut streams = Vec::new();
    for ((path, body), last) in streamed().into_iter().zip(LAST) {
        let response = provider.post(path, &body).await;
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        assert!(!text.contains(last), "{path}");
        let events: Vec<Value> = events(&text)
            .into_iter()
            .map(|event| serde_json::from_str(event).unwrap())
            .collect();
        streams.push(events);
    }
    let [chat, responses, messages] = streams.as_slice() else {
        panic!("three streams")
    };
    assert!(chat[1]["choices"][0]["delta"]["content"].is_string());
    assert_eq!(chat.last().unwrap()["error"]["type"], "server_error");
    assert!(responses[4]["delta"].is_string());
    let [.., error, failed] = responses.as_slice() else {
        panic!("two events")
    };
    assert_eq!(error["type"], "error");
    assert_eq!(failed["type"], "response.failed");
    assert_eq!(failed["response"]["status"], "failed");
    assert_eq!(failed["response"]["error"]["code"], "server_error");
    assert_eq!(failed["sequence_number"], responses.len() - 1);
    assert!(messages[2]["delta"]["text"].is_string());
    assert_eq!(
        messages.last().unwrap()["error"]["type"],
        "overloaded_error"
    );
    // What is no stream is not met.
    provider.chat(&request(CANDIDATE)).await;
}

#[tokio::test]
async fn a_clean_cut_looks_like_an_end() {
    let provider = Provider::start();
    for rule in [
        json!({"fault": "cut", "clean": true}),
        json!({"fault": "cut", "clean": true, "after_bytes": 1500}),
        json!({"fault": "cut", "clean": true, "after_bytes": 10_000_000}),
    ] {
        provider.fault(rule.clone()).await;
        for ((path, body), last) in streamed().into_iter().zip(LAST) {
            let text = provider.post(path, &body).await.text().await.unwrap();
            assert!(
                text.ends_with("\n\n") && !text.contains(last),
                "{rule} {path}"
            );
            for event in events(&text) {
                serde_json::from_str::<Value>(event).unwrap();
            }
        }
        let response = provider
            .post("/v1/chat/completions", &request(CANDIDATE))
            .await;
        let text = response.text().await.unwrap();
        assert!(text.len() > 20 && serde_json::from_str::<Value>(&text).is_err());
    }
}
