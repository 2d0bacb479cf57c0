//! Answers that come in pieces, and silence.

use std::time::Duration;

use domain::routing::{Api, ProviderConfig};
use judging::Answer;
use providers::ErrorKind;
use serde_json::json;

use crate::mock::{Desk, Mock, call, rubric_call, text};

const SHORT: Duration = Duration::from_millis(300);

/// With short bounds on silence.
fn impatient(mock: &Mock, api: Api) -> ProviderConfig {
    ProviderConfig {
        api,
        first_byte_timeout: 4 * SHORT,
        chunk_timeout: SHORT,
        ..mock.options()
    }
}

#[tokio::test]
async fn a_stream_makes_the_same_reply_as_one_piece() {
    let mock = Mock::start().await;
    let desk = Desk::at([mock.options()]);
    for question in [rubric_call(true), call("Score from 1 to 5.", false)] {
        mock.rules(json!([])).await;
        let streamed = desk.ask(&question).await.unwrap();
        assert_eq!(mock.last_request().await["stream"], true);
        assert!(streamed.usage.input_tokens > Some(0) && streamed.usage.output_tokens > Some(0));
        mock.rule(json!({"fault": "ignore", "parameters": ["stream"]}))
            .await;
        let whole = desk.ask(&question).await.unwrap();
        assert_eq!(streamed, whole);
    }
}

#[tokio::test]
async fn silence_within_an_answer_ends_the_call_keep_alives_or_not() {
    let mock = Mock::start().await;
    for api in [Api::Chat, Api::Responses] {
        let desk = Desk::at([impatient(&mock, api)]);
        for rule in [
            json!({"fault": "stall", "after_bytes": 2_000}),
            json!({"fault": "stall", "after_bytes": 2_000, "keepalive_ms": 50}),
            json!({"fault": "stall", "after_bytes": 0}),
            json!({"fault": "hang"}),
        ] {
            mock.rule(rule.clone()).await;
            let error = desk.ask(&rubric_call(false)).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::TimedOut, "{rule}: {error}");
        }
    }
}

#[tokio::test]
async fn a_model_may_think_before_its_answer_begins() {
    let mock = Mock::start().await;
    for api in [Api::Chat, Api::Responses] {
        let desk = Desk::at([impatient(&mock, api)]);
        mock.rule(json!({"fault": "think", "ms": 700})).await;
        assert!(!text(&desk.ask(&rubric_call(false)).await.unwrap()).is_empty());
        mock.rule(json!({"fault": "think", "ms": 20_000})).await;
        let error = desk.ask(&rubric_call(false)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TimedOut);
        assert_eq!(
            error.to_string(),
            "the provider did not begin to answer in time"
        );
    }
}

#[tokio::test]
async fn a_stream_that_ends_early_is_no_answer() {
    let mock = Mock::start().await;
    for api in [Api::Chat, Api::Responses] {
        let options = ProviderConfig {
            api,
            ..mock.options()
        };
        let desk = Desk::at([options]);
        for rule in [
            json!({"fault": "cut", "after_bytes": 2_000}),
            json!({"fault": "cut", "after_bytes": 2_000, "clean": true}),
            json!({"fault": "error_in_stream"}),
        ] {
            mock.rule(rule.clone()).await;
            let error = desk.ask(&rubric_call(false)).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unavailable, "{rule}: {error}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_off_or_refused_says_so() {
    let mock = Mock::start().await;
    for api in [Api::Chat, Api::Responses] {
        let options = ProviderConfig {
            api,
            ..mock.options()
        };
        let desk = Desk::at([options]);
        mock.rule(json!({"fault": "length"})).await;
        let reply = desk.ask(&rubric_call(false)).await.unwrap();
        assert!(
            matches!(reply.answer, Answer::Text { cut_off: true, .. }),
            "{reply:?}"
        );
        mock.rule(json!({"fault": "refusal"})).await;
        let reply = desk.ask(&rubric_call(false)).await.unwrap();
        assert!(matches!(reply.answer, Answer::Refused { .. }), "{reply:?}");
        mock.rule(json!({"fault": "content_filter"})).await;
        let reply = desk.ask(&rubric_call(false)).await.unwrap();
        assert_eq!(reply.answer, Answer::ContentFiltered);
    }
}
