use std::num::NonZeroU32;

use judging::Answer;
use serde_json::{Value, json};

use super::Completion;
use crate::error::ErrorKind;
use crate::function_calls::verdict;
use crate::outcome::{self, Failed};
use crate::parsed_response::{Complete, DecodeError, ParsedResponse, ResponseDecoder as _};

mod ends;
mod functions;
mod odd;
mod other_answers;
mod restarts;
mod several;
mod stencils;

fn of_body(body: &str) -> Result<ParsedResponse, Failed> {
    let mut completion = Completion::of(NonZeroU32::MIN);
    let taken = completion.take(body);
    taken
        .and_then(|_| completion.read(true, Some(verdict())))
        .map_err(failed)
}

fn failed(broken: DecodeError) -> Failed {
    match broken {
        DecodeError::Unexpected(failed) => failed,
        DecodeError::Error(error) => outcome::of_error_in_success(error.as_bytes(), &[]),
    }
}

fn of_choice(choice: &Value) -> Result<ParsedResponse, Failed> {
    of_body(&json!({"choices": [choice]}).to_string())
}

fn answer(message: &Value, finish: &str) -> Answer {
    let choice = json!({"index": 0, "message": message, "finish_reason": finish});
    of_choice(&choice).unwrap().first.answer
}

fn said(text: &str) -> Answer {
    Answer::Text {
        text: text.to_owned(),
        cut_off: false,
    }
}

#[test]
fn a_content_of_parts_is_their_text() {
    let parts = json!({"content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Score: 1?"}]},
        {"type": "reasoning", "text": "Score: 2?"},
        {"type": "text", "text": "Score"},
        {"type": "output_text", "text": ": 4"},
        {"type": "image_url", "image_url": {"url": "https://example.com/"}},
        {"text": "."},
        "\n",
        7,
    ]});
    assert_eq!(answer(&parts, "stop"), said("Score: 4.\n"));
    assert_eq!(answer(&json!({"content": []}), "stop"), said(""));
}

#[test]
fn reasoning_is_no_answer() {
    for message in [
        json!({"content": "", "reasoning_content": "So the score is 5."}),
        json!({"content": null, "reasoning": "5", "reasoning_details": [{"type": "reasoning.text", "text": "5"}]}),
        json!({"role": "assistant"}),
        json!({"content": null}),
        json!({}),
    ] {
        assert_eq!(answer(&message, "stop"), said(""), "{message}");
    }
    assert_eq!(
        answer(&json!({"content": "", "reasoning_content": "5"}), "length"),
        Answer::Text {
            text: String::new(),
            cut_off: true
        }
    );
}

#[test]
fn the_arguments_of_a_function_stand_in_for_a_content() {
    let arguments = r#"{"score": 4}"#;
    let called = |name: &str| {
        [
            json!({"content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}]}),
            json!({"content": "", "tool_calls": [], "function_call": {"name": name, "arguments": arguments}}),
            json!({"content": null, "tool_calls": null, "function_call": {"name": name, "arguments": arguments}}),
        ]
    };
    let nameless = json!({"content": "\n", "tool_calls": [{"type": "custom", "custom": {"name": "g", "input": "x"}}, {"function": {"arguments": arguments}}]});
    for message in called("verdict").iter().chain([&nameless]) {
        assert_eq!(answer(message, "tool_calls"), said(arguments), "{message}");
    }
    // Nobody asked for another one.
    for message in called("search") {
        assert_eq!(answer(&message, "tool_calls"), said(""), "{message}");
    }
    // What is said before the call of another one is no answer yet, unless it is over.
    let both = json!({"content": "5", "tool_calls": [{"function": {"name": "search", "arguments": arguments}}]});
    assert_eq!(answer(&both, "tool_calls"), said(""));
    assert_eq!(answer(&both, "stop"), said("5"));
    // Some servers forget to make a text of them; the order of the properties is the model's.
    let read = of_body(
        r#"{"choices":[{"message":{"content":null,"tool_calls":[{"function":{"arguments":{"why":"…","score":4}}}]}}]}"#,
    );
    assert_eq!(read.unwrap().first.answer, said(r#"{"why":"…","score":4}"#));
    let read = of_body(r#"{"choices":[{"message":{"content":{"why":"…","score":4}}}]}"#);
    assert_eq!(read.unwrap().first.answer, said(r#"{"why":"…","score":4}"#));
}

#[test]
fn the_end_of_a_reply_has_many_names() {
    let message = json!({"content": "{\"score\""});
    for reason in [
        "length",
        "max_tokens",
        "MAX_TOKENS",
        "model_length",
        "model_context_window_exceeded",
        "FINISH_REASON_MAX_TOKENS",
    ] {
        let expected = Answer::Text {
            text: "{\"score\"".to_owned(),
            cut_off: true,
        };
        assert_eq!(answer(&message, reason), expected, "{reason}");
    }
    for reason in [
        "content_filter",
        "content_filtered",
        "content_filter: PROHIBITED_CONTENT",
        "safety",
        "SAFETY",
        "sensitive",
        "RECITATION",
    ] {
        assert_eq!(
            answer(&message, reason),
            Answer::ContentFiltered,
            "{reason}"
        );
    }
    for reason in [
        "stop",
        "STOP",
        "end_turn",
        "eos_token",
        "tool_calls",
        "COMPLETE",
        "completed",
        "",
    ] {
        assert_eq!(answer(&message, reason), said("{\"score\""), "{reason}");
    }
    let filtered = of_choice(&json!({"finish_reason": "content_filter"}));
    assert_eq!(filtered.unwrap().first.answer, Answer::ContentFiltered);
}

#[test]
fn a_refusal_may_stand_anywhere() {
    let refused = |words: &str| Answer::Refused {
        message: words.to_owned(),
    };
    for message in [
        json!({"content": null, "refusal": "I cannot."}),
        json!({"content": [{"type": "refusal", "refusal": "I cannot."}]}),
        json!({"content": null, "provider_specific_fields": {"refusal": "I cannot."}}),
        json!({"content": [{"type": "text", "text": ""}, {"type": "refusal", "refusal": "I cannot."}], "refusal": ""}),
    ] {
        assert_eq!(answer(&message, "stop"), refused("I cannot."), "{message}");
    }
    let words = json!({"content": "I would rather not."});
    assert_eq!(answer(&words, "refusal"), refused("I would rather not."));
    assert_eq!(
        answer(&json!({"content": "4", "refusal": ""}), "stop"),
        said("4")
    );
}

#[test]
fn what_is_no_reply_is_an_error() {
    let kind = |failed: Result<ParsedResponse, Failed>| match failed {
        Err(Failed::Error(error)) => Some(error.kind),
        _ => None,
    };
    assert_eq!(kind(of_body(r#"{"choices":[]}"#)), Some(ErrorKind::Garbled));
    assert_eq!(
        kind(of_body(r#"{"choices":[{"finish_reason":"stop"}]}"#)),
        Some(ErrorKind::Garbled)
    );
    assert_eq!(
        kind(of_body(r#"{"object":"list"}"#)),
        Some(ErrorKind::Garbled)
    );
    // A router that lost the model behind it half-way.
    let lost = json!({"message": {"content": "{\"sc"}, "finish_reason": "error", "error": {"code": 502, "message": "gone"}});
    assert_eq!(kind(of_choice(&lost)), Some(ErrorKind::Unavailable));
}

#[test]
fn a_stream_has_ended_when_its_last_piece_says_so_and_holds_nothing_more() {
    let after = |chunks: &[Value]| {
        let mut completion = Completion::of(NonZeroU32::MIN);
        for chunk in chunks {
            completion.take(&chunk.to_string()).unwrap();
        }
        completion.complete()
    };
    let chunk = |text: &str, reason: Value| json!({"choices": [{"delta": {"content": text}, "finish_reason": reason}]});
    let stop = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
    for none in [json!(null), json!(""), json!("null")] {
        assert_eq!(after(&[chunk("Score: 1", none)]), Complete::No);
    }
    assert_eq!(
        after(&[chunk("Score: 1", json!("stop"))]),
        Complete::Perhaps
    );
    assert_eq!(
        after(&[chunk("Score: 1", json!("stop")), chunk("0", json!("stop"))]),
        Complete::Perhaps
    );
    assert_eq!(
        after(&[chunk("Score: 10", json!(null)), stop.clone()]),
        Complete::Yes
    );
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    assert_eq!(
        after(&[chunk("4", json!(null)), stop, usage]),
        Complete::Yes
    );
}

#[test]
fn an_answer_that_the_provider_broke_off_is_none() {
    for reason in [
        "error",
        "abort",
        "insufficient_system_resource",
        "network_error",
        "timeout",
        "cancelled",
        "unknown",
        "MALFORMED_RESPONSE",
        "pause_turn",
    ] {
        let choice = json!({"message": {"content": "Score: 1"}, "finish_reason": reason});
        let Err(Failed::Error(error)) = of_choice(&choice) else {
            panic!("{reason}");
        };
        assert_eq!(error.kind, ErrorKind::Unavailable);
    }
}

#[test]
fn reasoning_is_paid_for_whether_it_is_counted_or_not() {
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115});
    let body = json!({"choices": [{"message": {"content": "4"}}], "usage": usage});
    assert_eq!(
        of_body(&body.to_string()).unwrap().tokens.unwrap().output,
        105
    );
}

/// The answer that the chunks of a stream make.
fn streamed(chunks: &[Value]) -> Result<ParsedResponse, Failed> {
    let mut completion = Completion::of(NonZeroU32::MIN);
    for chunk in chunks {
        completion.take(&chunk.to_string()).map_err(failed)?;
    }
    completion.read(true, Some(verdict())).map_err(failed)
}

fn chunk(delta: &Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta}]})
}

fn stop() -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
}

#[test]
fn a_stream_that_does_not_say_that_its_answer_has_ended_is_half_of_one() {
    let half = [chunk(&json!({"content": "Score: 2"}))];
    let Err(Failed::Error(error)) = streamed(&half) else {
        panic!("it may go on: 25");
    };
    assert!(error.is_unended);
    assert_eq!(error.kind, ErrorKind::Unavailable);
    // All of it at once is whole, with a reason or without.
    let whole = json!({"choices": [{"message": {"content": "Score: 2"}}]});
    assert_eq!(
        of_body(&whole.to_string()).unwrap().first.answer,
        said("Score: 2")
    );
}

#[test]
fn chunks_that_repeat_what_was_said_are_said_once() {
    let text = |text: &str| chunk(&json!({"role": "assistant", "content": text}));
    let growing = [
        text("It is fine"),
        text("It is fine.\nScore: 3"),
        text("It is fine.\nScore: 36"),
        stop(),
    ];
    assert_eq!(
        streamed(&growing).unwrap().first.answer,
        said("It is fine.\nScore: 36")
    );
    // Two readings: 36 or 336.
    let text = |text: &str| chunk(&json!({"content": text}));
    assert_eq!(
        streamed(&[text("3"), text("36"), stop()])
            .unwrap()
            .first
            .answer,
        said("")
    );
    let last = |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]});
    for two in [
        vec![text("2"), text("25"), text("\n"), stop()],
        vec![text("2"), text("25"), last("\n")],
        vec![text("7"), last("7")],
    ] {
        assert_eq!(streamed(&two).unwrap().first.answer, said(""), "{two:?}");
    }
    let honest = [text("7"), text("7"), stop()];
    assert_eq!(streamed(&honest).unwrap().first.answer, said("77"));
    // The whole so far stands beside the piece.
    let beside = |piece: &str, whole: &str| json!({"choices": [{"index": 0, "delta": {"content": piece}, "message": {"content": whole}}]});
    let both = [beside("3", "3"), beside("6", "36"), stop()];
    assert_eq!(streamed(&both).unwrap().first.answer, said("36"));
}

#[test]
fn a_function_is_known_whatever_number_it_has() {
    let arguments = r#"{"score": 3}"#;
    let (head, tail) = arguments.split_at(5);
    for index in [json!(null), json!(0), json!(1), json!(7), json!("x")] {
        let piece = |call: Value| {
            let mut call = call;
            call["index"] = index.clone();
            chunk(&json!({"tool_calls": [call]}))
        };
        let chunks = [
            chunk(&json!({"role": "assistant", "content": "I record it now: 5 of 5."})),
            piece(json!({"id": "c-1", "function": {"name": "verdict", "arguments": head}})),
            piece(json!({"function": {"arguments": tail}})),
            stop(),
        ];
        assert_eq!(
            streamed(&chunks).unwrap().first.answer,
            said(arguments),
            "{index}"
        );
    }
    let called = |id: &str, name: &str, arguments: &str| json!({"id": id, "index": 0, "function": {"name": name, "arguments": arguments}});
    let answer = |calls: Value| {
        streamed(&[chunk(&json!({"tool_calls": calls})), stop()])
            .unwrap()
            .first
            .answer
    };
    // Another function is not the one that was asked for; the same twice is one; two that differ are none.
    let other = json!([
        called("a", "think", "{}"),
        called("b", "verdict", arguments)
    ]);
    assert_eq!(answer(other), said(arguments));
    let twice = json!([
        called("a", "verdict", arguments),
        called("b", "verdict", arguments)
    ]);
    assert_eq!(answer(twice), said(arguments));
    let differing = json!([
        called("a", "verdict", arguments),
        called("b", "verdict", r#"{"score": 4}"#)
    ]);
    assert_eq!(answer(differing), said(""));
    // Who calls it with nothing and says it in words has said it.
    let empty = [
        chunk(&json!({"content": arguments, "tool_calls": [called("a", "verdict", "{}")]})),
        stop(),
    ];
    assert_eq!(streamed(&empty).unwrap().first.answer, said(arguments));
}
