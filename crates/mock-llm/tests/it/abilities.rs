//! Endpoints that cannot do everything: parameters refused or overlooked.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content, request, rubric_request};

const CHAT: &str = "/v1/chat/completions";

async fn refused(provider: &Provider, path: &str, body: &Value) -> Value {
    let response = provider.post(path, body).await;
    assert_eq!(response.status(), 400);
    response.json::<Value>().await.unwrap()["error"].take()
}

#[tokio::test]
async fn a_parameter_is_refused_in_the_words_of_each_provider() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["logprobs"] = json!(true);
    body["max_tokens"] = json!(50);
    let rule = |style: &str, parameters: Value| json!({"fault": "refuse", "style": style, "parameters": parameters});
    provider
        .fault(json!({"fault": "refuse", "parameters": ["temperature", "max_tokens"]}))
        .await;
    assert_eq!(
        refused(&provider, CHAT, &body).await,
        json!({
            "message": "Unsupported parameter: 'max_tokens' is not supported with this model. \
                        Use 'max_completion_tokens' instead.",
            "type": "invalid_request_error", "param": "max_tokens", "code": "unsupported_parameter",
        })
    );
    provider
        .fault(rule("litellm", json!(["logprobs", "tools", "max_tokens"])))
        .await;
    let error = refused(&provider, CHAT, &body).await;
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with(
        "litellm.UnsupportedParamsError: openai does not support parameters: ['logprobs', 'max_tokens'], \
         for model=mock-judge. To drop these, set `litellm.drop_params=True`"
    ));
    assert_eq!(error["code"], "400");
    provider.fault(rule("vllm", json!(["logprobs"]))).await;
    let error = refused(&provider, CHAT, &body).await;
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("'loc': ('body', 'logprobs')"), "{message}");
    provider.fault(rule("wordless", json!(["logprobs"]))).await;
    let error = refused(&provider, CHAT, &body).await;
    assert_eq!(error, json!({"message": "Bad Request"}));
}

#[tokio::test]
async fn a_format_is_refused_by_its_type() {
    let provider = Provider::start();
    provider
        .fault(json!({"fault": "refuse",
            "parameters": ["response_format.json_schema", "text.format.json_schema"]}))
        .await;
    let schema: Value = serde_json::from_str(&rubric_request(CANDIDATE)).unwrap();
    let error = refused(&provider, CHAT, &schema).await;
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("Invalid parameter: 'response_format' of type 'json_schema'"));
    let mut object = request(CANDIDATE);
    object["response_format"] = json!({"type": "json_object"});
    provider.chat(&object).await;
    let format =
        json!({"format": {"type": "json_schema", "name": "j", "schema": {"type": "object"}}});
    let body = json!({"model": "m", "input": "x", "text": format});
    refused(&provider, "/v1/responses", &body).await;
}

#[tokio::test]
async fn what_is_not_used_is_not_refused_and_uses_no_rule_up() {
    let provider = Provider::start();
    provider
        .configure(&json!({"faults": [
            {"fault": "refuse", "parameters": ["n", "stream", "seed"], "times": 1},
            {"fault": "reply", "text": "next"},
        ]}))
        .await;
    let mut body = request(CANDIDATE);
    body["n"] = json!(1);
    body["stream"] = json!(false);
    body["seed"] = Value::Null;
    assert_eq!(content(&provider.chat(&body).await), "next");
    body["n"] = json!(2);
    assert_eq!(refused(&provider, CHAT, &body).await["param"], "n");
    assert_eq!(content(&provider.chat(&body).await), "next");
}

#[tokio::test]
async fn what_is_overlooked_is_answered_as_if_it_were_not_there() {
    let provider = Provider::start();
    provider
        .fault(json!({"fault": "ignore",
            "parameters": ["response_format", "stream", "logprobs", "n", "tools"]}))
        .await;
    let mut body: Value = serde_json::from_str(&rubric_request(CANDIDATE)).unwrap();
    body["n"] = json!(3);
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(5);
    body["tools"] = json!([{"type": "function", "function": {"name": "submit"}}]);
    body["tool_choice"] = json!("required");
    let completion = provider.chat(&body).await;
    assert!(serde_json::from_str::<Value>(content(&completion)).is_err());
    assert_eq!(completion["choices"].as_array().unwrap().len(), 1);
    assert_eq!(completion["choices"][0]["logprobs"], Value::Null);
    let listed = provider.get("/mock/requests").await;
    assert_eq!(listed["requests"][0]["fault"], "ignore");
    assert_eq!(listed["requests"][0]["stream"], true);
    assert_eq!(listed["requests"][0]["n"], 3);
}

#[tokio::test]
async fn further_rules_apply_to_a_request_of_which_something_is_overlooked() {
    let provider = Provider::start();
    provider
        .configure(&json!({"faults": [
            {"fault": "ignore", "parameters": ["stream"], "model": "mock-judge"},
            {"fault": "ignore", "parameters": ["n"]},
            {"fault": "reply", "text": "said"},
        ]}))
        .await;
    let mut body = request(CANDIDATE);
    body["n"] = json!(2);
    body["stream"] = json!(true);
    let completion = provider.chat(&body).await;
    assert_eq!(content(&completion), "said");
    assert_eq!(completion["choices"].as_array().unwrap().len(), 1);
    assert_eq!(
        provider.get("/mock/stats").await["by_fault"],
        json!({"reply": 1})
    );
}
