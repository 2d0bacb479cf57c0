//! A rubric's own prompt and reply form: what may be stored, and which requests it fits.

use domain::fields::Errors;
use domain::json::Json;
use domain::rubric::{self, Meaning, ReplyFormat, Rubric, Side, Take};
use domain::submission::{self, Shape};

const ONE: &str = r#"{"name":"merit","scale":{"type":"numeric","min":1,"max":5}}"#;
const TRUTH: &str = r#"{"name":"safe","scale":{"type":"boolean"}}"#;
const WORDS: &str =
    r#"{"name":"style","scale":{"type":"categories","values":{"poor":0,"good":1}}}"#;
const PROMPT: &str = r#""prompt":{"user":"{{ output }}"}"#;

fn parse(text: &str) -> Result<Rubric, Vec<(String, String)>> {
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

fn rubric(criteria: &str, reply: &str) -> Rubric {
    parse(&format!(
        r#"{{"criteria":[{criteria}],{PROMPT},"reply":{reply}}}"#
    ))
    .unwrap()
}

#[track_caller]
fn refused(criteria: &str, reply: &str, expected: &[(&str, &str)]) {
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

fn misfits(request: &str, rubric: &Rubric) -> Vec<String> {
    let json = Json::parse(request.as_bytes()).unwrap();
    let shape = Shape::of(&submission::parse(&json).unwrap());
    let places = shape
        .incompatibilities(rubric)
        .into_iter()
        .map(|error| error.pointer);
    places.collect()
}

const PAIR: &str = r#""outputs":[{"id":"a","text":"1"},{"id":"b","text":"2"}]"#;

#[test]
fn a_reply_about_two_candidates_needs_two() {
    let sides = r#"{"format":"choice","choices":{"A":"first","B":"second"}}"#;
    let pair = parse(&format!(r#"{{"criteria":[{ONE}],"prompt":{{"user":"{{{{ output_a }}}} {{{{ output_b }}}}"}},"reply":{sides}}}"#)).unwrap();
    assert_eq!(misfits(&format!("{{{PAIR}}}"), &pair), Vec::<String>::new());
    assert!(misfits(r#"{"output":"x"}"#, &pair).contains(&"/outputs".to_owned()));
    let single = rubric(ONE, r#"{"format":"number"}"#);
    assert_eq!(misfits(r#"{"output":"x"}"#, &single), Vec::<String>::new());
    assert!(misfits(&format!("{{{PAIR}}}"), &single).contains(&"/outputs".to_owned()));
}

#[test]
fn nothing_is_judged_that_the_prompt_does_not_show() {
    let own = parse(&format!(
        r#"{{"criteria":[{ONE}],"prompt":{{"user":"Rate it. {{{{ input }}}} {{% if output %}}{{{{ output }}}}{{% endif %}}"}}}}"#
    ))
    .unwrap();
    let nothing: [&str; 0] = [];
    assert_eq!(misfits(r#"{"input":"i","output":"x"}"#, &own), nothing);
    assert_eq!(
        misfits(r#"{"input":"i","trajectory":[{"role":"user"}]}"#, &own),
        ["/trajectory"]
    );
    assert_eq!(
        misfits(&format!(r#"{{"input":"i",{PAIR}}}"#), &own),
        ["/outputs"]
    );
}

#[test]
fn what_the_prompt_uses_has_to_be_there() {
    let uses = |prompt: &str| {
        parse(&format!(
            r#"{{"criteria":[{ONE}],"prompt":{{"user":"{prompt}"}}}}"#
        ))
        .unwrap()
    };
    assert_eq!(
        misfits(
            r#"{"output":"x"}"#,
            &uses("{{ ground_truth }} {{ output }}")
        ),
        ["/reference"]
    );
    assert_eq!(
        misfits(
            r#"{"output":"x"}"#,
            &uses("{{ output }}{% if reference %}{{ reference }}{% endif %}")
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        misfits(
            r#"{"change":{"patch":"p"}}"#,
            &uses("{{ patch }} {{ test_log }}")
        ),
        ["/change/test_log"]
    );
}

#[test]
fn a_prompt_of_ones_own_is_for_single_judges() {
    let own = rubric(ONE, r#"{"format":"number"}"#);
    for (strategy, fits) in [
        (r#""direct""#, true),
        (r#"{"kind":"direct","logprobs":true}"#, false),
        (r#"{"kind":"direct","per_criterion":true}"#, false),
        (r#""cot""#, false),
        (r#""debate""#, false),
        (r#"{"kind":"debate","models":["a","b"],"rounds":0}"#, true),
        (
            r#"{"kind":"debate","models":["a","b"],"rounds":0,"verdict":"moderator"}"#,
            false,
        ),
    ] {
        let found = misfits(&format!(r#"{{"output":"x","strategy":{strategy}}}"#), &own);
        let expected: &[&str] = if fits { &[] } else { &["/strategy"] };
        assert_eq!(found, expected, "{strategy}");
    }
}

#[test]
fn what_could_never_be_scored_is_refused() {
    for (criteria, count) in [(format!("{ONE},{TRUTH}"), 2), (WORDS.to_owned(), 1)] {
        let reply = format!(r#"{{"format":"numbers","count":{count}}}"#);
        refused(&criteria, &reply, &[("/reply/format", "no numeric scale")]);
    }
    rubric(TRUTH, r#"{"format":"numbers","count":2}"#);
    refused(
        ONE,
        r#"{"format":"choice","choices":{" A":"first","B\nC":"second","D\n":"tie"}}"#,
        &[
            ("/reply/choices/ A", "must not begin or end with a blank"),
            ("/reply/choices/B\nC", "nor hold a line break"),
            ("/reply/choices/D\n", "must not begin or end with a blank"),
        ],
    );
    let places = r#"{"name":"place","scale":{"type":"categories","values":{"last":0,"first":1}}}"#;
    refused(
        places,
        r#"{"format":"choice","choices":{"1":"first","2":"last"}}"#,
        &[("/reply/choices/1", "a category of `place` too")],
    );
    for (min, max) in [("0", "100"), ("0.5", "5")] {
        let reply = format!(r#"{{"format":"number","min":{min},"max":{max},"logprobs":true}}"#);
        refused(ONE, &reply, &[("/reply/logprobs", "at most 20 apart")]);
    }
    let steps = format!(r#"{{"criteria":[{ONE}],{PROMPT},"steps":["Look."]}}"#);
    assert_eq!(parse(&steps).unwrap_err()[0].0, "/steps");
}

#[test]
fn a_group_may_be_named_like_its_criterion_without_the_blanks() {
    let named = |names: [&str; 2]| names.map(|name| ONE.replace("merit", name)).join(",");
    rubric(
        &named(["code quality", "Style"]),
        r#"{"format":"regex","pattern":"(?P<code_quality>.)(?P<style>.)"}"#,
    );
    refused(
        &named(["q1", "q_1"]),
        r#"{"format":"regex","pattern":"(?P<q1>.)(?P<other>.)"}"#,
        &[("/reply/pattern", "no group named like the criterion `q_1`")],
    );
    refused(
        &named(["q-1", "style"]),
        r#"{"format":"regex","pattern":"(?P<q1>.)(?P<q_1>.)(?P<style>.)"}"#,
        &[("/reply/pattern", "no group named like the criterion `q-1`")],
    );
}
