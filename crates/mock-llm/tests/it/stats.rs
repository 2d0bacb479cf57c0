//! Counts and the list of requests.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, request};

#[tokio::test]
async fn requests_are_counted() {
    let provider = Provider::start();
    provider.chat(&request(CANDIDATE)).await;
    let second = provider.chat(&request(CANDIDATE)).await;
    provider
        .post("/v1/responses", &json!({"model": "other", "input": "x"}))
        .await;
    provider
        .post("/v1/responses", &json!({"model": "other"}))
        .await;
    let stats = provider.get("/mock/stats").await;
    assert_eq!(stats["requests"], 4);
    assert_eq!(stats["completed"], 4);
    assert_eq!(stats["in_flight"], 0);
    assert_eq!(stats["max_in_flight"], 1);
    assert_eq!(
        stats["by_path"],
        json!({"/v1/chat/completions": 2, "/v1/responses": 2})
    );
    assert_eq!(stats["by_model"], json!({"mock-judge": 2, "other": 1}));
    assert_eq!(stats["distinct_bodies"], 3);
    assert_eq!(stats["repeated_bodies"], 1);
    let twice = second["usage"]["prompt_tokens"].as_u64().unwrap() * 2;
    assert!(stats["input_tokens"].as_u64().unwrap() > twice);
    provider
        .client
        .delete(format!("{}/mock/stats", provider.url))
        .send()
        .await
        .unwrap();
    assert_eq!(provider.get("/mock/stats").await["requests"], 0);
    assert_eq!(provider.get("/mock/requests").await["requests"], json!([]));
}

#[tokio::test]
async fn requests_are_listed_with_what_matters() {
    let provider = Provider::start();
    let body = request(CANDIDATE);
    let url = format!("{}/v1/chat/completions", provider.url);
    let sent = provider.client.post(url).json(&body);
    let sent = sent
        .header("x-correlation-id", "c-1")
        .header("idempotency-key", "k-1")
        .header("x-team", "judges")
        .header("x-api-key", "hidden");
    sent.header("traceparent", "00-t-s-01")
        .bearer_auth("hidden")
        .send()
        .await
        .unwrap();
    provider
        .chat(&request("a second candidate for the list"))
        .await;
    let listed = provider.get("/mock/requests").await;
    assert!(!listed.to_string().contains("hidden"));
    let first = &listed["requests"][0];
    assert_eq!(
        first["headers"],
        json!({
            "x-correlation-id": "c-1", "idempotency-key": "k-1", "traceparent": "00-t-s-01",
            "x-team": "judges",
        })
    );
    assert_eq!(first["authorization"], true);
    assert_eq!(listed["requests"][1]["authorization"], false);
    assert_eq!(first["model"], "mock-judge");
    assert_eq!(first["path"], "/v1/chat/completions");
    assert_eq!(first["body_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(first["messages"][0]["role"], "system");
    assert!(first["messages"][1]["bytes"].as_u64().unwrap() > CANDIDATE.len() as u64);
    assert_eq!(first["outcome"], "completed");
    assert_eq!(first["status"], 200);
    assert!(first.get("body").is_none());
    let last = provider.get("/mock/requests?limit=1&bodies=true").await;
    assert_eq!(last["requests"].as_array().unwrap().len(), 1);
    let text = last["requests"][0]["body"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(text).unwrap()["model"] == "mock-judge");
}

#[tokio::test]
async fn a_client_that_leaves_is_counted() {
    let provider = Provider::start();
    provider.configure(&json!({"latency_ms": 60_000})).await;
    let url = format!("{}/v1/chat/completions", provider.url);
    let sent = provider.client.post(&url).json(&request(CANDIDATE));
    let sent = sent.timeout(Duration::from_millis(200)).send().await;
    assert!(sent.unwrap_err().is_timeout());
    let stats = provider.stats_until(|stats| stats["cancelled"] == 1).await;
    assert_eq!(
        (&stats["completed"], &stats["in_flight"]),
        (&json!(0), &json!(0))
    );
    // The same in the middle of a stream.
    provider.configure(&json!({"chunk_delay_ms": 30_000})).await;
    let mut body = request(CANDIDATE);
    body["stream"] = json!(true);
    let mut response = provider.client.post(&url).json(&body).send().await.unwrap();
    assert!(response.chunk().await.unwrap().is_some());
    drop(response);
    provider.stats_until(|stats| stats["cancelled"] == 2).await;
    let listed = provider.get("/mock/requests").await;
    assert_eq!(listed["requests"][1]["outcome"], "cancelled");
}

#[tokio::test]
async fn many_requests_wait_at_a_time() {
    let provider = Provider::start();
    provider.configure(&json!({"latency_ms": 1_500})).await;
    let body = request(CANDIDATE);
    let answers = join_all((0..400).map(|_| provider.chat(&body))).await;
    assert_eq!(answers.len(), 400);
    let stats = provider.get("/mock/stats").await;
    assert_eq!(stats["completed"], 400);
    assert!(stats["max_in_flight"].as_u64().unwrap() > 200, "{stats}");
}
