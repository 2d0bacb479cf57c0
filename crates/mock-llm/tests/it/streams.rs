//! Streamed chat completions.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content, request};

/// The data of the events of a stream.
pub(crate) fn events(text: &str) -> Vec<&str> {
    text.split("\n\n")
        .filter(|event| !event.is_empty())
        .map(|event| {
            event
                .lines()
                .find_map(|line| line.strip_prefix("data: "))
                .unwrap()
        })
        .collect()
}

async fn chunks(provider: &Provider, body: &Value) -> Vec<Value> {
    let response = provider.post("/v1/chat/completions", body).await;
    assert_eq!(response.status(), 200);
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("text/event-stream"));
    let text = response.text().await.unwrap();
    let mut events = events(&text);
    assert_eq!(events.pop(), Some("[DONE]"));
    events
        .into_iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect()
}

fn joined(chunks: &[Value], index: usize) -> String {
    let choices = chunks
        .iter()
        .flat_map(|chunk| chunk["choices"].as_array().unwrap());
    choices
        .filter(|choice| choice["index"] == index)
        .filter_map(|choice| choice["delta"]["content"].as_str())
        .collect()
}

#[tokio::test]
async fn chunks_join_to_the_text_of_the_plain_answer() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["n"] = json!(2);
    let plain = provider.chat(&body).await;
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let chunks = chunks(&provider, &body).await;
    for index in 0..2 {
        let text = plain["choices"][index]["message"]["content"]
            .as_str()
            .unwrap();
        assert_eq!(joined(&chunks, index), text);
    }
    assert!(chunks.iter().all(|chunk| {
        chunk["object"] == "chat.completion.chunk" && chunk["id"] == chunks[0]["id"]
    }));
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    // They are generated side by side.
    let beginning = chunks.iter().take(4);
    let indexes: Vec<_> = beginning
        .map(|chunk| chunk["choices"][0]["index"].as_u64())
        .collect();
    assert_eq!(indexes, [0, 1, 0, 1].map(Some));
    assert_eq!(chunks[0]["usage"], Value::Null);
    let last = chunks.last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"], plain["usage"]);
    assert_eq!(
        chunks[chunks.len() - 2]["choices"][0]["finish_reason"],
        "stop"
    );
}

#[tokio::test]
async fn without_the_option_there_is_no_usage() {
    let provider = Provider::start();
    provider.configure(&json!({"chunk_delay_ms": 1})).await;
    let mut body = request(CANDIDATE);
    let plain = provider.chat(&body).await;
    body["stream"] = json!(true);
    let chunks = chunks(&provider, &body).await;
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
    assert_eq!(joined(&chunks, 0), content(&plain));
}

#[tokio::test]
async fn a_call_streams_its_arguments() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["tools"] = json!([{"type": "function", "function": {"name": "submit", "parameters": {
        "type": "object", "properties": {"score": {"type": "integer"}}}}}]);
    body["tool_choice"] = json!("required");
    body["stream"] = json!(true);
    let chunks = chunks(&provider, &body).await;
    let call = |chunk: &Value| chunk["choices"][0]["delta"]["tool_calls"][0]["function"].clone();
    assert_eq!(call(&chunks[0])["name"], "submit");
    let arguments: String = chunks
        .iter()
        .filter_map(|chunk| call(chunk)["arguments"].as_str().map(str::to_owned))
        .collect();
    assert!(serde_json::from_str::<Value>(&arguments).unwrap()["score"].is_i64());
}
