//! A second word about the end, beside the finish reason.

use super::*;

/// What a whole choice and a stream say whose finish reason stands beside these fields; they have to agree.
#[track_caller]
fn ended(reason: &str, fields: &Value) -> Result<Answer, ErrorKind> {
    let read = |answer: Result<ParsedResponse, Failed>| match answer {
        Ok(read) => Ok(read.first.answer),
        Err(Failed::Error(error)) => Err(error.kind),
        Err(Failed::Answer(answer, _)) => Ok(answer),
    };
    let with = |mut choice: Value| {
        for (name, value) in fields.as_object().unwrap() {
            choice[name] = value.clone();
        }
        choice
    };
    let whole =
        with(json!({"index": 0, "message": {"content": "Score: 1"}, "finish_reason": reason}));
    let answer = read(of_choice(&whole));
    let last = with(json!({"index": 0, "delta": {}, "finish_reason": reason}));
    let chunks = [
        chunk(&json!({"content": "Score: 1"})),
        json!({"choices": [last]}),
    ];
    assert_eq!(read(streamed(&chunks)), answer, "{fields}");
    // At the top of the document, and of a chunk of its own.
    let mut outer = with(json!({}));
    let plain = json!({"index": 0, "message": {"content": "Score: 1"}, "finish_reason": reason});
    outer["choices"] = json!([plain]);
    assert_eq!(read(of_body(&outer.to_string())), answer, "{fields}");
    outer["choices"] = json!([]);
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
    let chunks = [chunk(&json!({"content": "Score: 1"})), end, outer];
    assert_eq!(read(streamed(&chunks)), answer, "{fields}");
    answer
}

/// The places where one word may stand.
fn places(word: &str) -> Vec<Value> {
    vec![
        json!({"native_finish_reason": word}),
        json!({"stop_reason": word}),
        json!({"finish_details": {"type": word}}),
        json!({"finish_details": word}),
        json!({"incomplete_details": {"reason": word}}),
        json!({"provider_specific_fields": {"native_finish_reason": word}}),
        json!({"provider_specific_fields": {"stop_reason": word, "citations": null}}),
    ]
}

#[test]
fn an_answer_that_was_cut_off_is_so_in_whatever_field() {
    for word in [
        "MAX_TOKENS",
        "length",
        "max_tokens",
        "max_output_tokens",
        "model_context_window_exceeded",
    ] {
        for fields in places(word) {
            let cut = Answer::Text {
                text: "Score: 1".to_owned(),
                cut_off: true,
            };
            assert_eq!(ended("stop", &fields), Ok(cut), "{fields}");
        }
    }
}

#[test]
fn an_answer_that_was_filtered_is_so_in_whatever_field() {
    for word in [
        "SAFETY",
        "content_filter",
        "RECITATION",
        "PROHIBITED_CONTENT",
    ] {
        for fields in places(word) {
            assert_eq!(
                ended("stop", &fields),
                Ok(Answer::ContentFiltered),
                "{fields}"
            );
        }
    }
    for fields in [
        json!({"content_filter_results": {"hate": {"filtered": false, "severity": "safe"}, "violence": {"filtered": true, "severity": "high"}}}),
        json!({"content_filter_results": {"custom_blocklists": {"filtered": true, "details": [{"id": "b", "filtered": true}]}}}),
        json!({"provider_specific_fields": {"content_filter_results": {"hate": {"filtered": true}}}}),
        json!({"content_filter_result": {"hate": {"filtered": true}}}),
    ] {
        assert_eq!(
            ended("stop", &fields),
            Ok(Answer::ContentFiltered),
            "{fields}"
        );
    }
    for fields in places("refusal") {
        let refused = Answer::Refused {
            message: "Score: 1".to_owned(),
        };
        assert_eq!(ended("stop", &fields), Ok(refused), "{fields}");
    }
}

#[test]
fn a_word_that_nobody_knows_breaks_the_answer_off_in_whatever_field() {
    for word in [
        "error",
        "network_error",
        "OTHER",
        "MALFORMED_FUNCTION_CALL",
        "cancelled",
    ] {
        for fields in places(word) {
            assert_eq!(
                ended("stop", &fields),
                Err(ErrorKind::Unavailable),
                "{fields}"
            );
        }
    }
}

#[test]
fn words_that_agree_with_a_stop_change_nothing() {
    for word in [
        "STOP",
        "stop",
        "end_turn",
        "eos",
        "stop_sequence",
        "completed",
        "FINISH_REASON_STOP",
        "",
        "null",
    ] {
        for fields in places(word) {
            assert_eq!(ended("stop", &fields), Ok(said("Score: 1")), "{fields}");
        }
    }
    for fields in [
        json!({"stop_reason": 151645}),
        json!({"stop_reason": null, "native_finish_reason": null, "finish_details": null, "incomplete_details": null}),
        // Texts and tokens at which the model was to stop.
        json!({"stop_reason": "</answer>"}),
        json!({"stop_reason": "<|im_end|>"}),
        json!({"stop_reason": "\n\n"}),
        json!({"finish_details": {"type": "stop", "stop": "<|fim_suffix|>"}}),
        json!({"incomplete_details": {}}),
        json!({"provider_specific_fields": {}}),
        json!({"provider_specific_fields": {"citations": ["length"], "thinking_blocks": [{"type": "thinking"}]}}),
        json!({"content_filter_results": {}}),
        json!({"content_filter_results": {"hate": {"filtered": false, "severity": "safe"}, "protected_material_text": {"filtered": false, "detected": true}}}),
        json!({"content_filter_results": null}),
    ] {
        assert_eq!(ended("stop", &fields), Ok(said("Score: 1")), "{fields}");
    }
}

#[test]
fn a_stop_takes_back_no_reason_that_says_more() {
    let cut = Answer::Text {
        text: "Score: 1".to_owned(),
        cut_off: true,
    };
    for fields in places("STOP") {
        assert_eq!(ended("length", &fields), Ok(cut.clone()), "{fields}");
        assert_eq!(
            ended("content_filter", &fields),
            Ok(Answer::ContentFiltered),
            "{fields}"
        );
    }
}

#[test]
fn a_word_within_the_message_counts() {
    for fields in [
        json!({"stop_reason": "max_tokens"}),
        json!({"provider_specific_fields": {"stop_reason": "max_tokens"}}),
    ] {
        let mut message = json!({"content": "Score: 1"});
        for (name, value) in fields.as_object().unwrap() {
            message[name] = value.clone();
        }
        let answer = answer(&message, "stop");
        assert!(
            matches!(answer, Answer::Text { cut_off: true, .. }),
            "{fields}"
        );
    }
}
