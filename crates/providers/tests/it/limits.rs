//! Limits that are refused as bad requests.

use domain::routing::Api;
use judging::Answer;
use providers::ErrorKind;
use providers::retry::CallFailure;
use serde_json::json;

use crate::mock::{Desk, rubric_call};
use crate::scripted::{Script, document};

#[tokio::test]
async fn a_rate_is_no_complaint_about_the_request() {
    for (body, waits) in [
        (
            json!({"__type": "ThrottlingException", "message": "Too many tokens, please wait before trying again."}),
            true,
        ),
        (
            json!({"error": {"message": "Daily input token limit exceeded", "code": 400}}),
            true,
        ),
        (
            json!({"error": {"message": "Budget has been exceeded!", "type": "budget_exceeded", "code": "400"}}),
            false,
        ),
    ] {
        let script = Script::of(vec![document(400, &body)]);
        let mut desk = Desk::at([script.options(Api::Chat)]);
        desk.policy.tries = 1;
        let failure = desk.try_to_ask(&rubric_call(true)).await.unwrap_err();
        match failure {
            CallFailure::Unavailable { .. } => assert!(waits, "{body}"),
            CallFailure::Refused(error) => {
                assert_eq!(
                    (error.kind, waits),
                    (ErrorKind::Unauthorized, false),
                    "{body}"
                );
            }
            CallFailure::Failed(error) => panic!("{error}"),
            CallFailure::OverBudget(reason) => panic!("{reason}"),
        }
        // Asking otherwise would only cost more of what is used up.
        assert_eq!(script.requests().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn an_input_that_is_too_long_is_final() {
    let body = json!({"error": {"message": "request (9120 tokens) exceeds the available context size (8192 tokens), try increasing it",
        "type": "exceed_context_size_error", "n_prompt_tokens": 9120, "n_ctx": 8192, "code": 400}});
    let line = format!("error: {}\n\n", body["error"]);
    for answer in [
        document(400, &body),
        (200, "text/event-stream", line.into_bytes()),
    ] {
        let script = Script::of(vec![answer]);
        let desk = Desk::at([script.options(Api::Chat)]);
        let reply = desk.ask(&rubric_call(false)).await.unwrap();
        assert_eq!(reply.answer, Answer::ContextTooLong);
        assert_eq!(script.requests().len(), 1);
    }
}
