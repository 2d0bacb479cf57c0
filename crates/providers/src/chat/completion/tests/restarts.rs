//! Streams that hold more than one answer, and streams that only look like it.

use super::*;

/// A chunk with this content.
fn content(text: &str) -> Value {
    chunk(&json!({"content": text}))
}

/// One that says who speaks.
fn spoken(text: &str) -> Value {
    chunk(&json!({"role": "assistant", "content": text}))
}

/// One that says that it is the last.
fn last(text: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]})
}

fn with_id(id: &str, chunk: Value) -> Value {
    let mut chunk = chunk;
    chunk["id"] = json!(id);
    chunk
}

fn usage(id: Option<&str>) -> Value {
    json!({"id": id, "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}})
}

#[track_caller]
fn check_several(events: &[Value]) {
    let Err(Failed::Error(error)) = streamed(events) else {
        panic!("{events:?}: {:?}", streamed(events));
    };
    assert_eq!(error.kind, ErrorKind::Garbled, "{events:?}");
}

#[track_caller]
fn check_one(events: &[Value], text: &str) {
    let read = streamed(events).unwrap_or_else(|failed| panic!("{events:?}: {failed:?}"));
    assert_eq!(read.first.answer, said(text), "{events:?}");
}

#[test]
fn pieces_of_two_models_are_two_answers() {
    let by = |model: &str, chunk: Value| {
        let mut chunk = chunk;
        chunk["model"] = json!(model);
        chunk
    };
    check_several(&[by("m-a", content("4")), by("m-b", content("2")), stop()]);
    // One has no name, or first that of a family; what it cost may be told under another one.
    for [first, next] in [
        ["m-1", ""],
        ["", "m-1"],
        ["m-1", "m-1-2026-01-01"],
        ["vendor/M-1", "m-1"],
    ] {
        check_one(
            &[
                by(first, content("4")),
                by(next, content("2")),
                stop(),
                by("router", usage(None)),
            ],
            "42",
        );
    }
}

#[test]
fn what_comes_behind_an_end_is_another_answer() {
    check_several(&[last("7"), last("5")]);
    check_several(&[last("1"), last("0"), last("0")]);
    check_several(&[last("Good. Score: 7"), last("Bad. Score: 5")]);
    check_several(&[content("7"), stop(), content("5"), stop()]);
    check_several(&[content("7"), stop(), content("5")]);
    check_several(&[spoken("6"), stop(), spoken("3"), stop()]);
    check_several(&[content("Score: "), last("7"), content("Score: "), last("5")]);
    check_several(&[last("7"), content("5"), stop()]);
    let json = |score: u32| json!({"score": score}).to_string();
    check_several(&[last(&json(7)), last(&json(5))]);
}

#[test]
fn a_server_that_says_with_each_piece_that_it_is_the_last_gives_one_answer() {
    check_one(
        &[last("Score"), last(":"), last(" 7"), last("5")],
        "Score: 75",
    );
    check_one(&[last("{\"score\": 7"), last("5}")], "{\"score\": 75}");
    // Also with the thoughts before it, and before anything was said.
    let thought =
        json!({"choices": [{"delta": {"reasoning_content": "Hm."}, "finish_reason": "stop"}]});
    check_one(&[thought.clone(), thought, last("75")], "75");
    check_one(&[stop(), content("7"), content("5"), stop()], "75");
    check_one(&[content("75"), stop(), stop(), usage(None)], "75");
    check_one(&[content("75"), stop(), content("\n")], "75\n");
}

#[test]
fn who_begins_to_speak_anew_gives_another_answer() {
    check_several(&[spoken("7"), spoken("5"), stop()]);
    check_several(&[spoken("1"), spoken("0"), spoken("0"), stop()]);
    check_several(&[
        spoken("Score: "),
        content("7"),
        spoken("Score: "),
        content("5"),
        stop(),
    ]);
    check_several(&[spoken(""), content("7"), spoken(""), content("5"), stop()]);
    check_several(&[spoken(""), content("7"), content("."), spoken("5"), stop()]);
}

#[test]
fn who_says_with_each_piece_who_speaks_gives_one_answer() {
    check_one(&[spoken("7"), content("5"), stop()], "75");
    check_one(
        &[spoken(""), content("7"), content("5"), spoken(""), stop()],
        "75",
    );
    check_one(
        &[
            spoken("Score"),
            spoken(": "),
            spoken("7"),
            spoken("5"),
            stop(),
        ],
        "Score: 75",
    );
    check_one(&[spoken("Score:"), spoken(" 75"), stop()], "Score: 75");
    check_one(
        &[spoken("{\"score\": 7"), spoken("5}"), stop()],
        "{\"score\": 75}",
    );
    check_one(&[spoken("7"), spoken(""), stop()], "7");
    check_one(
        &[spoken("评"), spoken("分"), spoken("7"), spoken("5"), stop()],
        "评分75",
    );
    // Each piece repeats all that came before.
    check_one(
        &[spoken("It is good: 7"), spoken("It is good: 75"), stop()],
        "It is good: 75",
    );
}

#[test]
fn chunks_of_two_completions_are_two_answers() {
    let both = |first: &[&str], second: &[&str]| -> Vec<Value> {
        let of = |id: &str, texts: &[&str]| -> Vec<Value> {
            texts
                .iter()
                .map(|text| with_id(id, content(text)))
                .collect()
        };
        let last = with_id("b", stop());
        [
            of("a", first),
            of("b", second),
            vec![last, usage(Some("b"))],
        ]
        .concat()
    };
    check_several(&both(&["7"], &["5"]));
    check_several(&both(&["Score: ", "7"], &["Score: ", "5"]));
    let opened = [with_id("a", spoken("")), with_id("a", content("7"))];
    check_several(
        &[
            &opened[..],
            &[with_id("b", content("5")), with_id("c", stop())],
        ]
        .concat(),
    );
    // Mixed, piece by piece.
    let mixed = ["a", "b", "a", "b"].map(|id| with_id(id, content("7")));
    check_several(&[&mixed[..], &[stop()]].concat());
}

#[test]
fn ids_that_change_with_each_chunk_or_stand_apart_are_no_second_answer() {
    let each: Vec<Value> = ["Score", ":", " 7", "5"]
        .iter()
        .enumerate()
        .map(|(number, text)| with_id(&format!("c-{number}"), content(text)))
        .chain([with_id("c-9", stop())])
        .collect();
    check_one(&each, "Score: 75");
    let text = || ["7", "5"].map(|text| with_id("a", content(text))).to_vec();
    check_one(&[text(), vec![stop(), usage(None)]].concat(), "75");
    check_one(
        &[text(), vec![with_id("b", stop()), usage(Some("c"))]].concat(),
        "75",
    );
    check_one(
        &[vec![with_id("o", spoken(""))], text(), vec![stop()]].concat(),
        "75",
    );
    check_one(
        &[
            with_id("", content("7")),
            with_id("a", content("5")),
            stop(),
        ],
        "75",
    );
}

#[test]
fn whole_answers_of_one_number_that_differ_are_several() {
    let message =
        |text: &str| json!({"index": 0, "message": {"content": text}, "finish_reason": "stop"});
    check_several(&[json!({"choices": [message("6"), message("3")]})]);
    // The same twice is one.
    check_one(&[json!({"choices": [message("6"), message("6")]})], "6");
}
