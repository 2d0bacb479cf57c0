//! What is made of an answer.

use judging::{Answer, Usage};
use providers::ErrorKind;
use serde_json::json;

use crate::mock::{Desk, Mock, call, rubric_call};

#[tokio::test]
async fn a_reply_has_its_text_model_and_usage() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    mock.rule(json!({"fault": "reply", "text": "Score: 4"}))
        .await;
    let reply = desk.ask(&call("Judge.", false)).await.unwrap();
    let expected = Answer::Text {
        text: "Score: 4".to_owned(),
        cut_off: false,
    };
    assert_eq!(reply.answer, expected);
    assert_eq!(
        (reply.provider.as_str(), reply.model.as_str()),
        ("a", "mock-judge")
    );
    assert_eq!(reply.usage.output_tokens, Some(2));
    assert!(reply.usage.input_tokens > Some(0));
    mock.rule(json!({"fault": "reply", "text": "Sco", "finish_reason": "max_tokens"}))
        .await;
    let reply = desk.ask(&call("Judge.", false)).await.unwrap();
    assert!(matches!(reply.answer, Answer::Text { cut_off: true, .. }));
}

#[tokio::test]
async fn an_answer_without_words_is_an_empty_text() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    for message in [
        r#"{"content":null}"#,
        r#"{"content":"","reasoning_content":"The score is 4."}"#,
        r#"{"content":[{"type":"thinking","thinking":"The score is 4."}]}"#,
    ] {
        mock.body(&format!(
            r#"{{"choices":[{{"message":{message},"finish_reason":"stop"}}],"usage":null}}"#
        ))
        .await;
        let reply = desk.ask(&rubric_call(false)).await.unwrap();
        let expected = Answer::Text {
            text: String::new(),
            cut_off: false,
        };
        assert_eq!(reply.answer, expected, "{message}");
        assert_eq!(reply.usage, Usage::default());
    }
}

#[tokio::test]
async fn typed_answers_are_no_errors() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    mock.rule(json!({"fault": "content_filter"})).await;
    let reply = desk.ask(&rubric_call(true)).await.unwrap();
    assert_eq!(reply.answer, Answer::ContentFiltered);
    mock.rule(json!({"fault": "context_length"})).await;
    let reply = desk.ask(&rubric_call(true)).await.unwrap();
    assert_eq!(reply.answer, Answer::ContextTooLong);
}

#[tokio::test]
async fn what_is_no_reply_is_an_error_of_its_kind() {
    let mock = Mock::start().await;
    for (rule, kind) in [
        (
            json!({"fault": "status", "status": 503}),
            ErrorKind::Unavailable,
        ),
        (
            json!({"fault": "status", "status": 401}),
            ErrorKind::Unauthorized,
        ),
        (json!({"fault": "cut"}), ErrorKind::Unavailable),
        (
            json!({"fault": "garbage", "kind": "html"}),
            ErrorKind::Garbled,
        ),
        (
            json!({"fault": "garbage", "kind": "truncated_json"}),
            // In a stream that is one that ends early.
            ErrorKind::Unavailable,
        ),
        (
            json!({"fault": "garbage", "kind": "empty"}),
            ErrorKind::Garbled,
        ),
        (
            json!({"fault": "garbage", "kind": "error_in_200"}),
            ErrorKind::Unavailable,
        ),
    ] {
        mock.rule(rule.clone()).await;
        let desk = Desk::at([mock.options()]);
        let error = desk.ask(&rubric_call(true)).await.unwrap_err();
        assert_eq!(error.kind, kind, "{rule}");
    }
}
