//! Answers that follow a schema.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content, request, rubric_request};

async fn judged(provider: &Provider, candidate: &str) -> (String, Value) {
    let response = provider
        .client
        .post(format!("{}/v1/chat/completions", provider.url))
        .body(rubric_request(candidate))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let completion: Value = response.json().await.unwrap();
    let text = content(&completion).to_owned();
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

#[tokio::test]
async fn a_rubric_is_filled_in_completely_and_in_order() {
    let provider = Provider::start();
    let (text, value) = judged(&provider, CANDIDATE).await;
    let mut rest = text.as_str();
    for name in [
        "criteria",
        "task_fit",
        "rationale",
        "evidence",
        "score",
        "applies",
        "accuracy",
        "rationale",
        "evidence",
        "score",
        "applies",
        "summary",
    ] {
        let found = rest.split_once(&format!("\"{name}\":"));
        rest = found
            .unwrap_or_else(|| panic!("{name} is not in its place: {text}"))
            .1;
    }
    assert_eq!(value.as_object().unwrap().len(), 2);
    for name in ["task_fit", "accuracy"] {
        let criterion = &value["criteria"][name];
        assert_eq!(criterion.as_object().unwrap().len(), 4);
        assert!(criterion["rationale"].as_str().unwrap().contains(name));
        assert!((1..=7).contains(&criterion["score"].as_i64().unwrap()));
        assert!(criterion["applies"].is_boolean());
        let evidence = criterion["evidence"].as_array().unwrap();
        assert_eq!(evidence.len(), 2);
        for quote in evidence {
            assert!(CANDIDATE.contains(quote.as_str().unwrap()) && quote != "");
        }
    }
}

#[tokio::test]
async fn scores_tell_candidates_apart() {
    let provider = Provider::start();
    let mut seen = Vec::new();
    for index in 0..12 {
        let good = format!("{CANDIDATE}\nThe plan has {index} more steps.");
        let bad = format!("{good}\nTODO: the rest is not implemented.");
        let (_, good) = judged(&provider, &good).await;
        let (_, bad) = judged(&provider, &bad).await;
        for name in ["task_fit", "accuracy"] {
            let good = good["criteria"][name]["score"].as_i64().unwrap();
            let bad = bad["criteria"][name]["score"].as_i64().unwrap();
            assert!(bad < good && good >= 4, "{bad} {good}");
            seen.push(good);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() > 1, "{seen:?}");
}

#[tokio::test]
async fn json_without_a_schema_in_the_request() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["response_format"] = json!({"type": "json_object"});
    let value: Value = serde_json::from_str(content(&provider.chat(&body).await)).unwrap();
    assert!(value["score"].is_i64());
    // A schema shown in the prompt is followed.
    body["messages"][0]["content"] = json!(
        "Answer in JSON of this schema:\n{\"type\":\"object\",\"properties\":{\"grade\":{\"type\":\"integer\"}}}"
    );
    let value: Value = serde_json::from_str(content(&provider.chat(&body).await)).unwrap();
    assert!(value["grade"].is_i64());
}

#[tokio::test]
async fn a_required_tool_is_called_with_fitting_arguments() {
    let provider = Provider::start();
    let mut body = request(CANDIDATE);
    body["tools"] = json!([
        {"type": "function", "function": {"name": "other"}},
        {"type": "function", "function": {"name": "submit", "parameters": {
            "type": "object", "properties": {"score": {"type": "integer", "minimum": 2, "maximum": 3}},
            "required": ["score"],
        }}},
    ]);
    body["tool_choice"] = json!({"type": "function", "function": {"name": "submit"}});
    let completion = provider.chat(&body).await;
    let call = &completion["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["function"]["name"], "submit");
    let arguments: Value =
        serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert!((2..=3).contains(&arguments["score"].as_i64().unwrap()));
    assert_eq!(completion["choices"][0]["message"]["content"], Value::Null);
    body["tool_choice"] = json!("required");
    let completion = provider.chat(&body).await;
    assert_eq!(completion["choices"][0]["finish_reason"], "tool_calls");
    body["tool_choice"] = json!("auto");
    assert_eq!(
        provider.chat(&body).await["choices"][0]["finish_reason"],
        "stop"
    );
    body["tool_choice"] = json!({"type": "function", "function": {"name": "absent"}});
    assert_eq!(
        provider.post("/v1/chat/completions", &body).await.status(),
        400
    );
}
