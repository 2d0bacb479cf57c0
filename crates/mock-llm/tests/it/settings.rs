//! The configuration.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, request};

#[tokio::test]
async fn the_configuration_is_strict_and_can_be_taken_back() {
    let provider = Provider::start_with(&["--latency-ms", "3"]);
    let url = format!("{}/mock/config", provider.url);
    assert_eq!(provider.get("/mock/config").await["latency_ms"], 3);
    for wrong in [
        r#"{"latency":1}"#,
        r#"{"faults":[{"fault":"garbage"}]}"#,
        r#"{"faults":[{"fault":"reply"}]}"#,
        r#"{"faults":[{"fault":"reply","texts":[]}]}"#,
        r#"{"faults":[{"fault":"reply","text":"4","texts":["5"]}]}"#,
        r#"{"faults":[{"fault":"cut","texts":["5"]}]}"#,
        r#"{"faults":[{"fault":"hang","text":"x"}]}"#,
        r#"{"faults":[{"fault":"reply","text":"4","alternatives":{"4":{"5":0.5}}}]}"#,
        r#"{"faults":[{"fault":"reply","text":"4","alternatives":{"4":{"4":0.9,"5":0.5}}}]}"#,
        r#"{"faults":[{"fault":"refuse"}]}"#,
        r#"{"faults":[{"fault":"ignore","parameters":[]}]}"#,
        r#"{"faults":[{"fault":"ignore","parameters":["n"],"style":"vllm"}]}"#,
        r#"{"faults":[{"fault":"refuse","parameters":["n"],"style":"other"}]}"#,
        r#"{"faults":[{"fault":"think"}]}"#,
        r#"{"faults":[{"fault":"stall","keepalive_ms":0}]}"#,
        r#"{"faults":[{"fault":"stall","clean":true}]}"#,
        r#"{"faults":[{"fault":"reply","text":"4","usage":{"input_tokens":1}}]}"#,
        r#"{"faults":[{"fault":"reply","text":"4","contains":"x"}]}"#,
        r#"{"faults":["hang"]}"#,
        r#"{"opinions":{}}"#,
        "[",
        "[]",
    ] {
        for request in [provider.client.put(&url), provider.client.patch(&url)] {
            let response = request.body(wrong).send().await.unwrap();
            assert_eq!(response.status(), 400, "{wrong}");
            let error = response.json::<Value>().await.unwrap();
            assert!(!error["error"]["message"].as_str().unwrap().is_empty());
        }
    }
    let config = json!({"latency_ms": {"min": 40, "max": 60}, "chunk_delay_ms": 1, "models": [{"id": "judge-1"}],
        "faults": [{"fault": "hang", "probability": 0.0}]});
    provider.configure(&config).await;
    assert_eq!(provider.get("/mock/config").await, config);
    let listed = provider.get("/v1/models").await;
    assert_eq!(listed["data"], config["models"]);
    let begun = Instant::now();
    provider.chat(&request(CANDIDATE)).await;
    assert!(begun.elapsed() >= Duration::from_millis(40));
    let patch = provider
        .client
        .patch(&url)
        .body(r#"{"latency_ms":0,"faults":[]}"#);
    let patched: Value = patch.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        patched,
        json!({"latency_ms": 0, "chunk_delay_ms": 1, "models": [{"id": "judge-1"}], "faults": []})
    );
    provider.client.delete(&url).send().await.unwrap();
    assert_eq!(provider.get("/mock/config").await["latency_ms"], 3);
}
