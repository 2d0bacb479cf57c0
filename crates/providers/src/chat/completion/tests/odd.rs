//! Streams that are odd: errors in between, numbers and fields that nobody expects.

use super::*;

#[test]
fn the_only_choice_is_the_answer_whatever_its_number() {
    let piece = |index: u32, text: &str, reason: Value| json!({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": reason}]});
    let only = [piece(1, "4", json!(null)), piece(1, "2", json!("stop"))];
    let read = streamed(&only).unwrap();
    assert_eq!((read.first.answer, read.choice_count), (said("42"), 1));
    let beside = [piece(1, "7", json!("stop")), piece(0, "7", json!("stop"))];
    let read = streamed(&beside).unwrap();
    assert_eq!((read.first.answer, read.choice_count), (said("7"), 1));
    assert!(read.others.is_empty());
}

#[test]
fn an_exception_between_text_and_end_breaks_the_answer() {
    let text = || chunk(&json!({"content": "Score: 1"}));
    for error in [
        json!({"modelStreamErrorException": {"message": "gone"}}),
        json!({"internalServerException": {"message": "gone"}}),
        json!({"error": {"message": "gone"}}),
        json!({"choices": [], "error": {"message": "gone"}}),
    ] {
        let Err(Failed::Error(failed)) = streamed(&[text(), error.clone(), stop()]) else {
            panic!("{error}");
        };
        assert_eq!(failed.kind, ErrorKind::Unavailable, "{error}");
    }
    for none in [json!({"error": null}), json!({"ping": "x"})] {
        let read = streamed(&[text(), none, stop()]).unwrap();
        assert_eq!(read.first.answer, said("Score: 1"));
    }
}

#[test]
fn an_answer_that_says_by_a_number_that_it_is_none_is_an_error() {
    let with = |number: Value, words: &str, choices: Value| {
        let base = json!({"status_code": number, "status_msg": words});
        of_body(&json!({"choices": choices, "base_resp": base}).to_string())
    };
    let text = json!([{"index": 0, "message": {"content": "4"}, "finish_reason": "stop"}]);
    for choices in [json!(null), json!([]), text.clone()] {
        let kind = |number: u32, words: &str| match with(json!(number), words, choices.clone()) {
            Err(Failed::Error(error)) => error.kind.as_str(),
            Err(Failed::Answer(Answer::ContextTooLong, _)) => "context_too_long",
            Err(Failed::Answer(Answer::ContentFiltered, _)) => "content_filtered",
            other => panic!("{other:?}"),
        };
        assert_eq!(
            kind(2013, "invalid params, context window exceeds limit (2013)"),
            "context_too_long"
        );
        assert_eq!(kind(2013, "invalid params, unknown role"), "rejected");
        assert_eq!(kind(1002, "rate limit exceeded(RPM)"), "rate_limited");
        assert_eq!(kind(1039, "token limit exceeded"), "rate_limited");
        assert_eq!(kind(1004, "login fail"), "unauthorized");
        assert_eq!(kind(1008, "insufficient balance"), "unauthorized");
        assert_eq!(kind(1027, "output new_sensitive"), "content_filtered");
        assert_eq!(kind(1013, "internal service error"), "unavailable");
    }
    for number in [json!(0), json!("0"), json!(null)] {
        assert_eq!(
            with(number, "success", text.clone()).unwrap().first.answer,
            said("4")
        );
    }
}

#[test]
fn an_error_without_an_envelope_is_one() {
    for (error, kind) in [
        (
            json!({"code": 429, "message": "slow down"}),
            ErrorKind::RateLimited,
        ),
        (
            json!([{"error": {"code": 429, "message": "slow down"}}]),
            ErrorKind::RateLimited,
        ),
        (
            json!({"object": "error", "message": "gone", "code": 500}),
            ErrorKind::Unavailable,
        ),
        (json!({"detail": "gone"}), ErrorKind::Unavailable),
        (
            json!({"errors": [{"code": 429, "message": "slow down"}]}),
            ErrorKind::RateLimited,
        ),
        (
            json!({"status": "RESOURCE_EXHAUSTED", "message": "none left"}),
            ErrorKind::RateLimited,
        ),
    ] {
        let Err(Failed::Error(failed)) = streamed(std::slice::from_ref(&error)) else {
            panic!("{error}");
        };
        assert_eq!(failed.kind, kind, "{error}");
    }
}

#[test]
fn a_thought_until_the_limit_is_an_answer_that_was_cut_off() {
    let chunk = json!({"choices": [{"index": 0, "finish_reason": "length"}], "usage": {"prompt_tokens": 40, "total_tokens": 90}});
    let read = streamed(&[chunk]).unwrap();
    let expected = Answer::Text {
        text: String::new(),
        cut_off: true,
    };
    assert_eq!(read.first.answer, expected);
    assert_eq!(read.tokens.unwrap().output, 50);
}

#[test]
fn a_field_that_cannot_be_read_spoils_nothing() {
    let odd = json!({"model": "", "created": 1.5, "choices": [], "usage": "none"});
    let first = json!({"model": null, "choices": [{"index": null, "delta": {"content": "3"}, "finish_reason": 0}], "usage": [1]});
    let last = json!({"model": "m-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": "many"}});
    let read = streamed(&[odd, first, last]).unwrap();
    assert_eq!(
        (read.first.answer, read.model.as_deref()),
        (said("3"), Some("m-1"))
    );
    assert_eq!(read.tokens, None);
}

#[test]
fn half_a_character_finds_its_other_half_or_is_replaced() {
    let mut completion = Completion::of(NonZeroU32::MIN);
    for chunk in [
        r#"{"choices":[{"delta":{"content":"a\u0000 \ud83d"}}]}"#,
        r#"{"choices":[{"delta":{"content":"\ude80 \ude80"},"finish_reason":"stop"}]}"#,
    ] {
        completion.take(chunk).unwrap();
    }
    let read = completion.read(false, None).unwrap();
    assert_eq!(read.first.answer, said("a\u{fffd} 🚀 \u{fffd}"));
}

#[test]
fn a_later_stop_takes_no_other_end_back() {
    let text = chunk(&json!({"content": "Score: 1"}));
    for (reason, cut_off) in [("length", true), ("max_tokens", true), ("error", false)] {
        let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
        let answer = streamed(&[text.clone(), end, stop()]);
        match answer {
            Ok(read) => assert!(
                cut_off && matches!(read.first.answer, Answer::Text { cut_off: true, .. }),
                "{reason}"
            ),
            Err(_) => assert!(!cut_off, "{reason}"),
        }
    }
}
