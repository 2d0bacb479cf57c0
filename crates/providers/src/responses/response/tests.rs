mod streams;

use judging::Answer;
use serde_json::{Value, json};

use super::Response;
use crate::error::ErrorKind;
use crate::function_calls::verdict;
use crate::outcome::{self, Failed};
use crate::parsed_response::{
    ChunkKind, Complete, DecodeError, ParsedResponse, ResponseDecoder as _,
};

fn of_whole(document: &Value) -> Result<ParsedResponse, Failed> {
    let mut response = Response::default();
    let taken = response.take(&document.to_string());
    let read = taken.and_then(|_| response.read(true, Some(verdict())));
    read.map_err(|broken| match broken {
        DecodeError::Unexpected(failed) => failed,
        DecodeError::Error(error) => outcome::of_error_in_success(error.as_bytes(), &[]),
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
        (10, Some(4), 3)
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
        ChunkKind::Nothing
    );
    assert_eq!(
        take(json!({"type": "response.reasoning_summary_text.delta", "delta": "Score: 1?"})),
        ChunkKind::Thinking
    );
    assert_eq!(
        take(json!({"type": "response.output_text.delta", "delta": "Score: "})),
        ChunkKind::Answer
    );
    assert_eq!(
        take(json!({"type": "response.output_text.delta", "delta": "4"})),
        ChunkKind::Answer
    );
    assert_eq!(response.complete(), Complete::No);
    // Some leave the output out of the last event.
    let last =
        json!({"type": "response.completed", "response": {"status": "completed", "output": []}});
    response.take(&last.to_string()).unwrap();
    assert_eq!(response.complete(), Complete::Yes);
    assert_eq!(
        response.read(false, None).unwrap().first.answer,
        said("Score: 4")
    );
}

#[test]
fn what_failed_is_an_error_of_its_kind() {
    let kind = |event: Value| match of_whole(&event) {
        Err(Failed::Error(error)) => Some(error.kind),
        _ => None,
    };
    let failed = json!({"type": "response.failed", "response": {"status": "failed",
        "error": {"code": "server_error", "message": "sorry"}, "output": []}});
    assert_eq!(kind(failed), Some(ErrorKind::Unavailable));
    assert_eq!(
        kind(
            json!({"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "429"}})
        ),
        Some(ErrorKind::RateLimited)
    );
    let limited = json!({"type": "error", "code": "429", "message": "slow down"});
    assert_eq!(kind(limited), Some(ErrorKind::RateLimited));
    assert_eq!(kind(json!({"object": "list"})), Some(ErrorKind::Garbled));
    assert_eq!(kind(json!("nothing")), Some(ErrorKind::Garbled));
}

fn of_items(items: &Value) -> Result<Answer, Failed> {
    let read = of_whole(&json!({"status": "completed", "output": items}));
    read.map(|read| read.first.answer)
}

fn of_texts(messages: &[(&str, &str)]) -> Result<Answer, Failed> {
    let item = |(id, text): &(&str, &str)| json!({"type": "message", "id": id, "content": [{"type": "output_text", "text": text}]});
    of_items(&messages.iter().map(item).collect())
}

#[test]
fn two_messages_under_one_id_are_no_answer() {
    for (one, other) in [
        ("3", "6"),
        ("8", "84"),
        ("84", "8"),
        ("Score: 8", "Score: 84"),
    ] {
        let Err(Failed::Error(error)) = of_texts(&[("m1", one), ("m1", other)]) else {
            panic!("{one} and {other}");
        };
        assert_eq!(error.kind, ErrorKind::Garbled);
    }
    // The same one, which says of itself that it had only begun.
    let item = |status: &str, text: &str| json!({"type": "message", "id": "m1", "status": status, "content": [{"type": "output_text", "text": text}]});
    let grown = json!([item("in_progress", "8"), item("completed", "84")]);
    assert_eq!(of_items(&grown), Ok(said("84")));
    let other = json!([item("in_progress", "9"), item("completed", "84")]);
    assert!(of_items(&other).is_err());
}

#[test]
fn the_same_message_twice_is_one_and_others_are_not_run_together() {
    assert_eq!(of_texts(&[("m1", "3"), ("m1", "3")]), Ok(said("3")));
    assert_eq!(of_texts(&[("m1", "3"), ("m2", "3")]), Ok(said("3")));
    assert_eq!(
        of_texts(&[("m1", "I look at it."), ("m2", "3")]),
        Ok(said("I look at it.\n\n3"))
    );
    let comment = json!({"status": "completed", "output": [
        {"type": "message", "phase": "commentary", "content": [{"type": "output_text", "text": "At first 2."}]},
        {"type": "message", "phase": "final_answer", "content": [{"type": "output_text", "text": "3"}]},
    ]});
    assert_eq!(of_whole(&comment).unwrap().first.answer, said("3"));
    let parts = message(
        &json!([{"type": "output_text", "text": "3"}, {"type": "output_text", "text": "3"}]),
    );
    assert_eq!(of_whole(&parts).unwrap().first.answer, said(""));
}

#[test]
fn one_that_is_at_work_holds_half_of_it() {
    for status in ["in_progress", "queued", "cancelled"] {
        let mut half = message(&json!([{"type": "output_text", "text": "3"}]));
        half["status"] = json!(status);
        assert!(of_whole(&half).is_err(), "{status}");
    }
    let cut = json!({"output": [{"type": "message", "status": "incomplete", "content": [{"type": "output_text", "text": "3"}]}]});
    let answer = of_whole(&cut).unwrap().first.answer;
    assert!(matches!(answer, Answer::Text { cut_off: true, .. }));
}

#[test]
fn pieces_of_two_messages_are_not_run_together() {
    let last =
        json!({"type": "response.completed", "response": {"status": "completed", "output": []}});
    let delta = |item: u64, text: &str| json!({"type": "response.output_text.delta", "output_index": item, "delta": text});
    let made = |events: &[Value]| {
        let mut response = Response::default();
        for event in events.iter().chain([&last]) {
            response.take(&event.to_string()).unwrap();
        }
        response.read(false, None).unwrap().first.answer
    };
    assert_eq!(made(&[delta(0, "3"), delta(1, "6")]), said("3\n\n6"));
    assert_eq!(
        made(&[delta(0, "It is good"), delta(0, "It is good: 3")]),
        said("It is good: 3")
    );
    assert_eq!(made(&[delta(0, "3"), delta(0, "36")]), said(""));
}

#[test]
fn a_message_of_somebody_else_is_no_answer() {
    let message = |role: Value, text: &str| json!({"type": "message", "role": role, "content": [{"type": "output_text", "text": text}]});
    let answer = |output: Value| {
        let document = json!({"status": "completed", "output": output});
        of_whole(&document).unwrap().first.answer
    };
    for role in ["user", "system", "developer", "tool"] {
        let asked = message(json!(role), "Score: 1");
        assert_eq!(answer(json!([asked])), said(""), "{role}");
        let both = json!([asked, message(json!("assistant"), "Score: 4")]);
        assert_eq!(answer(both), said("Score: 4"), "{role}");
    }
    assert_eq!(answer(json!([message(json!(null), "4")])), said("4"));
}

#[test]
fn a_response_that_is_incomplete_for_no_known_reason_is_none() {
    let of = |reason: &str| {
        let output =
            json!([{"type": "message", "content": [{"type": "output_text", "text": "Score: 1"}]}]);
        of_whole(
            &json!({"status": "incomplete", "incomplete_details": {"reason": reason}, "output": output}),
        )
    };
    assert!(
        matches!(of("network_error"), Err(Failed::Error(error)) if error.kind == ErrorKind::Unavailable)
    );
    for reason in ["max_output_tokens", "stop"] {
        let answer = of(reason).unwrap().first.answer;
        assert!(
            matches!(answer, Answer::Text { cut_off: true, .. }),
            "{reason}"
        );
    }
}
