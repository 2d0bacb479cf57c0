//! Replies to prompts of a rubric's own that are matched by a pattern or hold an object; and floods.

use std::collections::BTreeMap;

use domain::rubric::{ReplyFormat, Scale};

use crate::custom_replies::{
    digits, letters, number, reader, says, says_nothing, says_nothing_because,
};
use crate::recorded::{Reader, criterion, reading, rubric};

#[test]
fn patterns_name_their_groups() {
    let pattern = |pattern: &str, comparison| {
        let format = ReplyFormat::Regex {
            pattern: pattern.to_owned(),
            choices: BTreeMap::new(),
        };
        reader(format, None, comparison)
    };
    let score = pattern(r"Mark = (?P<mark>\S+)", false);
    says(&score, "So: Mark = 4", "4");
    for reply in [
        "Mark = 9",
        "Mark = four",
        "Mark = 4 or Mark = 5",
        "Mark: 4",
        "",
    ] {
        says_nothing(&score, reply);
    }
    says(
        &pattern(r"winner: (?P<side>\w+)", true),
        "winner: first",
        "first",
    );
    says_nothing(&pattern(r"winner: (?P<side>\w+)", true), "winner: 1");
    says_nothing(&pattern(r"Mark = (\d)", false), "Mark = 4");
    says_nothing(&pattern(r"(", false), "Mark = 4");
    says_nothing(&pattern(r"(?P<a>\w{1000}{1000}{1000})", false), "Mark = 4");
    let mut several = pattern(r"(?P<Clear_cut>\d) and (?P<kind>\w+)", false);
    several.rubric = rubric(
        ["clear cut", "kind"]
            .map(|name| criterion(name, 1.0, 5.0))
            .into(),
    );
    several.rubric.criteria[1].scale = Scale::Boolean;
    says(&several, "3 and yes", "3,true");
    says_nothing(&several, "3 and perhaps");
}

#[test]
fn objects_come_in_many_shapes() {
    let json = |comparison| reader(ReplyFormat::Json, None, comparison);
    for reply in [
        r#"{"helpfulness": {"reason": "Good.", "score": "4"}}"#,
        r#"{"helpfulness": 4}"#,
        r#"{"Helpfulness": "4/5"}"#,
        r#"{"score": 4, "reasoning": "Good."}"#,
        r#"{"feedback": "Good.", "Rating": "4 out of 5"}"#,
        r#"{"criteria": {"helpfulness": {"grade": 4.0, "analysis": ["Good.", "Well."]}}}"#,
        "```json\n{\"explanation\": \"Good.\", \"verdict\": 4,}\n```\nThat is all.",
        "{'justification': 'Good.', 'result': 4}",
    ] {
        says(&json(false), reply, "4");
    }
    for reply in [
        r#"{"helpfulness": "N/A"}"#,
        r#"{"score": null}"#,
        r#"{"score": "4/10"}"#,
        r#"{"score": 9}"#,
        r#"{"score": 4, "rating": 4}"#,
        r#"{"score": 4, "Score": 5}"#,
        r#"{"mark": 4}"#,
        r#"{"score": "4,5"}"#,
        r#"{"score": "four"}"#,
        r#"{"helpfulness": {"reason": "Good.", "score": 4}, "clarity": {"reas"#,
        "{}",
        "Score: 4",
    ] {
        says_nothing(&json(false), reply);
    }
    says_nothing_because(&json(false), r#"{"score": "n/a"}"#, "N/A");
    says(
        &json(true),
        r#"{"winner": "A", "reason": "Shorter."}"#,
        "first",
    );
    says(
        &json(true),
        r#"{"helpfulness": {"preferred": "Response B"}}"#,
        "second",
    );
    says_nothing(&json(true), r#"{"winner": 1}"#);
    says_nothing(&json(true), r#"{"winner": "1"}"#);
    let mut several = json(false);
    several.rubric = rubric(
        ["clear cut", "kind"]
            .map(|name| criterion(name, 1.0, 5.0))
            .into(),
    );
    says(
        &several,
        r#"{"Kind": "3", "clear_cut": {"score": 2}}"#,
        "2,3",
    );
    says_nothing(&several, r#"{"Kind": "3"}"#);
    says_nothing(&several, r#"{"kind": 3, "clear-cut": 2, "clear_cut": 4}"#);
    several.rubric.criteria[1].scale = Scale::Boolean;
    says(&several, r#"{"kind": 1, "clear cut": 2}"#, "2,true");
}

#[test]
fn a_flood_of_brackets_does_not_hold_the_reader_up() {
    let began = std::time::Instant::now();
    let json = reader(ReplyFormat::Json, None, false);
    for piece in [
        "[[",
        "[[A",
        "(",
        "* ",
        "1 ",
        "A\n",
        "1\n",
        "1.\n",
        "the ",
        "{",
        "{\"",
        "{'a':",
        "{/*",
        "{\"a\": [",
        "<think>",
        "</think>",
        "Score: ",
        "Assistant 1: 1\n",
        "A is better ",
        "I choose A, ",
        "```\n",
        "9 8\n",
        "[",
        "\"[[A",
        "\" [[A]] x",
        "\"a\"",
        "“ [[",
        "{\"a\": {} ",
        "{\"a\": 1} } ",
        "Score: 4. ",
        "Verdict: A. ",
        "Verdict:\nA\n",
        "[[A]](a",
        "[[4]] (",
        "Score: 4 (",
        "Score (1-5): 4 (1-",
        "(1-",
        "<score>",
        "\\boxed{4",
        "4\nFinal: 3\n",
    ] {
        let flood = piece.repeat(50_000 / piece.len());
        for reader in [&number(), &letters(), &digits(), &json] {
            drop(reading(reader, &flood));
        }
        let row = reader(ReplyFormat::Numbers { count: 2 }, None, true);
        drop(reading(&row, &flood));
    }
    // Quadratic work would take minutes.
    assert!(began.elapsed().as_secs() < 120, "{:?}", began.elapsed());
}

#[test]
fn one_value_is_never_that_of_two_criteria() {
    let two = |format, names: [&str; 2]| Reader {
        rubric: rubric(names.map(|name| criterion(name, 1.0, 5.0)).into()),
        ..reader(format, None, false)
    };
    let object = two(ReplyFormat::Json, ["Safe", "safe"]);
    says_nothing_because(&object, r#"{"safe": 4}"#, "missing");
    says(&object, r#"{"safe": 4, "Safe": 2}"#, "2,4");
    let named = |names, pattern: &str| {
        let pattern = pattern.to_owned();
        let choices = BTreeMap::new();
        two(ReplyFormat::Regex { pattern, choices }, names)
    };
    let both = named(["q1", "q_1"], "(?P<q_1>[0-9]) (?P<q1>[0-9])");
    says(&both, "4 2", "2,4");
    let one = named(["q1", "q_1"], "(?P<q1>[0-9]) (?P<other>[0-9])");
    says_nothing(&one, "4 2");
    let loose = named(
        ["code quality", "Style"],
        "(?P<style>[0-9]) (?P<code_quality>[0-9])",
    );
    says(&loose, "4 2", "2,4");
}

#[test]
fn numbered_findings_beside_a_category_are_no_other_verdict() {
    let mut fault = reader(ReplyFormat::Json, None, false);
    fault.rubric = rubric(vec![criterion("fault", 1.0, 5.0)]);
    let values = ["stale", "forged", "late"].map(|value| (value.to_owned(), 0.0));
    fault.rubric.criteria[0].scale = Scale::Categories {
        values: values.into(),
    };
    let reply = |reason: &str| {
        let reply = serde_json::json!({"reason": reason, "fault": "stale"});
        reply.to_string()
    };
    says(
        &fault,
        &reply(
            "1. It reads a page of last year. This is stale.\n2. It names no source. This is forged.\n\nThe first is the worst.",
        ),
        "stale",
    );
    for other in [
        "It names no source. This is forged.",
        "1. It reads a page of last year.\n2. It names no source. This is forged.",
        "1. One page is stale.\n2. One came late.\n\nThis is forged.",
        "1. It reads a page of last year. This is stale. It names no source. This is forged.",
    ] {
        says_nothing_because(&fault, &reply(other), "another value");
    }
}
