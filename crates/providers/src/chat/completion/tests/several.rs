//! Several choices in one completion.

use super::*;

const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();

fn gathered(events: &[Value]) -> Completion {
    let mut completion = Completion::of(THREE);
    for event in events {
        completion.take(&event.to_string()).unwrap();
    }
    completion
}

fn read(events: &[Value]) -> Result<ParsedResponse, Failed> {
    gathered(events).read(true, None).map_err(failed)
}

/// The texts of an answer's choices.
#[track_caller]
fn texts(events: &[Value]) -> Vec<String> {
    let read = read(events).unwrap();
    let choices = std::iter::once(read.first).chain(read.others);
    let text = |choice: crate::parsed_response::Choice| match choice.answer {
        Answer::Text { text, .. } => text,
        other => panic!("{other:?}"),
    };
    choices.map(text).collect()
}

fn piece(index: u32, text: &str) -> Value {
    json!({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": null}]})
}

fn end(index: u32, reason: &str) -> Value {
    json!({"choices": [{"index": index, "delta": {}, "finish_reason": reason}]})
}

fn usage() -> Value {
    json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 6}})
}

#[test]
fn choices_may_come_together_or_one_after_the_other() {
    let ends = [end(2, "stop"), end(0, "stop"), end(1, "stop"), usage()];
    let together = [
        piece(0, "4"),
        piece(1, "5"),
        piece(0, "2"),
        piece(2, "6"),
        piece(1, "2"),
    ];
    let together: Vec<Value> = together.into_iter().chain(ends).collect();
    assert_eq!(texts(&together), ["42", "52", "6"]);
    let in_turn = [
        piece(0, "4"),
        end(0, "stop"),
        piece(1, "5"),
        end(1, "stop"),
        piece(2, "6"),
        end(2, "stop"),
    ];
    assert_eq!(texts(&in_turn), ["4", "5", "6"]);
    let in_one = json!({"choices": [
        {"index": 1, "delta": {"content": "5"}, "finish_reason": "stop"},
        {"index": 0, "delta": {"content": "4"}, "finish_reason": "stop"},
    ]});
    assert_eq!(texts(&[in_one]), ["4", "5"]);
    // More than were asked for are none of ours.
    assert_eq!(
        texts(&[piece(0, "4"), piece(3, "7"), end(0, "stop")]),
        ["4"]
    );
    let read = read(&together).unwrap();
    assert_eq!((read.choice_count, read.tokens.unwrap().output), (3, 6));
}

#[test]
fn a_whole_completion_has_them_all_whatever_they_are_called() {
    let message = |text: &str| json!({"content": text});
    for indexes in [[Some(0), Some(1), Some(2)], [Some(0); 3], [None; 3]] {
        let choice = |(index, text): (Option<u32>, &str)| {
            let mut choice = json!({"message": message(text), "finish_reason": "stop"});
            if let Some(index) = index {
                choice["index"] = index.into();
            }
            choice
        };
        let choices: Vec<Value> = indexes
            .into_iter()
            .zip(["4", "5", "6"])
            .map(choice)
            .collect();
        let body = json!({"choices": choices});
        assert_eq!(texts(&[body]), ["4", "5", "6"], "{indexes:?}");
    }
}

#[test]
fn a_stream_is_complete_when_all_that_has_begun_has_ended() {
    let after = |events: &[Value]| gathered(events).complete();
    assert_eq!(after(&[]), Complete::No);
    assert_eq!(after(&[piece(0, "4")]), Complete::No);
    let first = [piece(0, "4"), end(0, "stop")];
    let [begun, ended] = &first;
    // Perhaps it gives one choice only, perhaps the others are to come.
    assert_eq!(after(&first), Complete::SoFar);
    assert_eq!(
        after(&[begun.clone(), ended.clone(), usage()]),
        Complete::SoFar
    );
    assert_eq!(
        after(&[begun.clone(), ended.clone(), piece(1, "5")]),
        Complete::No
    );
    // Some say with each piece that it is the last.
    let with_text =
        json!({"choices": [{"index": 0, "delta": {"content": "4"}, "finish_reason": "stop"}]});
    assert_eq!(after(&[with_text]), Complete::Perhaps);
    let all: Vec<Value> = (0..3)
        .map(|index| piece(index, "4"))
        .chain((0..3).map(|index| end(index, "stop")))
        .collect();
    assert_eq!(after(&all[..5]), Complete::No);
    assert_eq!(after(&all), Complete::Yes);
}

#[test]
fn what_is_no_reply_is_left_out_where_others_are() {
    let lost =
        json!({"choices": [{"index": 0, "delta": {}, "error": {"code": 502, "message": "gone"}}]});
    let silent = json!({"choices": [{"index": 2, "finish_reason": "stop"}]});
    let bad = [lost, piece(1, "Sc"), end(1, "error")];
    let good = [piece(2, "6"), end(2, "stop")];
    let events = [&bad[..], &good].concat();
    assert_eq!(texts(&events), ["6"]);
    assert_eq!(gathered(&events).complete(), Complete::Yes);
    assert_eq!(read(&events).unwrap().choice_count, 3);
    // Where none is, the first one's error is that of the call.
    let none = [&bad[..], std::slice::from_ref(&silent)].concat();
    let Err(Failed::Error(error)) = read(&none) else {
        panic!("it is no answer");
    };
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.in_full().contains("gone"), "{}", error.in_full());
    let Err(Failed::Error(error)) = read(&[silent]) else {
        panic!("it is no answer");
    };
    assert_eq!(error.kind, ErrorKind::Garbled);
    let Err(Failed::Error(error)) = read(&[usage()]) else {
        panic!("it is no answer");
    };
    assert_eq!(error.kind, ErrorKind::Garbled);
}

#[test]
fn what_was_cut_off_refused_or_filtered_is_a_reply() {
    let events = [
        piece(0, "{\"sc"),
        end(0, "length"),
        json!({"choices": [{"index": 1, "delta": {"refusal": "No."}, "finish_reason": "stop"}]}),
        end(2, "content_filter"),
    ];
    let read = read(&events).unwrap();
    let cut_off = Answer::Text {
        text: "{\"sc".to_owned(),
        cut_off: true,
    };
    let refused = Answer::Refused {
        message: "No.".to_owned(),
    };
    assert_eq!(read.first.answer, cut_off);
    let others: Vec<Answer> = read
        .others
        .into_iter()
        .map(|choice| choice.answer)
        .collect();
    assert_eq!(others, [refused, Answer::ContentFiltered]);
}

#[test]
fn each_choice_has_the_probabilities_of_its_own_tokens() {
    let token = |index: u32, text: &str| {
        let entry = json!({"token": text, "logprob": -0.5, "top_logprobs": []});
        json!({"choices": [{"index": index, "delta": {"content": text}, "logprobs": {"content": [entry]}}]})
    };
    let events = [
        token(0, "4"),
        token(1, "5"),
        token(0, "2"),
        end(0, "stop"),
        end(1, "stop"),
    ];
    let read = read(&events).unwrap();
    let tokens = |choice: &crate::parsed_response::Choice| -> Vec<String> {
        let tokens = choice.logprobs.iter().flatten();
        tokens.map(|token| token.text.clone()).collect()
    };
    assert_eq!(tokens(&read.first), ["4", "2"]);
    assert_eq!(tokens(&read.others[0]), ["5"]);
}

#[test]
fn choices_of_one_index_are_never_run_together() {
    let begin = |text: &str| json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": text}}]});
    let both = json!({"choices": [
        {"index": 0, "delta": {"content": "3"}}, {"index": 0, "delta": {"content": "6"}}
    ]});
    for events in [
        vec![
            piece(0, "3"),
            piece(0, "6"),
            end(0, "stop"),
            end(0, "stop"),
            usage(),
        ],
        vec![begin("3"), begin("6"), end(0, "stop")],
        vec![begin("3"), end(0, "stop"), begin("6"), end(0, "stop")],
        vec![both, end(0, "stop")],
    ] {
        let Err(Failed::Error(error)) = read(&events) else {
            panic!("{events:?}");
        };
        assert_eq!(error.kind, ErrorKind::Garbled);
        assert_eq!(error.complaint.unwrap().param, "n");
    }
    // One choice of who takes no notice of how many were asked for is one.
    let one = [begin("Score: 3"), piece(0, "6"), end(0, "stop"), usage()];
    assert_eq!(texts(&one), ["Score: 36"]);
    // Those that can be told apart are, however often they say that they have ended.
    let apart = [
        begin("3"),
        end(0, "stop"),
        end(0, "stop"),
        piece(1, "6"),
        end(1, "stop"),
    ];
    assert_eq!(texts(&apart), ["3", "6"]);
    // What has not ended is left out where others have.
    assert_eq!(
        texts(&[piece(0, "3"), piece(1, "6"), end(1, "stop")]),
        ["6"]
    );
}

#[test]
fn a_number_in_pieces_may_be_the_numbers_of_several() {
    let begin = json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]});
    let with = |pieces: &[&str]| {
        let pieces = pieces.iter().map(|text| piece(0, text));
        let events: Vec<Value> = std::iter::once(begin.clone())
            .chain(pieces)
            .chain([end(0, "stop"), usage()])
            .collect();
        events
    };
    for pieces in [
        &["7", "5"][..],
        &["7", "\n", "5"],
        &["1", "0", "0"],
        &["7", ".", "5"],
    ] {
        let Err(Failed::Error(error)) = read(&with(pieces)) else {
            panic!("{pieces:?}");
        };
        let complaint = error.complaint.unwrap();
        assert_eq!(
            (complaint.status, &*complaint.param),
            (400, "n"),
            "{pieces:?}"
        );
    }
    for pieces in [
        &["75"][..],
        &["75", "\n"],
        &["Score: ", "7", "5"],
        &["{\"score\": ", "7", "5}"],
    ] {
        assert_eq!(texts(&with(pieces)), [pieces.concat()]);
    }
}
