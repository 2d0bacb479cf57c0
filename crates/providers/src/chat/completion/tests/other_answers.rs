//! Another answer beside the one that is read: under another number, in another field, from somebody else.

use super::*;

#[track_caller]
fn check_garbled(answer: Result<ParsedResponse, Failed>) {
    let Err(Failed::Error(error)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(error.kind, ErrorKind::Garbled);
}

fn piece(index: u32, text: &str, reason: &Value) -> Value {
    json!({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": reason}]})
}

fn whole(choices: &[(u32, &str)]) -> Result<ParsedResponse, Failed> {
    let choice = |(index, text): &(u32, &str)| json!({"index": index, "message": {"content": text}, "finish_reason": "stop"});
    let choices: Vec<Value> = choices.iter().map(choice).collect();
    of_body(&json!({"choices": choices}).to_string())
}

#[test]
fn choices_that_differ_where_one_was_asked_for_are_none() {
    let end = json!("stop");
    check_garbled(whole(&[(0, "4"), (1, "2")]));
    check_garbled(whole(&[(1, "4"), (0, "2")]));
    check_garbled(whole(&[(0, "Score: 4"), (7, "Score: 4.5")]));
    check_garbled(streamed(&[piece(0, "4", &end), piece(1, "2", &end)]));
    check_garbled(streamed(&[piece(1, "4", &end), piece(0, "2", &end)]));
    check_garbled(streamed(&[
        piece(0, "Score: ", &json!(null)),
        piece(1, "Score: 2", &end),
        piece(0, "4", &end),
    ]));
    // The same once more, or nothing, is no other answer.
    assert_eq!(
        whole(&[(0, "4"), (1, "4")]).unwrap().first.answer,
        said("4")
    );
    assert_eq!(whole(&[(0, "4"), (1, "")]).unwrap().first.answer, said("4"));
    let once_more = [
        piece(0, "Score: ", &json!(null)),
        piece(1, "Score: 4", &end),
        piece(0, "4", &end),
    ];
    assert_eq!(streamed(&once_more).unwrap().first.answer, said("Score: 4"));
}

#[test]
fn a_text_in_another_field_that_differs_is_another_answer() {
    for choice in [
        json!({"message": {"content": "4"}, "text": "2"}),
        json!({"message": {"content": "4"}, "delta": {"content": "2"}}),
        json!({"message": {"content": "Score: 4"}, "text": "Score: 45"}),
        json!({"message": {"content": "Score: 4"}, "delta": {"content": "4"}}),
    ] {
        let mut choice = choice;
        choice["finish_reason"] = json!("stop");
        check_garbled(of_choice(&choice));
    }
    for choice in [
        json!({"message": {"content": "4"}, "text": "4\n"}),
        json!({"message": {"content": "4"}, "text": ""}),
        json!({"message": {"content": "4"}, "text": null}),
        json!({"message": {"content": ""}, "delta": {"content": "4"}}),
        json!({"message": {"content": "4"}, "delta": {"content": "4"}}),
    ] {
        let mut choice = choice;
        choice["finish_reason"] = json!("stop");
        assert_eq!(
            of_choice(&choice).unwrap().first.answer,
            said("4"),
            "{choice}"
        );
    }
    let beside = |text: &str, field: &str, so_far: &str| {
        let held = if field == "message" {
            json!({"content": so_far})
        } else {
            json!(so_far)
        };
        json!({"choices": [{"index": 0, "delta": {"content": text}, field: held}]})
    };
    for field in ["message", "text"] {
        // The piece, all before it, all with it, or all of it from the beginning.
        for texts in [
            ["Score: ", "4"],
            ["", "Score: "],
            ["Score: ", "Score: 4"],
            ["Score: 4", "Score: 4"],
        ] {
            let [first, second] = texts;
            let pieces = [
                beside("Score: ", field, first),
                beside("4", field, second),
                stop(),
            ];
            assert_eq!(
                streamed(&pieces).unwrap().first.answer,
                said("Score: 4"),
                "{field}: {texts:?}"
            );
        }
        for texts in [["Score: ", "2"], ["Score: 2", "4"], ["Score: ", "Score: 2"]] {
            let [first, second] = texts;
            let pieces = [
                beside("Score: ", field, first),
                beside("4", field, second),
                stop(),
            ];
            check_garbled(streamed(&pieces));
        }
    }
}

#[test]
fn what_somebody_else_says_is_no_answer() {
    for role in ["user", "system", "tool", "User", "developer"] {
        assert_eq!(
            answer(&json!({"role": role, "content": "Score: 4"}), "stop"),
            said(""),
            "{role}"
        );
        let asked = chunk(&json!({"role": role, "content": "Score: "}));
        let rest = chunk(&json!({"content": "4"}));
        let read = streamed(&[asked.clone(), rest, stop()]).unwrap();
        assert_eq!(read.first.answer, said(""), "{role}");
        // The question, and then the answer.
        let own = chunk(&json!({"role": "assistant", "content": "Score: 2"}));
        let read = streamed(&[asked, own, stop()]).unwrap();
        assert_eq!(read.first.answer, said("Score: 2"), "{role}");
    }
    for role in [
        json!("assistant"),
        json!("model"),
        json!(""),
        json!(null),
        json!(7),
    ] {
        assert_eq!(
            answer(&json!({"role": role, "content": "4"}), "stop"),
            said("4"),
            "{role}"
        );
    }
}

#[test]
fn what_is_said_before_a_function_is_called_is_no_answer() {
    for reason in ["tool_calls", "tool_use", "function_call", "TOOL_CALLS"] {
        for text in ["4", "Score: 4", "I look it up first. Score: 4"] {
            assert_eq!(
                answer(&json!({"content": text}), reason),
                said(""),
                "{reason}: {text}"
            );
            let pieces = [
                chunk(&json!({"content": text})),
                json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}),
            ];
            assert_eq!(
                streamed(&pieces).unwrap().first.answer,
                said(""),
                "{reason}: {text}"
            );
        }
        // Some make a text of the call.
        for text in [r#"{"score": 4}"#, "```json\n{\"score\": 4}\n```"] {
            assert_eq!(
                answer(&json!({"content": text}), reason),
                said(text),
                "{reason}: {text}"
            );
        }
    }
}
