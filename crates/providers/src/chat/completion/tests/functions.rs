//! Functions under another name than the one that was asked for.

use super::*;

const MERIT: &str =
    r#"{"criteria":{"merit":{"rationale":"short","score":3}},"summary":"A usable answer."}"#;

fn called(name: &str, arguments: &str) -> Value {
    json!({"id": format!("c-{name}"), "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// What a whole message and a stream with these calls and words say; they have to say the same.
#[track_caller]
fn says(content: &str, calls: &[Value]) -> Answer {
    let whole = answer(
        &json!({"content": content, "tool_calls": calls}),
        "tool_calls",
    );
    let mut chunks = vec![chunk(&json!({"role": "assistant", "content": content}))];
    for (index, call) in calls.iter().enumerate() {
        let mut head = call.clone();
        head["index"] = json!(index);
        let arguments = call["function"]["arguments"].as_str().unwrap();
        let (first, rest) = arguments.split_at(arguments.len() / 2);
        head["function"]["arguments"] = json!(first);
        chunks.push(chunk(&json!({"tool_calls": [head]})));
        let tail = json!({"index": index, "function": {"arguments": rest}});
        chunks.push(chunk(&json!({"tool_calls": [tail]})));
    }
    chunks.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}));
    assert_eq!(streamed(&chunks).unwrap().first.answer, whole);
    whole
}

#[test]
fn the_only_call_is_read_whatever_its_name_where_its_arguments_fit() {
    for name in [
        "assessment",
        "Verdict",
        "functions.verdict",
        "verdict_tool",
        "json",
        "default_api:verdict",
    ] {
        for content in ["", "I record it now: 5 of 5."] {
            assert_eq!(says(content, &[called(name, MERIT)]), said(MERIT), "{name}");
        }
    }
    let function =
        json!({"content": null, "function_call": {"name": "record", "arguments": MERIT}});
    assert_eq!(answer(&function, "function_call"), said(MERIT));
}

#[test]
fn a_call_that_does_not_fit_is_no_answer() {
    for arguments in [
        r#"{"query":"how fast"}"#,
        r#"{"score":3}"#,
        r#"{"criteria":{"merit":{"rationale":"short","score":3}}}"#,
        r#"{"criteria":{"style":{"rationale":"short","score":3}},"summary":""}"#,
        r#"{"criteria":{"merit":3},"summary":""}"#,
        r#"[{"criteria":{}}]"#,
        r#""3""#,
        "{}",
        "3",
    ] {
        let call = called("assessment", arguments);
        assert_eq!(says("", &[call]), said(""), "{arguments}");
    }
    let cut = MERIT.trim_end_matches('}');
    assert_eq!(says("", &[called("assessment", cut)]), said(""));
}

#[test]
fn of_two_calls_under_other_names_none_is_read() {
    let other = MERIT.replace('3', "5");
    for calls in [
        [called("assessment", MERIT), called("record", &other)],
        [called("assessment", MERIT), called("record", MERIT)],
        [
            called("search", r#"{"query":"x"}"#),
            called("record", MERIT),
        ],
        [called("assessment", MERIT), called("think", "{}")],
    ] {
        assert_eq!(says("", &calls), said(""), "{calls:?}");
    }
    // The one that was asked for counts beside others, as ever.
    let own = [called("record", &other), called("verdict", MERIT)];
    assert_eq!(says("", &own), said(MERIT));
}

#[test]
fn an_object_in_words_beside_another_function_has_to_be_the_same() {
    assert_eq!(says(MERIT, &[called("record", MERIT)]), said(MERIT));
    let other = MERIT.replace('3', "5");
    assert_eq!(says(&other, &[called("record", MERIT)]), said(""));
    // What another function is called with that does not fit takes nothing away from an object in words.
    assert_eq!(says(MERIT, &[called("search", r#"{"q":1}"#)]), said(MERIT));
}
