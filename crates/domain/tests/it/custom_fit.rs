//! Which requests a rubric with a prompt of its own fits.

use domain::json::Json;
use domain::rubric::Rubric;
use domain::submission::{self, Shape};

use crate::custom::{ONE, PROMPT, TRUTH, WORDS, parse, refused, rubric};

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
    let cascade =
        |then: &str| format!(r#"{{"output":"x","strategy":{{"kind":"cascade","then":{then}}}}}"#);
    assert_eq!(misfits(&cascade(r#""direct""#), &own), Vec::<String>::new());
    assert_eq!(misfits(&cascade(r#""debate""#), &own), ["/strategy/then"]);
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
