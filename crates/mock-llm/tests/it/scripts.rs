//! Replies written by hand.

use serde_json::{Value, json};

use crate::provider::{CANDIDATE, Provider, content, request};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_reply_is_said_to_the_letter() {
    let provider = Provider::start();
    let text = "Thinking… \"4\"\n\n[[B]]";
    provider
        .configure(&json!({"faults": [
            {"fault": "reply", "text": "", "finish_reason": "length", "times": 1},
            {"fault": "reply", "text": "for the other", "model": "other"},
            {"fault": "reply", "text": text, "match": "migration"},
        ]}))
        .await;
    let mut body = request(CANDIDATE);
    // Neither a tool nor a limit changes what a test wants said.
    body["tools"] = json!([{"type": "function", "function": {"name": "submit"}}]);
    body["tool_choice"] = json!("required");
    body["max_tokens"] = json!(2);
    let first = provider.chat(&body).await;
    assert_eq!(content(&first), "");
    assert_eq!(first["choices"][0]["finish_reason"], "length");
    let second = provider.chat(&body).await;
    assert_eq!(content(&second), text);
    assert_eq!(second["choices"][0]["finish_reason"], "stop");
    body["model"] = json!("other");
    assert_eq!(content(&provider.chat(&body).await), "for the other");
    body["model"] = json!("mock-judge");
    body["stream"] = json!(true);
    let streamed = provider.post(CHAT, &body).await.text().await.unwrap();
    let said: String = streamed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned()))
        .collect();
    assert_eq!(said, text);
    let input = json!({"model": "m", "input": "Is the migration good?"});
    let response = provider.post("/v1/responses", &input).await;
    let response: Value = response.json().await.unwrap();
    assert_eq!(response["output"][0]["content"][0]["text"], text);
}

#[tokio::test]
async fn each_choice_may_be_scripted() {
    let provider = Provider::start();
    provider
        .fault(json!({"fault": "reply", "texts": ["4", "5"]}))
        .await;
    let mut body = request(CANDIDATE);
    assert_eq!(content(&provider.chat(&body).await), "4");
    body["n"] = json!(3);
    let completion = provider.chat(&body).await;
    let choices = completion["choices"].as_array().unwrap();
    let texts: Vec<&str> = choices
        .iter()
        .map(|choice| choice["message"]["content"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["4", "5", "5"]);
}

/// As a judge's debate is scripted: who is asked, what has been said, and how often.
#[tokio::test]
async fn a_conversation_is_scripted_by_what_its_messages_contain() {
    let provider = Provider::start();
    provider
        .configure(&json!({"faults": [
            {"fault": "reply", "contains": ["You are judge A", "argument B0"], "text": "A answers B"},
            {"fault": "reply", "contains": ["You are judge A"], "text": "A opens", "times": 1},
            {"fault": "reply", "contains": ["You are \"judge\" B"], "text": "B opens"},
        ]}))
        .await;
    let turn = |system: &str, user: &str| {
        json!({"model": "m", "messages": [
            {"role": "system", "content": system}, {"role": "user", "content": user}]})
    };
    for (system, user, said) in [
        ("You are judge A of 2.", "Judge.", "A opens"),
        ("You are \"judge\" B of 2.", "Judge.", "B opens"),
        (
            "You are judge A of 2.",
            "<argument B0.style 7f>",
            "A answers B",
        ),
    ] {
        assert_eq!(content(&provider.chat(&turn(system, user)).await), said);
    }
    // Whatever no rule is about, and what is used up, is filled in plainly.
    let other = provider
        .chat(&turn("You are judge A of 2.", "Judge."))
        .await;
    assert!(content(&other).contains("Score: "));
}

#[tokio::test]
async fn a_script_is_read_from_a_file_and_comes_back_after_other_settings() {
    let file = std::env::temp_dir().join(format!("mock-llm-script-{}.json", std::process::id()));
    // A value is said in its own order, and its tokens are counted as the script says.
    let script = r#"{"note": "By hand.", "faults": [{"fault": "reply",
        "text": {"zeal": 4, "about": ["a", 1.5]}, "usage": {"input_tokens": 700, "output_tokens": 50}}]}"#;
    std::fs::write(&file, script).unwrap();
    let provider = Provider::start_with(&["--script", file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    let scripted = r#"{"zeal":4,"about":["a",1.5]}"#;
    let completion = provider.chat(&request(CANDIDATE)).await;
    assert_eq!(content(&completion), scripted);
    assert_eq!(completion["usage"]["prompt_tokens"], 700);
    assert_eq!(completion["usage"]["completion_tokens"], 50);
    let url = format!("{}/mock/config", provider.url);
    // A patch of something else leaves the order as it is.
    let patch = provider.client.patch(&url).body(r#"{"chunk_delay_ms":1}"#);
    assert_eq!(patch.send().await.unwrap().status(), 200);
    assert_eq!(content(&provider.chat(&request(CANDIDATE)).await), scripted);
    provider.fault(json!({"fault": "reply", "text": "4"})).await;
    assert_eq!(content(&provider.chat(&request(CANDIDATE)).await), "4");
    provider.client.delete(&url).send().await.unwrap();
    assert_eq!(content(&provider.chat(&request(CANDIDATE)).await), scripted);
}

#[tokio::test]
async fn a_script_that_is_not_there_or_wrong_is_an_error_at_the_start() {
    let file = std::env::temp_dir().join(format!("mock-llm-wrong-{}.json", std::process::id()));
    std::fs::write(&file, r#"{"faults": [{"fault": "reply"}]}"#).unwrap();
    for (path, said) in [
        (file.to_str().unwrap(), "faults[0]"),
        ("/no/such/file", "/no/such/file"),
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mock-llm"))
            .args(["serve", "--script", path])
            .output()
            .unwrap();
        assert!(!output.status.success());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
    std::fs::remove_file(&file).unwrap();
}
