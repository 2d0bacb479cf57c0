//! Generated variants of real streams and documents: what is harmless is read, what is broken never makes a text that
//! nobody said.

use judging::Answer;
use serde_json::{Value, json};

use super::*;
use crate::responses::Response;

const TEXTS: [&str; 7] = [
    "Score: 10",
    "It is fine.\n\nScore: 36",
    "{\"why\": \"short, but right\", \"score\": 42}",
    "I would say [[7.5]]",
    "评分：85",
    "Verdict: B",
    "Score: 🚀 100 of 1000",
];

/// A generator of numbers (a linear congruential one): the same variants each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn happens(&mut self) -> bool {
        self.below(2) == 0
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// What is done to an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Twist {
    /// Nothing that changes it.
    Harmless,
    /// A piece is lost; only where its text comes more than once.
    LostPiece,
    /// Two pieces change places, or one comes twice; only where its text comes more than once.
    Moved,
    /// The end is missing.
    Unended,
    /// An error, somewhere.
    Error,
    /// It was cut off or filtered, in a second word.
    OtherEnd,
    /// Another answer follows.
    Second,
}

const OF_CHAT: [Twist; 5] = [
    Twist::Harmless,
    Twist::Unended,
    Twist::Error,
    Twist::OtherEnd,
    Twist::Second,
];
const OF_RESPONSES: [Twist; 6] = [
    Twist::Harmless,
    Twist::LostPiece,
    Twist::Moved,
    Twist::Unended,
    Twist::Error,
    Twist::OtherEnd,
];

fn pieces(dice: &mut Dice, text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    let mut rest = letters.as_slice();
    while !rest.is_empty() {
        let length = (1 + dice.below(6)).min(rest.len());
        let (piece, behind) = rest.split_at(length);
        pieces.push(piece.iter().collect());
        rest = behind;
    }
    pieces
}

/// What says in another field that an answer ended as it should, or otherwise.
fn second_word(dice: &mut Dice, is_harmless: bool) -> (&'static str, Value) {
    let words: &[&str] = if is_harmless {
        &["STOP", "end_turn", "stop", "eos", "stop_sequence", ""]
    } else {
        &[
            "MAX_TOKENS",
            "length",
            "max_tokens",
            "SAFETY",
            "content_filter",
            "network_error",
        ]
    };
    let word = *dice.one(words);
    match dice.below(6) {
        0 => ("native_finish_reason", json!(word)),
        1 => ("stop_reason", json!(word)),
        2 => ("finish_details", json!({"type": word})),
        3 => (
            "provider_specific_fields",
            json!({"native_finish_reason": word}),
        ),
        4 => ("incomplete_details", json!({"reason": word})),
        _ => (
            "content_filter_results",
            json!({"hate": {"filtered": !is_harmless, "severity": "low"}}),
        ),
    }
}

const ERRORS: [&str; 7] = [
    "data: {\"error\":{\"code\":500,\"message\":\"gone\"}}",
    "event: error\ndata: {\"message\":\"gone\"}",
    "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
    "{\"error\":{\"message\":\"gone\"}}",
    "error: {\"code\":500,\"message\":\"gone\"}",
    "data: {\"object\":\"error\",\"message\":\"gone\",\"code\":503}",
    "event: modelStreamErrorException\ndata: {\"message\":\"gone\"}",
];

/// A chat stream.
fn chat(dice: &mut Dice, text: &str, twist: Twist) -> Vec<String> {
    let (id, model) = (dice.happens(), dice.happens());
    let envelope = |choices: Value| {
        let mut chunk = json!({"object": "chat.completion.chunk", "choices": choices});
        if id {
            chunk["id"] = json!("chatcmpl-1");
        }
        if model {
            chunk["model"] = json!("judge-1");
        }
        format!("data: {chunk}")
    };
    let index = dice.one(&[json!(0), json!(null), json!(1)]).clone();
    let piece = |delta: Value| json!([{"index": index, "delta": delta, "finish_reason": null}]);
    let mut events = Vec::new();
    if dice.happens() {
        events.push(envelope(json!([])));
    }
    if dice.happens() {
        events.push(": keep-alive".to_owned());
    }
    let opening = json!({"role": "assistant", "content": ""});
    events.push(envelope(piece(opening)));
    if dice.happens() {
        events.push(envelope(piece(json!({"reasoning_content": "Score: 1?"}))));
    }
    for text in pieces(dice, text) {
        events.push(envelope(piece(json!({"content": text}))));
    }
    let mut end = json!({"index": index, "delta": {}, "finish_reason": "stop"});
    if twist == Twist::OtherEnd || dice.happens() {
        let (name, word) = second_word(dice, twist != Twist::OtherEnd);
        end[name] = word;
    }
    if twist != Twist::Unended {
        events.push(envelope(json!([end])));
    }
    if dice.happens() {
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}});
        events.push(format!("data: {usage}"));
    }
    if twist == Twist::Unended || dice.happens() {
        events.push("data: [DONE]".to_owned());
    }
    if twist == Twist::Second {
        let second = json!({"role": "assistant", "content": "Score: 2"});
        events.push(envelope(piece(second)));
        if dice.happens() {
            let end = json!([{"index": index, "delta": {}, "finish_reason": "stop"}]);
            events.push(envelope(end));
        }
    }
    events
}

/// A stream of the responses API.
fn responses(dice: &mut Dice, text: &str, twist: Twist) -> Vec<String> {
    let event = |value: Value| format!("event: {}\ndata: {value}", value["type"].as_str().unwrap());
    let mut pieces = pieces(dice, text);
    let at = dice.below(pieces.len());
    match twist {
        Twist::LostPiece => drop(pieces.remove(at)),
        Twist::Moved if pieces.len() > 1 && dice.happens() => pieces.swap(0, 1),
        Twist::Moved => pieces.insert(at, pieces[at].clone()),
        _ => {}
    }
    let part = json!({"type": "output_text", "text": text, "annotations": []});
    let item = json!({"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [part]});
    let begun = json!({"type": "message", "status": "in_progress", "content": []});
    let mut events = vec![
        event(
            json!({"type": "response.created", "response": {"status": "in_progress", "output": []}}),
        ),
        event(json!({"type": "response.output_item.added", "output_index": 0, "item": begun})),
    ];
    let text_event = |kind: &str, name: &str, value: &Value| {
        event(
            json!({"type": format!("response.{kind}"), "output_index": 0, "content_index": 0, name: value}),
        )
    };
    for text in pieces {
        events.push(text_event("output_text.delta", "delta", &json!(text)));
    }
    // One of them at least tells of a piece that was lost.
    let told = dice.below(8);
    if told & 1 != 0 {
        events.push(text_event("output_text.done", "text", &json!(text)));
    }
    if told & 2 != 0 {
        events.push(text_event("content_part.done", "part", &part));
    }
    if told & 4 != 0 {
        events.push(text_event("output_item.done", "item", &item));
    }
    let output = if told > 0 && dice.happens() {
        json!([])
    } else {
        json!([{"type": "reasoning", "id": "r"}, item])
    };
    let mut document = json!({"status": "completed", "model": "judge-1", "output": output});
    if twist == Twist::OtherEnd || dice.happens() {
        let (name, word) = second_word(dice, twist != Twist::OtherEnd);
        document[name] = word;
    }
    if twist != Twist::Unended {
        events.push(event(
            json!({"type": "response.completed", "response": document}),
        ));
    }
    events
}

/// The text of a whole answer; `None` where it is none.
fn whole_text(decoder: impl ResponseDecoder) -> Option<String> {
    match decoder.read(false, None).ok()?.first.answer {
        Answer::Text {
            text,
            cut_off: false,
        } if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// What a stream of these events says, whose lines end so; `None` where it is no whole answer.
async fn said(lines: &[String], end: &str, mut decoder: impl ResponseDecoder) -> Option<String> {
    let lines: String = lines
        .iter()
        .map(|event| format!("{}{end}{end}", event.replace('\n', end)))
        .collect();
    let body = stream::iter([Ok(Bytes::from(lines))]);
    let first = Instant::now() + SECOND.first_byte;
    let taken = events(body, first, SECOND, &mut decoder).await;
    taken.ok()?;
    whole_text(decoder)
}

#[tokio::test]
async fn no_variant_of_an_answer_makes_a_text_that_nobody_said() {
    let mut counts = [0_u32; 2];
    for seed in 0..600 {
        let mut dice = Dice(seed * 7919 + 1);
        let text = *dice.one(&TEXTS);
        let end = *dice.one(&["\n", "\r\n"]);
        let is_chat = seed % 2 == 0;
        let twist = *dice.one(if is_chat { &OF_CHAT[..] } else { &OF_RESPONSES });
        let mut events = if is_chat {
            chat(&mut dice, text, twist)
        } else {
            responses(&mut dice, text, twist)
        };
        if twist == Twist::Error {
            let at = dice.below(events.len() + 1);
            let error = *dice.one(&ERRORS);
            events.insert(at, error.to_owned());
        }
        let said = if is_chat {
            said(&events, end, Completion::of(NonZeroU32::MIN)).await
        } else {
            said(&events, end, Response::default()).await
        };
        let shown = || format!("{seed} {twist:?}\n{}", events.join("\n\n"));
        if twist == Twist::Harmless {
            assert_eq!(said.as_deref(), Some(text), "{}", shown());
        } else if matches!(twist, Twist::Moved | Twist::LostPiece) {
            // Two pieces that are alike may change places, and no piece at all leaves the whole text.
            assert!(said.is_none_or(|said| said == text), "{}", shown());
        } else {
            assert_eq!(said, None, "{}", shown());
        }
        counts[usize::from(twist == Twist::Harmless)] += 1;
    }
    assert!(counts.iter().all(|count| *count > 80), "{counts:?}");
}

#[test]
fn no_variant_of_a_document_makes_a_text_that_nobody_said() {
    for seed in 0..200 {
        let mut dice = Dice(seed * 104_729 + 3);
        let text = *dice.one(&TEXTS);
        let is_chat = seed % 2 == 0;
        let is_harmless = dice.happens();
        let (name, word) = second_word(&mut dice, is_harmless);
        let (inner, mut document) = if is_chat {
            let message = json!({"role": "assistant", "content": text});
            let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
            ("/choices/0", json!({"choices": [choice]}))
        } else {
            let part = json!({"type": "output_text", "text": text});
            let item = json!({"type": "message", "status": "completed", "content": [part]});
            (
                "/output/0",
                json!({"status": "completed", "output": [item]}),
            )
        };
        let holder = *dice.one(&["", inner]);
        document.pointer_mut(holder).unwrap()[name] = word;
        let said = if is_chat {
            let mut decoder = Completion::of(NonZeroU32::MIN);
            decoder.take(&document.to_string()).unwrap();
            whole_text(decoder)
        } else {
            let mut decoder = Response::default();
            decoder.take(&document.to_string()).unwrap();
            whole_text(decoder)
        };
        let expected = is_harmless.then_some(text);
        assert_eq!(said.as_deref(), expected, "{document}");
    }
}
