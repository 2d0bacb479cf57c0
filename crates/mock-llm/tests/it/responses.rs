//! The responses API.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, RUBRIC, prompt};
use crate::streams::events;

fn text(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"]
        .as_str()
        .unwrap()
}

#[tokio::test]
async fn text_and_items_are_answered() {
    let provider = Provider::start();
    let simple = json!({"model": "m", "instructions": "Judge.", "input": CANDIDATE});
    let response: Value = provider
        .post("/v1/responses", &simple)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(response["object"], "response");
    assert_eq!(response["status"], "completed");
    assert_eq!(response["output"][0]["type"], "message");
    assert!(text(&response).contains("Score: "));
    let usage = &response["usage"];
    let sum = usage["input_tokens"].as_u64().unwrap() + usage["output_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);
    let body = format!(
        r#"{{"model":"m","input":{},"text":{{"format":{{"type":"json_schema","name":"j","schema":{RUBRIC}}}}}}}"#,
        prompt(CANDIDATE)
    );
    let url = format!("{}/responses", provider.url);
    let response = provider.client.post(url).body(body).send().await.unwrap();
    let response: Value = response.json().await.unwrap();
    assert!(text(&response).starts_with("{\"criteria\":{\"task_fit\":{\"rationale\":"));
    let judged: Value = serde_json::from_str(text(&response)).unwrap();
    assert!((1..=7).contains(&judged["criteria"]["accuracy"]["score"].as_i64().unwrap()));
    for (body, param) in [
        (json!({"model": "m"}), "input"),
        (json!({"input": "x"}), "model"),
        (
            json!({"model": "m", "input": [{"role": "user"}]}),
            "input[0].content",
        ),
        (
            json!({"model": "m", "input": "x", "text": {"format": {"type": "y"}}}),
            "text.format.type",
        ),
    ] {
        let response = provider.post("/v1/responses", &body).await;
        assert_eq!(response.status(), 400);
        assert_eq!(
            response.json::<Value>().await.unwrap()["error"]["param"],
            param
        );
    }
}

#[tokio::test]
async fn a_stream_has_typed_events_and_the_same_text() {
    let provider = Provider::start();
    let mut body = json!({"model": "m", "input": CANDIDATE});
    let plain: Value = provider
        .post("/v1/responses", &body)
        .await
        .json()
        .await
        .unwrap();
    body["stream"] = json!(true);
    let stream = provider
        .post("/v1/responses", &body)
        .await
        .text()
        .await
        .unwrap();
    let names: Vec<&str> = stream
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    let events: Vec<Value> = events(&stream)
        .into_iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    assert_eq!(names.len(), events.len());
    for (number, (name, event)) in names.iter().zip(&events).enumerate() {
        assert_eq!(event["type"], *name);
        assert_eq!(event["sequence_number"], number);
    }
    let mut stages = names.clone();
    stages.dedup();
    assert_eq!(
        stages,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let joined: String = events
        .iter()
        .filter_map(|event| event["delta"].as_str())
        .collect();
    assert_eq!(joined, text(&plain));
    let last = &events.last().unwrap()["response"];
    assert_eq!(text(last), joined);
    assert_eq!(last["usage"], plain["usage"]);
    assert_eq!(events[0]["response"]["status"], "in_progress");
}

#[tokio::test]
async fn an_incomplete_response_says_why() {
    let provider = Provider::start();
    let body = json!({"model": "m", "input": CANDIDATE, "max_output_tokens": 3});
    let response: Value = provider
        .post("/v1/responses", &body)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(response["status"], "incomplete");
    assert_eq!(
        response["incomplete_details"]["reason"],
        "max_output_tokens"
    );
    provider.fault(json!({"fault": "refusal"})).await;
    let response: Value = provider
        .post("/v1/responses", &body)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(response["output"][0]["content"][0]["type"], "refusal");
}
