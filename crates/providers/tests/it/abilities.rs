//! Endpoints that can do less, and what is learned of them.

use domain::routing::{Api, ProviderConfig};
use providers::ErrorKind;
use serde_json::{Value, json};

use crate::mock::{Desk, Mock, call, rubric_call, text};
use crate::scripted::{Script, document};

async fn asked_so_far(mock: &Mock) -> usize {
    mock.requests().await.len()
}

/// Whether a text is a JSON object with the asked verdict.
fn is_verdict(text: &str) -> bool {
    let verdict: Value = serde_json::from_str(text).unwrap_or_default();
    verdict["criteria"]["clarity"]["score"].is_number()
}

#[tokio::test]
async fn what_is_refused_is_left_out_from_then_on() {
    let mock = Mock::start().await;
    for style in ["openai", "litellm", "vllm", "wordless"] {
        for parameter in [
            "logprobs",
            "response_format.json_schema",
            "temperature",
            "stream",
            "stream_options",
        ] {
            let case = format!("{style} {parameter}");
            let desk = Desk::at([mock.options()]);
            let begun = asked_so_far(&mock).await;
            let mut question = rubric_call(true);
            question.temperature = Some(0.0);
            mock.rule(json!({"fault": "refuse", "parameters": [parameter], "style": style}))
                .await;
            let reply = desk.ask(&question).await;
            assert!(is_verdict(text(&reply.expect(&case))), "{case}");
            // Whoever names nothing costs a guess or more; whoever names it costs one try.
            let before = asked_so_far(&mock).await;
            let reply = desk.ask(&question).await.expect(&case);
            assert!(is_verdict(text(&reply)), "{case}");
            assert_eq!(asked_so_far(&mock).await, before + 1, "{case}");
            // Every request is told of, and none of them is a failed try.
            let tried = desk.tried();
            let (lessons, replies): (Vec<_>, Vec<_>) =
                tried.into_iter().partition(|tried| tried == "a:rejected");
            assert_eq!(replies, ["a:replied", "a:replied"], "{case}");
            assert_eq!(lessons.len() + 1, before - begun, "{case}");
        }
    }
}

#[tokio::test]
async fn json_is_asked_for_in_the_surest_way_there_is() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    mock.rule(json!({"fault": "refuse", "parameters": ["response_format.json_schema"]}))
        .await;
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert!(is_verdict(text(&reply)));
    let request = mock.last_request().await;
    assert_eq!(request["tool_choice"]["function"]["name"], "verdict");
    assert_eq!(request["tools"][0]["function"]["strict"], true);
    mock.rule(json!({"fault": "refuse", "parameters": ["response_format.json_schema", "tools"]}))
        .await;
    desk.ask(&rubric_call(false)).await.unwrap();
    let request = mock.last_request().await;
    assert_eq!(request["response_format"], json!({"type": "json_object"}));
    assert!(request.get("tools").is_none());
    mock.rule(json!({"fault": "refuse", "parameters": ["response_format", "tools"]}))
        .await;
    desk.ask(&rubric_call(false)).await.unwrap();
    assert!(mock.last_request().await.get("response_format").is_none());
}

#[tokio::test]
async fn whoever_takes_no_notice_is_asked_in_another_way() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    let mut question = rubric_call(false);
    question.messages[0].content = "Say what you think of it.".to_owned();
    mock.rule(json!({"fault": "ignore", "parameters": ["response_format"]}))
        .await;
    for _ in 0..2 {
        assert!(!is_verdict(text(&desk.ask(&question).await.unwrap())));
    }
    assert!(is_verdict(text(&desk.ask(&question).await.unwrap())));
    assert!(mock.last_request().await.get("tools").is_some());
}

#[tokio::test]
async fn the_bound_of_the_output_goes_under_the_name_that_is_taken() {
    let mock = Mock::start().await;
    let mut desk = Desk::at([mock.options()]);
    desk.route[0].max_output_tokens = Some(300);
    let bounds = async || {
        let request = mock.last_request().await;
        let of = |name: &str| request.get(name).cloned();
        (of("max_completion_tokens"), of("max_tokens"))
    };
    desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(bounds().await, (Some(json!(300)), None));
    mock.rule(json!({"fault": "refuse", "parameters": ["max_completion_tokens"]}))
        .await;
    desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(bounds().await, (None, Some(json!(300))));
    // A parameter is the operator's own word, and stays as it is.
    desk.route[0].max_output_tokens = None;
    let name = "max_tokens".to_owned();
    desk.route[0].parameters.insert(name, json!(200));
    desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(bounds().await, (None, Some(json!(200))));
}

#[tokio::test]
async fn the_responses_api_learns_as_well() {
    let mock = Mock::start().await;
    let desk = Desk::at([ProviderConfig {
        api: Api::Responses,
        ..mock.options()
    }]);
    mock.rule(json!({"fault": "refuse", "parameters": ["store", "text.format.json_schema"]}))
        .await;
    desk.ask(&rubric_call(false)).await.unwrap();
    let request = mock.last_request().await;
    assert!(request.get("store").is_none());
    assert_eq!(request["tools"][0]["name"], "verdict");
}

#[tokio::test]
async fn a_refusal_that_has_another_reason_teaches_nothing() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    let body = r#"{"error":{"message":"Bad Request"}}"#;
    mock.rule(json!({"fault": "status", "status": 400, "body": body}))
        .await;
    let error = desk.ask(&rubric_call(true)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected);
    let guessed = asked_so_far(&mock).await;
    assert!(guessed <= 9, "{guessed} requests");
    // Guessing was of no use: the next one is refused at once.
    desk.ask(&rubric_call(true)).await.unwrap_err();
    assert_eq!(asked_so_far(&mock).await, guessed + 1);
    mock.rules(json!([])).await;
    desk.ask(&rubric_call(true)).await.unwrap();
    let request = mock.last_request().await;
    assert_eq!(request["response_format"]["type"], "json_schema");
    assert_eq!(request["logprobs"], true);
}

#[tokio::test]
async fn what_was_sent_and_is_complained_of_goes_before_the_length_of_the_input() {
    let no = |message: &str| document(400, &json!({"error": {"message": message}}));
    let verdict = r#"{"criteria": {"clarity": {"score": 4}}, "summary": "."}"#;
    let yes = document(
        200,
        &json!({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": verdict}}]}),
    );
    let lesson = "`response_format` is not supported: too many tokens";
    let script = Script::of(vec![no(lesson), yes]);
    let desk = Desk::at([script.options(Api::Chat)]);
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert!(text(&reply).contains("clarity"));
    let asked = script.requests();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0]["response_format"]["type"], "json_schema");
    assert!(asked[1].get("response_format").is_none());
    // What can mean nothing else is believed at once.
    let long = "This model supports JSON and the prompt is too long: 9000 tokens > 8192 maximum; `response_format` is not supported";
    let script = Script::of(vec![no(long)]);
    let desk = Desk::at([script.options(Api::Chat)]);
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(reply.answer, judging::Answer::ContextTooLong);
    assert_eq!(script.requests().len(), 1);
}
