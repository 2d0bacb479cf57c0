//! Each fault, as a client meets it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content, request, rubric_request};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn statuses_carry_their_body_and_header() {
    let provider = Provider::start();
    let body = request(CANDIDATE);
    provider
        .fault(json!({"fault": "status", "status": 503}))
        .await;
    let response = provider.post(CHAT, &body).await;
    assert_eq!(response.status(), 503);
    assert!(response.json::<Value>().await.unwrap()["error"]["message"].is_string());
    provider
        .fault(json!({"fault": "status", "status": 529, "body": "overloaded", "retry_after": 2}))
        .await;
    let response = provider.post(CHAT, &body).await;
    assert_eq!(response.status(), 529);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(response.text().await.unwrap(), "overloaded");
    provider
        .fault(json!({"fault": "rate_limit", "retry_after": "1"}))
        .await;
    let response = provider
        .post("/v1/responses", &json!({"model": "m", "input": "x"}))
        .await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(
        response.json::<Value>().await.unwrap()["error"]["code"],
        "rate_limit_exceeded"
    );
    provider.fault(json!({"fault": "context_length"})).await;
    let response = provider.post(CHAT, &body).await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.json::<Value>().await.unwrap()["error"]["code"],
        "context_length_exceeded"
    );
}

#[tokio::test]
async fn a_hang_never_answers_and_a_stall_never_ends() {
    let provider = Provider::start();
    let url = format!("{}{CHAT}", provider.url);
    let brief = Duration::from_millis(300);
    let body = request(CANDIDATE);
    provider.fault(json!({"fault": "hang"})).await;
    let sent = provider
        .client
        .post(&url)
        .json(&body)
        .timeout(brief)
        .send()
        .await;
    assert!(sent.unwrap_err().is_timeout());
    for stream in [false, true] {
        let mut body = request(CANDIDATE);
        body["stream"] = json!(stream);
        provider
            .fault(json!({"fault": "stall", "after_bytes": 40}))
            .await;
        let request = provider.client.post(&url).json(&body);
        let mut response = request
            .timeout(Duration::from_secs(2))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let mut read = 0;
        let error = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => read += chunk.len(),
                Ok(None) => panic!("the body ended"),
                Err(error) => break error,
            }
        };
        assert!(error.is_timeout(), "{error:?}");
        assert_eq!(read, 40);
    }
    provider.fault(json!({"fault": "stall"})).await;
    let response = provider
        .client
        .post(&url)
        .json(&body)
        .timeout(brief)
        .send()
        .await
        .unwrap();
    assert!(response.bytes().await.unwrap_err().is_timeout());
    let stats = provider.stats_until(|stats| stats["cancelled"] == 4).await;
    assert_eq!(stats["in_flight"], 0);
    assert_eq!(stats["by_fault"], json!({"hang": 1, "stall": 3}));
}

#[tokio::test]
async fn a_cut_breaks_the_body() {
    let provider = Provider::start();
    for rule in [
        json!({"fault": "cut"}),
        json!({"fault": "cut", "after_bytes": 30}),
        json!({"fault": "cut", "after_bytes": 10_000_000}),
    ] {
        for stream in [false, true] {
            provider.fault(rule.clone()).await;
            let mut body = request(CANDIDATE);
            body["stream"] = json!(stream);
            let mut response = provider.post(CHAT, &body).await;
            assert_eq!(response.status(), 200);
            let mut read = 0;
            let error = loop {
                match response.chunk().await {
                    Ok(Some(chunk)) => read += chunk.len(),
                    Ok(None) => panic!("the body ended"),
                    Err(error) => break error,
                }
            };
            assert!(!error.is_timeout() && read >= 30, "{read} {error:?}");
        }
    }
}

#[tokio::test]
async fn garbage_comes_under_status_200() {
    let provider = Provider::start();
    for stream in [false, true] {
        let mut bodies = Vec::new();
        for kind in ["html", "empty", "truncated_json", "error_in_200"] {
            provider
                .fault(json!({"fault": "garbage", "kind": kind}))
                .await;
            let mut body = request(CANDIDATE);
            body["stream"] = json!(stream);
            let response = provider.post(CHAT, &body).await;
            assert_eq!(response.status(), 200);
            bodies.push(response.text().await.unwrap());
        }
        assert!(bodies[0].starts_with("<html>"));
        assert_eq!(bodies[1], "");
        assert!(serde_json::from_str::<Value>(&bodies[2]).is_err() && bodies[2].len() > 20);
        assert!(!bodies[2].contains("[DONE]"));
        let error = bodies[3].trim_start_matches("data: ").trim_end();
        assert!(serde_json::from_str::<Value>(error).unwrap()["error"].is_object());
    }
}

#[tokio::test]
async fn the_model_misbehaves_within_a_valid_envelope() {
    let provider = Provider::start();
    let ask = async |rule: Value| -> Value {
        provider.fault(rule).await;
        let url = format!("{}{CHAT}", provider.url);
        let sent = provider
            .client
            .post(url)
            .body(rubric_request(CANDIDATE))
            .send()
            .await;
        sent.unwrap().json().await.unwrap()
    };
    let prose = ask(json!({"fault": "garbage", "kind": "not_json_text"})).await;
    assert!(serde_json::from_str::<Value>(content(&prose)).is_err());
    let refusal = ask(json!({"fault": "refusal"})).await;
    assert!(refusal["choices"][0]["message"]["refusal"].is_string());
    assert!(refusal["choices"][0]["message"]["content"].is_null());
    let length = ask(json!({"fault": "length"})).await;
    assert_eq!(length["choices"][0]["finish_reason"], "length");
    assert!(serde_json::from_str::<Value>(content(&length)).is_err());
    let filtered = ask(json!({"fault": "content_filter"})).await;
    assert_eq!(filtered["choices"][0]["finish_reason"], "content_filter");
    let fenced = ask(json!({"fault": "fenced"})).await;
    let inner = content(&fenced)
        .split("```json\n")
        .nth(1)
        .unwrap()
        .split("\n```")
        .next()
        .unwrap();
    assert!(serde_json::from_str::<Value>(inner).unwrap()["criteria"].is_object());
}

#[tokio::test]
async fn rules_choose_their_requests() {
    let provider = Provider::start();
    provider
        .configure(&json!({"faults": [
            {"fault": "status", "status": 500, "times": 1},
            {"fault": "status", "status": 501, "model": "cursed"},
            {"fault": "status", "status": 502, "match": "magic word"},
            {"fault": "status", "status": 503, "path": "/v1/responses"},
            {"fault": "status", "status": 504, "path": "/v1/messages"},
            {"fault": "status", "status": 505, "probability": 0},
        ]}))
        .await;
    let status = async |path: &str, body: Value| provider.post(path, &body).await.status().as_u16();
    let plain = request(CANDIDATE);
    assert_eq!(status(CHAT, plain.clone()).await, 500);
    assert_eq!(status(CHAT, plain).await, 200);
    let mut cursed = request(CANDIDATE);
    cursed["model"] = json!("cursed");
    assert_eq!(status(CHAT, cursed).await, 501);
    assert_eq!(status(CHAT, request("the magic word is here")).await, 502);
    assert_eq!(
        status("/responses", json!({"model": "m", "input": "x"})).await,
        503
    );
    let message =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(status("/messages", message).await, 504);
}
