use judging::Answer;
use serde_json::{Value, json};

use super::Response;
use crate::answer::{Broken, Complete, Gather as _, Heard, Read};
use crate::error::Kind;
use crate::outcome::{self, Failed};

fn of_whole(document: &Value) -> Result<Read, Failed> {
    let mut response = Response::default();
    let taken = response.take(&document.to_string());
    let read = taken.and_then(|_| response.read(true));
    read.map_err(|broken| match broken {
        Broken::Nonsense(failed) => failed,
        Broken::Error(error) => outcome::of_error_in_success(error.as_bytes(), &[]),
    })
}

fn said(text: &str) -> Answer {
    Answer::Text {
        text: text.to_owned(),
        cut_off: false,
    }
}

fn message(parts: &Value) -> Value {
    json!({"status": "completed", "model": "m-1", "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Score: 1?"}], "content": [{"type": "reasoning_text", "text": "5"}]},
        {"type": "message", "role": "assistant", "content": parts},
    ], "usage": {"input_tokens": 10, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 4}}})
}

#[test]
fn the_text_is_that_of_the_message() {
    let read = of_whole(&message(&json!([
        {"type": "output_text", "text": "Score", "annotations": []}, {"type": "output_text", "text": ": 4"}
    ])))
    .unwrap();
    assert_eq!(read.first.answer, said("Score: 4"));
    assert_eq!(read.model.as_deref(), Some("m-1"));
    let tokens = read.tokens.unwrap();
    assert_eq!(
        (tokens.input, tokens.cached_input, tokens.output),
        (10, 4, 3)
    );
}

#[test]
fn a_call_a_refusal_and_the_ends() {
    let called = json!({"output": [{"type": "function_call", "name": "verdict", "arguments": "{\"score\": 4}"}]});
    assert_eq!(
        of_whole(&called).unwrap().first.answer,
        said("{\"score\": 4}")
    );
    let refused = message(&json!([{"type": "refusal", "refusal": "I cannot."}]));
    assert!(
        matches!(of_whole(&refused).unwrap().first.answer, Answer::Refused { message } if message == "I cannot.")
    );
    for (reason, expected) in [
        (
            "max_output_tokens",
            Answer::Text {
                text: "4".to_owned(),
                cut_off: true,
            },
        ),
        ("content_filter", Answer::ContentFiltered),
    ] {
        let mut cut = message(&json!([{"type": "output_text", "text": "4"}]));
        cut["status"] = json!("incomplete");
        cut["incomplete_details"] = json!({"reason": reason});
        assert_eq!(of_whole(&cut).unwrap().first.answer, expected);
    }
}

#[test]
fn probabilities_of_its_tokens() {
    let part = json!([{"type": "output_text", "text": "4", "logprobs": [
        {"token": "4", "bytes": [52], "logprob": -0.5, "top_logprobs": [{"token": "5", "logprob": -1.0, "bytes": [53]}]}
    ]}]);
    let tokens = of_whole(&message(&part)).unwrap().first.logprobs.unwrap();
    assert_eq!(
        tokens[0].alternatives,
        [("5".to_owned(), -1.0), ("4".to_owned(), -0.5)]
    );
}

#[test]
fn a_stream_is_complete_with_its_last_event() {
    let mut response = Response::default();
    let mut take = |event: Value| response.take(&event.to_string()).unwrap();
    assert_eq!(
        take(json!({"type": "response.created", "response": {"status": "in_progress"}})),
        Heard::Nothing
    );
    assert_eq!(
        take(json!({"type": "response.reasoning_summary_text.delta", "delta": "Score: 1?"})),
        Heard::Thinking
    );
    assert_eq!(
        take(json!({"type": "response.output_text.delta", "delta": "Score: "})),
        Heard::Answer
    );
    assert_eq!(
        take(json!({"type": "response.output_text.delta", "delta": "4"})),
        Heard::Answer
    );
    assert_eq!(response.complete(), Complete::No);
    // Some leave the output out of the last event.
    let last =
        json!({"type": "response.completed", "response": {"status": "completed", "output": []}});
    response.take(&last.to_string()).unwrap();
    assert_eq!(response.complete(), Complete::Yes);
    assert_eq!(response.read(false).unwrap().first.answer, said("Score: 4"));
}

#[test]
fn what_failed_is_an_error_of_its_kind() {
    let kind = |event: Value| match of_whole(&event) {
        Err(Failed::Error(error)) => Some(error.kind),
        _ => None,
    };
    let failed = json!({"type": "response.failed", "response": {"status": "failed",
        "error": {"code": "server_error", "message": "sorry"}, "output": []}});
    assert_eq!(kind(failed), Some(Kind::Unavailable));
    assert_eq!(
        kind(
            json!({"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "429"}})
        ),
        Some(Kind::RateLimited)
    );
    let limited = json!({"type": "error", "code": "429", "message": "slow down"});
    assert_eq!(kind(limited), Some(Kind::RateLimited));
    assert_eq!(kind(json!({"object": "list"})), Some(Kind::Garbled));
    assert_eq!(kind(json!("nothing")), Some(Kind::Garbled));
}
