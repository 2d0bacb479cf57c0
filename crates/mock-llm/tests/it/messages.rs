//! The messages API of Anthropic.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, RUBRIC};
use crate::streams::events;

const PATH: &str = "/v1/messages";

fn request() -> Value {
    json!({"model": "claude", "max_tokens": 2000, "system": [{"type": "text", "text": "Judge, from 1 to 5."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": CANDIDATE}]}]})
}

/// The schema as text: `serde_json::json!` would sort it.
async fn with(provider: &Provider, fields: &str) -> String {
    let whole = request().to_string();
    let body = format!("{}, {fields}}}", whole.trim_end_matches('}'));
    let sent = provider.client.post(format!("{}{PATH}", provider.url));
    let response = sent.body(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

async fn message(provider: &Provider, body: &Value) -> Value {
    let response = provider.post(PATH, body).await;
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_message_is_answered() {
    let provider = Provider::start();
    let mut body = request();
    let answer = message(&provider, &body).await;
    assert_eq!(answer["type"], "message");
    assert_eq!(answer["stop_reason"], "end_turn");
    let text = answer["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("Score: "));
    assert!(answer["usage"]["input_tokens"].as_u64().unwrap() > 20);
    assert!(answer["usage"]["output_tokens"].as_u64().unwrap() > 5);
    body["max_tokens"] = json!(3);
    assert_eq!(message(&provider, &body).await["stop_reason"], "max_tokens");
    provider.fault(json!({"fault": "refusal"})).await;
    assert_eq!(message(&provider, &body).await["stop_reason"], "refusal");
}

#[tokio::test]
async fn a_schema_is_kept_wherever_it_stands() {
    let provider = Provider::start();
    let format = format!(r#"{{"type":"json_schema","schema":{RUBRIC}}}"#);
    for fields in [
        format!(r#""output_format":{format}"#),
        format!(r#""output_config":{{"format":{format}}}"#),
    ] {
        let answer: Value = serde_json::from_str(&with(&provider, &fields).await).unwrap();
        let text = answer["content"][0]["text"].as_str().unwrap();
        assert!(text.starts_with("{\"criteria\":{\"task_fit\":{\"rationale\":"));
    }
    let tools = format!(
        r#""tools":[{{"name":"other","input_schema":{{"type":"object"}}}},
            {{"name":"verdict","input_schema":{RUBRIC}}}],"tool_choice":{{"type":"tool","name":"verdict"}}"#
    );
    let text = with(&provider, &tools).await;
    assert!(text.contains(r#""input":{"criteria":{"task_fit":{"rationale":"#));
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["stop_reason"], "tool_use");
    assert_eq!(answer["content"][0]["name"], "verdict");
    let streamed = with(&provider, &format!(r#"{tools},"stream":true"#)).await;
    let arguments: String = events(&streamed)
        .into_iter()
        .filter_map(|event| {
            let event: Value = serde_json::from_str(event).unwrap();
            Some(event["delta"]["partial_json"].as_str()?.to_owned())
        })
        .collect();
    let arguments: Value = serde_json::from_str(&arguments).unwrap();
    assert_eq!(arguments, answer["content"][0]["input"]);
}

#[tokio::test]
async fn a_stream_has_typed_events_and_the_text_of_the_plain_answer() {
    let provider = Provider::start();
    let mut body = request();
    let plain = message(&provider, &body).await;
    body["stream"] = json!(true);
    let stream = provider.post(PATH, &body).await.text().await.unwrap();
    let mut names: Vec<&str> = stream
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    names.dedup();
    assert_eq!(
        names,
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    let events: Vec<Value> = events(&stream)
        .into_iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    let text: String = events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect();
    assert_eq!(plain["content"][0]["text"], text);
    let ended = &events[events.len() - 2];
    assert_eq!(ended["delta"]["stop_reason"], "end_turn");
    assert_eq!(
        ended["usage"]["output_tokens"],
        plain["usage"]["output_tokens"]
    );
}

#[tokio::test]
async fn errors_have_the_shape_of_anthropic() {
    let provider = Provider::start();
    let mut incomplete = request();
    incomplete["max_tokens"] = Value::Null;
    let answer = provider.post(PATH, &incomplete).await;
    assert_eq!(answer.status(), 400);
    let mut logprobs = request();
    logprobs["logprobs"] = json!(true);
    for (rule, status, kind, words) in [
        (
            json!({"fault": "rate_limit", "retry_after": 3}),
            429,
            "rate_limit_error",
            "",
        ),
        (
            json!({"fault": "status", "status": 529}),
            529,
            "overloaded_error",
            "Overloaded",
        ),
        (
            json!({"fault": "status", "status": 401}),
            401,
            "authentication_error",
            "",
        ),
        (
            json!({"fault": "status", "status": 500}),
            500,
            "api_error",
            "",
        ),
        (
            json!({"fault": "context_length"}),
            400,
            "invalid_request_error",
            "prompt is too long: ",
        ),
        (
            json!({"fault": "content_filter"}),
            400,
            "invalid_request_error",
            "content filtering",
        ),
        (
            json!({"fault": "refuse", "parameters": ["logprobs"]}),
            400,
            "invalid_request_error",
            "logprobs: Extra inputs are not permitted",
        ),
    ] {
        provider.fault(rule).await;
        let response = provider.post(PATH, &logprobs).await;
        assert_eq!(response.status(), status);
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["type"], "error");
        assert_eq!(error["error"]["type"], kind);
        assert!(error["error"]["message"].as_str().unwrap().contains(words));
    }
}
