//! A rubric's own prompt and reply form: what may be stored, and which requests it fits.

use domain::fields::Errors;
use domain::json::Json;
use domain::rubric::{self, Meaning, ReplyFormat, Rubric, Side, Take};

pub(crate) const ONE: &str = r#"{"name":"merit","scale":{"type":"numeric","min":1,"max":5}}"#;
pub(crate) const TRUTH: &str = r#"{"name":"safe","scale":{"type":"boolean"}}"#;
pub(crate) const WORDS: &str =
    r#"{"name":"style","scale":{"type":"categories","values":{"poor":0,"good":1}}}"#;
pub(crate) const PROMPT: &str = r#""prompt":{"user":"{{ output }}"}"#;

pub(crate) fn parse(text: &str) -> Result<Rubric, Vec<(String, String)>> {
    let json = Json::parse(text.as_bytes()).unwrap();
    let mut errors = Errors::default();
    let rubric = rubric::parse(&json, "", &mut errors);
    let errors = errors.into_vec();
    if errors.is_empty() {
        return Ok(rubric.unwrap());
    }
    Err(errors
        .into_iter()
        .map(|error| (error.pointer, error.message))
        .collect())
}

pub(crate) fn rubric(criteria: &str, reply: &str) -> Rubric {
    parse(&format!(
        r#"{{"criteria":[{criteria}],{PROMPT},"reply":{reply}}}"#
    ))
    .unwrap()
}

#[track_caller]
pub(crate) fn refused(criteria: &str, reply: &str, expected: &[(&str, &str)]) {
    let found = parse(&format!(
        r#"{{"criteria":[{criteria}],{PROMPT},"reply":{reply}}}"#
    ))
    .unwrap_err();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((pointer, message), (at, words)) in found.iter().zip(expected) {
        assert_eq!(pointer, at, "{message}");
        assert!(message.contains(words), "{pointer}: {message}");
    }
}

#[test]
fn every_form_is_read_and_written_again() {
    let two = format!("{ONE},{TRUTH}");
    let numeric = format!("{ONE},{}", ONE.replace("merit", "depth"));
    for (criteria, reply) in [
        (ONE, r#"{}"#),
        (ONE, r#"{"format":"json"}"#),
        (ONE, r#"{"format":"number","take":"first","logprobs":true}"#),
        (ONE, r#"{"format":"number","min":0,"max":100}"#),
        (ONE, r#"{"format":"numbers","count":2}"#),
        (
            numeric.as_str(),
            r#"{"format":"numbers","count":2,"take":"last"}"#,
        ),
        (
            ONE,
            r#"{"format":"choice","choices":{"[[A]]":"first","[[B]]":"second","[[C]]":"tie"},"logprobs":true}"#,
        ),
        (
            TRUTH,
            r#"{"format":"choice","choices":{"YES":true,"NO":false}}"#,
        ),
        (
            WORDS,
            r#"{"format":"choice","choices":{"1":"poor","2":"good"}}"#,
        ),
        (
            ONE,
            r#"{"format":"regex","pattern":"Score: (?P<score>[0-9]+)"}"#,
        ),
        (
            two.as_str(),
            r#"{"format":"regex","pattern":"(?P<merit>[0-9]) (?P<safe>yes|no)"}"#,
        ),
    ] {
        let rubric = rubric(criteria, reply);
        let written = serde_json::to_string(&rubric).unwrap();
        let again: Rubric = serde_json::from_str(&written).unwrap();
        assert_eq!(again, rubric, "{written}");
        assert_eq!(
            parse(&written).unwrap(),
            rubric,
            "a stored rubric may be posted again: {written}"
        );
    }
}

#[test]
fn a_number_is_on_the_criterions_scale_unless_it_says_otherwise() {
    let form = rubric(ONE, r#"{"format":"number","take":"last"}"#)
        .reply
        .unwrap();
    assert_eq!(form.format, ReplyFormat::Number { min: 1.0, max: 5.0 });
    assert_eq!(form.take, Some(Take::Last));
}

#[test]
fn a_choice_means_a_side_or_a_value() {
    let form = rubric(
        ONE,
        r#"{"format":"choice","choices":{"m":"first","M":"second","low":"tie"}}"#,
    )
    .reply
    .unwrap();
    let ReplyFormat::Choice { choices } = form.format else {
        panic!("a choice");
    };
    assert_eq!(choices["M"], Meaning::Side(Side::Second));
}

#[test]
fn every_mistake_has_its_place() {
    let two = format!("{ONE},{TRUTH}");
    refused(
        ONE,
        r#"{"format":"stars"}"#,
        &[("/reply/format", "`json`, `number`")],
    );
    refused(
        ONE,
        r#"{"format":"number","min":5,"max":1}"#,
        &[("/reply/max", "more than `min`")],
    );
    refused(
        TRUTH,
        r#"{"format":"number"}"#,
        &[("/reply/format", "`safe` has no numeric scale")],
    );
    refused(
        &two,
        r#"{"format":"number"}"#,
        &[(
            "/reply/format",
            "gives one value, and the rubric has 2 criteria",
        )],
    );
    refused(
        ONE,
        r#"{"format":"numbers"}"#,
        &[("/reply/count", "is required")],
    );
    refused(
        ONE,
        r#"{"format":"numbers","count":3}"#,
        &[("/reply/count", "must be 1")],
    );
    refused(
        ONE,
        r#"{"format":"choice"}"#,
        &[("/reply/choices", "is required")],
    );
    refused(
        ONE,
        r#"{"format":"choice","choices":{"A":"first"}}"#,
        &[("/reply/choices", "must hold 2 to 50 choices, holds 1")],
    );
    refused(
        ONE,
        r#"{"format":"choice","choices":{"A":"first","B":2}}"#,
        &[("/reply/choices", "not both")],
    );
    refused(
        ONE,
        r#"{"format":"choice","choices":{"A":9,"B":"good"}}"#,
        &[
            ("/reply/choices/A", "on the scale of `merit`"),
            ("/reply/choices/B", "on the scale of `merit`"),
        ],
    );
    refused(
        ONE,
        r#"{"format":"choice","choices":{" ":1,"B":2}}"#,
        &[("/reply/choices/ ", "must not be empty")],
    );
    refused(
        ONE,
        r#"{"format":"regex","pattern":"("}"#,
        &[("/reply/pattern", "cannot be compiled")],
    );
    refused(
        ONE,
        r#"{"format":"regex","pattern":"[0-9]"}"#,
        &[("/reply/pattern", "needs a named group")],
    );
    refused(
        &two,
        r#"{"format":"regex","pattern":"(?P<a>.)(?P<b>.)"}"#,
        &[(
            "/reply/pattern",
            "no group named like the criterion `merit`",
        )],
    );
    refused(
        ONE,
        r#"{"format":"regex","pattern":"(?P<a>\\w{1000}){1000}"}"#,
        &[("/reply/pattern", "cannot be compiled")],
    );
    refused(
        ONE,
        r#"{"format":"json","logprobs":true}"#,
        &[("/reply/logprobs", "only `number` and `choice`")],
    );
    refused(
        ONE,
        r#"{"format":"number","take":"best"}"#,
        &[("/reply/take", "`first` or `last`")],
    );
    refused(
        ONE,
        r#"{"format":"number","choices":{}}"#,
        &[("/reply/choices", "unknown field")],
    );
    let without = parse(&format!(
        r#"{{"criteria":[{ONE}],"reply":{{"format":"json"}}}}"#
    ))
    .unwrap_err();
    assert_eq!(without[0].0, "/reply");
}

#[test]
fn prompts_and_steps_are_checked_when_they_are_stored() {
    let with = |rest: &str| {
        parse(&format!(r#"{{"criteria":[{ONE}],{rest}}}"#))
            .unwrap_err()
            .remove(0)
    };
    assert_eq!(with(r#""prompt":{"system":"x"}"#).0, "/prompt/user");
    assert_eq!(
        with(r#""prompt":{"user":"{{ output }}","syntax":"erb"}"#).0,
        "/prompt/syntax"
    );
    let (pointer, message) = with(r#""prompt":{"user":"{{ outptu }}"}"#);
    assert!(
        pointer == "/prompt/user" && message.contains("outptu") && message.contains("output"),
        "{message}"
    );
    let (pointer, message) = with(r#""prompt":{"system":"{{ output }}","user":"x"}"#);
    assert!(
        pointer == "/prompt/system" && message.contains("output"),
        "{message}"
    );
    assert_eq!(with(r#""prompt":{"user":"{{ output "}"#).0, "/prompt/user");
    for blind in ["Rate it.", "{{ input }}", "{{ output_a }}"] {
        let (pointer, message) = with(&format!(r#""prompt":{{"user":"{blind}"}}"#));
        assert!(
            pointer == "/prompt/user" && message.contains("shows no candidate"),
            "{message}"
        );
    }
    assert_eq!(with(r#""steps":[]"#).0, "/steps");
    assert_eq!(with(r#""steps":["", 1]"#).0, "/steps/0");
}
