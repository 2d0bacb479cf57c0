//! What may be posted, and what is said about the rest.

use domain::json::Json;
use domain::rubric::{RubricChoice, Scale};
use domain::submission::{self, Prose};

/// The pointers and messages of everything that is wrong.
fn errors(text: &str) -> Vec<(String, String)> {
    let json = Json::parse(text.as_bytes()).unwrap();
    submission::parse(&json)
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|error| (error.pointer, error.message))
        .collect()
}

#[track_caller]
pub(crate) fn check(text: &str, expected: &[(&str, &str)]) {
    let found = errors(text);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((pointer, message), (at, words)) in found.iter().zip(expected) {
        assert_eq!(pointer, at, "{message}");
        assert!(message.contains(words), "{pointer}: {message}");
    }
}

#[test]
fn something_must_be_judged() {
    check("{}", &[("", "nothing to judge")]);
    check("[]", &[("", "expected an object, found an array")]);
    check(r#"{"input":"x"}"#, &[("", "nothing to judge")]);
    check(r#"{"output":""}"#, &[]);
    check(r#"{"change":{"patch":"p"}}"#, &[]);
    check(
        r#"{"trajectory":[{"role":"user","whatever":{"deep":[1]}}]}"#,
        &[],
    );
}

#[test]
fn every_error_has_its_place() {
    check(
        r#"{"output":"x","outptu":1}"#,
        &[("/outptu", "unknown field; known here: input, output")],
    );
    check(
        r#"{"output":7}"#,
        &[("/output", "expected a string, found a number")],
    );
    check(
        r#"{"output":"x","input":3}"#,
        &[("/input", "expected a string or chat messages")],
    );
    check(
        r#"{"trajectory":[]}"#,
        &[("/trajectory", "at least one message")],
    );
    check(
        r#"{"trajectory":[{"content":"x"},"y"]}"#,
        &[
            ("/trajectory/0/role", "is required"),
            ("/trajectory/1", "expected a chat message"),
        ],
    );
    check(
        r#"{"change":{"base":"b","bse":""}}"#,
        &[
            ("/change/patch", "is required"),
            ("/change/bse", "unknown field"),
        ],
    );
    check(
        r#"{"output":"x","temperature":3}"#,
        &[("/temperature", "between 0 and 2")],
    );
    check(
        r#"{"output":"x","deadline_seconds":0}"#,
        &[("/deadline_seconds", "between 1 and")],
    );
    check(
        r#"{"output":"x","deadline_seconds":1.5}"#,
        &[("/deadline_seconds", "whole number")],
    );
    check(
        r#"{"output":"x","priority":"high"}"#,
        &[("/priority", "`interactive` or `batch`")],
    );
    check(
        r#"{"output":"x","metadata":{"a":1,"b/c":"\u0000"}}"#,
        &[
            ("/metadata/a", "expected a string"),
            ("/metadata/b~1c", "U+0000"),
        ],
    );
    check(
        r#"{"output":"x","rubric":"a b"}"#,
        &[("/rubric", "1 to 64 letters")],
    );
    check(
        r#"{"output":"x","rubric":"a@0"}"#,
        &[("/rubric", "whole number from 1")],
    );
    check(
        r#"{"output":"x","strategy":"vote"}"#,
        &[("/strategy", "`direct`, `cot`, `debate` or `cascade`")],
    );
    check(
        r#"{"output":"x","strategy":{"kind":"direct","rounds":2}}"#,
        &[("/strategy/rounds", "unknown field")],
    );
}

#[test]
fn a_webhook_is_an_object_with_a_url() {
    let with = |webhook: &str| format!(r#"{{"output":"x","webhook":{webhook}}}"#);
    let payload = with(r#"{"url":"https://example.com/hook"}"#);
    let json = Json::parse(payload.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let url = submission.webhook_url.as_deref();
    assert_eq!(url, Some("https://example.com/hook"));
    check(
        &with(r#""https://example.com""#),
        &[("/webhook", "expected an object")],
    );
    check(&with("{}"), &[("/webhook/url", "is required")]);
    check(
        &with(r#"{"url":7}"#),
        &[("/webhook/url", "expected a string")],
    );
    check(
        &with(r#"{"url":"https://example.com","secret":"x"}"#),
        &[("/webhook/secret", "unknown field")],
    );
    let long = format!(r#"{{"url":"https://example.com/{}"}}"#, "a".repeat(2048));
    check(&with(&long), &[("/webhook/url", "at most 2048 bytes")]);
}

#[test]
fn rubrics_are_read_as_strictly() {
    let with = |rubric: &str| format!(r#"{{"output":"x","rubric":{rubric}}}"#);
    check(&with("{}"), &[("/rubric/criteria", "is required")]);
    check(
        &with(r#"{"criteria":[]}"#),
        &[("/rubric/criteria", "1 to 50 criteria")],
    );
    check(
        &with(r#"{"criteria":[{"name":"a"},{"name":"a"}]}"#),
        &[("/rubric/criteria/1/name", "named twice")],
    );
    check(
        &with(r#"{"criteria":[{"name":"a","weight":0}]}"#),
        &[("/rubric/criteria/0/weight", "more than 0")],
    );
    check(
        &with(r#"{"criteria":[{"name":"a","scale":{"type":"stars"}}]}"#),
        &[("/rubric/criteria/0/scale/type", "`numeric`")],
    );
    check(
        &with(r#"{"criteria":[{"name":"a","scale":{"type":"numeric","min":5,"max":1}}]}"#),
        &[("/rubric/criteria/0/scale/max", "more than `min`")],
    );
    check(
        &with(
            r#"{"criteria":[{"name":"a","scale":{"type":"numeric","min":1,"max":5,"anchors":{"6":"x","one":"y"}}}]}"#,
        ),
        &[
            ("/rubric/criteria/0/scale/anchors/6", "off the scale"),
            ("/rubric/criteria/0/scale/anchors/one", "must be a number"),
        ],
    );
    check(
        &with(r#"{"criteria":[{"name":"a","scale":{"type":"categories","values":{"only":2}}}]}"#),
        &[
            ("/rubric/criteria/0/scale/values/only", "between 0 and 1"),
            ("/rubric/criteria/0/scale/values", "at least two"),
        ],
    );
    check(
        &with(r#"{"criteria":[{"name":"a"}],"prompt":{}}"#),
        &[("/rubric/prompt/user", "is required")],
    );
}

#[test]
fn a_whole_submission_is_read() {
    let text = r#"{"input":[{"role":"user","content":"do"}],"output":"done\u0000","reference":"r","context":null,
        "rubric":{"name":"mine","criteria":[{"name":"a","scale":{"type":"boolean"}},{"name":"b"}]},"model":"m",
        "temperature":0.5,"priority":"batch","deadline_seconds":60,"metadata":{"k":"v"},"run":"again","samples":1,"strategy":{"kind":"direct"}}"#;
    let json = Json::parse(text.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    assert!(matches!(&submission.input, Some(Prose::Messages(messages)) if messages.0.len() == 1));
    assert_eq!(submission.candidate.output.as_deref(), Some("done\0"));
    assert_eq!(submission.context, None);
    assert_eq!(submission.priority, domain::Priority::Batch);
    let Some(RubricChoice::Inline(rubric)) = submission.rubric else {
        panic!("an inline rubric")
    };
    assert_eq!(RubricChoice::inline_label(&rubric), "mine@inline");
    assert_eq!(rubric.criteria[0].scale, Scale::Boolean);
    assert_eq!(rubric.criteria[1].scale, Scale::one_to_five());
}

#[test]
fn a_flood_of_errors_is_cut_off() {
    let fields: Vec<String> = (0..1000).map(|number| format!("\"x{number}\":0")).collect();
    let found = errors(&format!("{{\"output\":\"x\",{}}}", fields.join(",")));
    assert_eq!(found.len(), domain::fields::Errors::MAX_ERRORS);
}

#[test]
fn names_are_one_line() {
    let words = "line breaks or control characters";
    check(r#"{"output":"x","model":"gpt\n4"}"#, &[("/model", words)]);
    check(
        r#"{"output":"x","rubric":{"model":"a\u2028b","criteria":[{"name":"a"}]}}"#,
        &[("/rubric/model", words)],
    );
    check(
        r#"{"output":"x","strategy":{"kind":"debate","models":["a","b\tc"],"moderator":"d\u007f"}}"#,
        &[
            ("/strategy/models/1", words),
            ("/strategy/moderator", words),
        ],
    );
    check(
        r#"{"output":"x","strategy":{"kind":"debate","debaters":[{"model":"a\r"},{"model":"b"}]}}"#,
        &[("/strategy/debaters/0/model", words)],
    );
    check(
        r#"{"output":"x","metadata":{"a\u001bb":"1"}}"#,
        &[("/metadata/a\u{1b}b", "the key must not contain line breaks")],
    );
    check(
        r#"{"output":"x","model":"a\u0000"}"#,
        &[("/model", "U+0000")],
    );
    for (model, problem) in [
        (r" gpt", "must not begin or end with a blank"),
        (r"gpt ", "must not begin or end with a blank"),
        (r" ", "must not begin or end with a blank"),
        (r"gpt\u00a05", "blanks other than U+0020, has U+00A0"),
        (r"\u3000gpt", "blanks other than U+0020, has U+3000"),
    ] {
        let body = format!(r#"{{"output":"x","model":"{model}"}}"#);
        check(&body, &[("/model", problem)]);
        let body =
            format!(r#"{{"output":"x","strategy":{{"kind":"debate","models":["a","{model}"]}}}}"#);
        check(&body, &[("/strategy/models/1", problem)]);
    }
    // Any other character may stand in a name, and a text may have lines.
    check(
        r#"{"output":"x","model":"判官 — v2/ü","metadata":{"note":"tab\there"},"run":"a\nb",
            "rubric":{"description":"a\nb","criteria":[{"name":"a"}]}}"#,
        &[],
    );
}

#[test]
fn anchors_of_one_value_are_one() {
    let with = |anchors: &str| {
        format!(
            r#"{{"output":"x","rubric":{{"criteria":[{{"name":"a","scale":{{"type":"numeric","min":0,"max":5,"anchors":{{{anchors}}}}}}}]}}}}"#
        )
    };
    check(
        &with(r#""1":"a","1.0":"b","1e0":"c","2":"d","-0":"e","0":"f""#),
        &[
            ("/rubric/criteria/0/scale/anchors/1.0", "same value as `1`"),
            ("/rubric/criteria/0/scale/anchors/1e0", "same value as `1`"),
            ("/rubric/criteria/0/scale/anchors/0", "same value as `-0`"),
        ],
    );
    check(&with(r#""1":"a","1.5":"b","5e-1":"c""#), &[]);
}

#[test]
fn what_was_accepted_before_a_rule_is_still_read() {
    let text = r#"{"output":"x","model":"a\nb","metadata":{"a\tb":"1"},"rubric":{"criteria":[
        {"name":"a","scale":{"type":"numeric","min":0,"max":5,"anchors":{"1":"a","1.0":"b"}}}]}}"#;
    let json = Json::parse(text.as_bytes()).unwrap();
    assert_eq!(submission::parse(&json).unwrap_err().len(), 3);
    let read = submission::parse_accepted(&json).unwrap();
    assert_eq!(read.model.as_deref(), Some("a\nb"));
    // What no release took is refused here too.
    let wrong = Json::parse(br#"{"output":"x","outptu":1,"model":"a\u0000"}"#).unwrap();
    assert_eq!(submission::parse_accepted(&wrong).unwrap_err().len(), 2);
}

#[test]
fn a_criterion_may_not_apply_where_it_says_so() {
    let with = |criterion: &str| {
        format!(r#"{{"output":"x","rubric":{{"criteria":[{{"name":"a",{criterion}}}]}}}}"#)
    };
    check(&with(r#""may_not_apply":true"#), &[]);
    check(
        &with(r#""may_not_apply":"yes""#),
        &[("/rubric/criteria/0/may_not_apply", "expected true or false")],
    );
    let categories = r#""scale":{"type":"categories","values":{"not_applicable":0,"good":1}}"#;
    check(&with(categories), &[]);
    check(
        &with(&format!(r#""may_not_apply":true,{categories}"#)),
        &[(
            "/rubric/criteria/0/scale/values/not_applicable",
            "label of a criterion that does not apply",
        )],
    );
    let text = with(r#""may_not_apply":true"#);
    let json = Json::parse(text.as_bytes()).unwrap();
    let Some(RubricChoice::Inline(rubric)) = submission::parse(&json).unwrap().rubric else {
        panic!("an inline rubric")
    };
    assert!(rubric.criteria[0].may_not_apply);
}

#[test]
fn a_failure_is_located_by_our_own_prompts_only() {
    let with = |criterion: &str, more: &str| {
        format!(
            r#"{{"output":"x","rubric":{{"criteria":[{{"name":"a"}},{{"name":"b",{criterion}}}]{more}}}}}"#
        )
    };
    check(&with(r#""locate":true"#, ""), &[]);
    check(
        &with(r#""locate":1"#, ""),
        &[("/rubric/criteria/1/locate", "expected true or false")],
    );
    let own = r#","prompt":{"user":"{{ output }}"}"#;
    check(
        &with(r#""locate":true"#, own),
        &[("/rubric/criteria/1/locate", "in our own prompts only")],
    );
    check(&with(r#""locate":false"#, own), &[]);
}
