//! Streams in which each text comes several times: in pieces, when it is done, with its part, its item, and at the end.

use super::*;

/// What a stream says whose last event has this output.
fn ended(events: &[Value], output: &Value) -> Result<Answer, Failed> {
    let last = json!({"type": "response.completed", "response": {"status": "completed", "output": output}});
    let mut response = Response::default();
    for event in events.iter().chain([&last]) {
        response.take(&event.to_string()).map_err(failed)?;
    }
    let read = response.read(false, Some(verdict())).map_err(failed)?;
    Ok(read.first.answer)
}

fn failed(broken: DecodeError) -> Failed {
    match broken {
        DecodeError::Unexpected(failed) => failed,
        DecodeError::Error(error) => outcome::of_error_in_success(error.as_bytes(), &[]),
    }
}

#[track_caller]
fn is_garbled(events: &[Value], output: &Value) {
    match ended(events, output) {
        Err(Failed::Error(error)) => {
            assert_eq!(error.kind, ErrorKind::Garbled, "{events:?}");
            assert!(error.is_confused, "it is asked for in one piece next");
        }
        other => panic!("{events:?}: {other:?}"),
    }
}

fn delta(text: &str) -> Value {
    json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text})
}

fn text_done(text: &str) -> Value {
    json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": text})
}

fn part_done(text: &str) -> Value {
    json!({"type": "response.content_part.done", "output_index": 0, "content_index": 0,
        "part": {"type": "output_text", "text": text, "annotations": []}})
}

fn message_of(text: &str) -> Value {
    json!({"type": "message", "id": "m1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text}]})
}

fn item_done(item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": 0, "item": item})
}

#[test]
fn a_text_that_is_the_same_each_time_is_read() {
    let text = "Score: 10";
    let all = [
        delta("Score: "),
        delta("1"),
        delta("0"),
        text_done(text),
        part_done(text),
        item_done(&message_of(text)),
    ];
    for output in [json!([message_of(text)]), json!([])] {
        for count in 0..=all.len() {
            if count > 2 || output != json!([]) {
                // Whatever is left out of it, but for a piece.
                let events: Vec<Value> = all
                    .iter()
                    .take(3)
                    .chain(&all[count.max(3)..])
                    .cloned()
                    .collect();
                assert_eq!(ended(&events, &output), Ok(said(text)), "{events:?}");
            }
        }
        // Texts that are done, without a piece.
        for events in [&all[3..4], &all[4..5], &all[5..6], &all[3..6]] {
            assert_eq!(ended(events, &output), Ok(said(text)), "{events:?}");
        }
    }
    assert_eq!(ended(&[], &json!([message_of(text)])), Ok(said(text)));
    // White space around it is no difference.
    let spaced = [delta("Score: 10\n"), text_done("Score: 10")];
    assert!(ended(&spaced, &json!([message_of("Score: 10")])).is_ok());
}

#[test]
fn a_lost_piece_makes_the_text_doubtful() {
    let (whole, other) = ("Score: 10", "Score: 1");
    let pieces = [delta("Score: "), delta("1")];
    for rest in [
        vec![text_done(whole)],
        vec![part_done(whole)],
        vec![item_done(&message_of(whole))],
        vec![text_done(other), part_done(whole)],
        vec![text_done(other), item_done(&message_of(whole))],
    ] {
        let events: Vec<Value> = pieces.iter().chain(&rest).cloned().collect();
        is_garbled(&events, &json!([]));
        is_garbled(&events, &json!([message_of(whole)]));
        is_garbled(&events, &json!([message_of(other)]));
    }
    is_garbled(&pieces, &json!([message_of(whole)]));
    is_garbled(&[text_done(other)], &json!([message_of(whole)]));
    is_garbled(
        &[item_done(&message_of(other))],
        &json!([message_of(whole)]),
    );
    // In the middle of a number, and of a word.
    is_garbled(
        &[delta("Score: 1"), delta(".5")],
        &json!([message_of("Score: 10.5")]),
    );
    is_garbled(
        &[delta("Not "), delta("good: 4")],
        &json!([message_of("Not so good: 4")]),
    );
}

#[test]
fn pieces_that_can_be_read_in_two_ways_are_what_is_done() {
    let pieces = [delta("1"), delta("10")];
    assert_eq!(ended(&pieces, &json!([])), Ok(said("")));
    let events: Vec<Value> = pieces.iter().cloned().chain([text_done("10")]).collect();
    assert_eq!(ended(&events, &json!([])), Ok(said("10")));
    assert_eq!(ended(&events, &json!([message_of("10")])), Ok(said("10")));
    is_garbled(&events, &json!([message_of("110")]));
}

#[test]
fn messages_and_parts_that_are_divided_otherwise_are_the_same() {
    let at = |item: u64, text: &str| json!({"type": "response.output_text.delta", "output_index": item, "delta": text});
    let second =
        json!({"type": "message", "id": "m2", "content": [{"type": "output_text", "text": "4"}]});
    let output = json!([{"type": "reasoning", "id": "r"}, message_of("I look at it."), second]);
    let both = Ok(said("I look at it.\n\n4"));
    assert_eq!(ended(&[at(1, "I look at it."), at(2, "4")], &output), both);
    // All under one number, or none.
    assert_eq!(ended(&[at(0, "I look at it."), at(0, "4")], &output), both);
    let twice = json!([message_of("4"), message_of("4")]);
    assert_eq!(ended(&[at(0, "4"), at(1, "4")], &twice), Ok(said("4")));
    let comment = json!([{"type": "message", "phase": "commentary", "content": [{"type": "output_text", "text": "At first 2."}]}, second]);
    assert_eq!(
        ended(&[at(0, "At first 2."), at(1, "4")], &comment),
        Ok(said("4"))
    );
}

#[test]
fn an_item_that_is_incomplete_is_no_finished_answer() {
    let mut half = message_of("Score: 1");
    half["status"] = json!("incomplete");
    let cut = Answer::Text {
        text: "Score: 1".to_owned(),
        cut_off: true,
    };
    let events = [delta("Score: 1"), item_done(&half)];
    assert_eq!(ended(&events, &json!([])), Ok(cut.clone()));
    assert_eq!(
        ended(&events, &json!([message_of("Score: 1")])),
        Ok(cut.clone())
    );
    assert_eq!(ended(&events[..1], &json!([half])), Ok(cut));
    let call = json!({"type": "function_call", "name": "verdict", "status": "incomplete", "arguments": "{\"score\": 1}"});
    let answer = ended(&[], &json!([call])).unwrap();
    assert!(matches!(answer, Answer::Text { cut_off: true, .. }));
    // One that only thinks is none.
    let thought = json!({"type": "reasoning", "status": "incomplete"});
    assert_eq!(
        ended(&[], &json!([thought, message_of("4")])),
        Ok(said("4"))
    );
}

#[test]
fn a_refusal_counts_wherever_it_comes() {
    let refused = Ok(Answer::Refused {
        message: "I cannot.".to_owned(),
    });
    let part = |part: Value| json!({"type": "response.content_part.done", "output_index": 0, "content_index": 1, "part": part});
    for event in [
        json!({"type": "response.refusal.delta", "output_index": 0, "content_index": 1, "delta": "I cannot."}),
        json!({"type": "response.refusal.done", "output_index": 0, "content_index": 1, "refusal": "I cannot."}),
        part(json!({"type": "refusal", "refusal": "I cannot."})),
        part(json!({"type": "refusal", "text": "I cannot."})),
    ] {
        let events = [delta("Score: 5"), event];
        for output in [json!([]), json!([message_of("Score: 5")])] {
            assert_eq!(ended(&events, &output), refused, "{events:?}");
        }
        assert_eq!(ended(&events[1..], &json!([])), refused, "{events:?}");
    }
    let item = json!({"type": "message", "content": [{"type": "output_text", "text": "Score: 5"}, {"type": "refusal", "refusal": "I cannot."}]});
    assert_eq!(ended(&[], &json!([item])), refused);
    assert_eq!(ended(&[item_done(&item)], &json!([])), refused);
    // An empty one is none.
    let none = part(json!({"type": "refusal", "refusal": ""}));
    assert_eq!(
        ended(&[delta("4"), none], &json!([message_of("4")])),
        Ok(said("4"))
    );
}

#[test]
fn arguments_that_differ_are_doubtful_and_their_function_is_known() {
    const GOOD: &str = r#"{"criteria":{"merit":{"rationale":"short","score":3}},"summary":"ok"}"#;
    let piece = |text: &str| json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": text});
    let call = |name: &str, arguments: &str| json!({"type": "function_call", "name": name, "arguments": arguments});
    let (head, tail) = GOOD.split_at(20);
    let pieces = [piece(head), piece(tail)];
    assert_eq!(
        ended(&pieces, &json!([call("verdict", GOOD)])),
        Ok(said(GOOD))
    );
    assert_eq!(
        ended(&pieces, &json!([call("record", GOOD)])),
        Ok(said(GOOD))
    );
    let other = GOOD.replace('3', "33");
    is_garbled(&pieces, &json!([call("verdict", &other)]));
    let done = json!({"type": "response.function_call_arguments.done", "output_index": 0, "arguments": other});
    is_garbled(&[pieces[0].clone(), pieces[1].clone(), done], &json!([]));
    // The order of members and blanks are no difference.
    let spaced = GOOD.replace(':', ": ");
    assert_eq!(
        ended(&pieces, &json!([call("verdict", &spaced)])),
        Ok(said(&spaced))
    );
    // An item tells the name that the pieces do not.
    let search = call("search", r#"{"query":"x"}"#);
    let events = [piece(r#"{"query":"x"}"#), item_done(&search)];
    assert_eq!(ended(&events, &json!([])), Ok(said("")));
}

#[test]
fn another_word_about_the_end_counts() {
    let with = |name: &str, value: Value| {
        let mut document = message(&json!([{"type": "output_text", "text": "4"}]));
        document[name] = value;
        of_whole(&document).map(|read| read.first.answer)
    };
    let cut = Ok(Answer::Text {
        text: "4".to_owned(),
        cut_off: true,
    });
    for word in ["max_tokens", "MAX_TOKENS", "length"] {
        assert_eq!(with("stop_reason", json!(word)), cut, "{word}");
        assert_eq!(with("finish_details", json!({"type": word})), cut, "{word}");
        assert_eq!(
            with("incomplete_details", json!({"reason": word})),
            cut,
            "{word}"
        );
    }
    let filtered = json!([{"blocked": true, "source_type": "completion"}]);
    assert_eq!(
        with("content_filters", filtered),
        Ok(Answer::ContentFiltered)
    );
    for word in ["stop", "end_turn", "STOP"] {
        assert_eq!(with("native_finish_reason", json!(word)), Ok(said("4")));
    }
    let passed =
        json!([{"blocked": false, "content_filter_results": {"hate": {"filtered": false}}}]);
    assert_eq!(with("content_filters", passed), Ok(said("4")));
}
