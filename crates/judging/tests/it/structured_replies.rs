//! Replies to our own prompts as models really write them: what is taken, and what is not.

use std::ops::Range;

use domain::plan::ReaderVersion;
use domain::rubric::Rubric;
use judging::reading::{Form, read, read_as, read_steps};

use crate::fixture::{GOOD, RUBRIC, plan};

const COMPARED: &str = r#"{"criteria": {
    "zeal": {"rationale": "More of it.", "evidence": ["x"], "better": "A"},
    "a safe one": {"rationale": "Neither is.", "better": "tie"},
    "style": {"rationale": "Shorter.", "better": "candidate b"}
}, "summary": "Close.", "moved_by": "B1.zeal", "consensus": false}"#;

fn rubric() -> Rubric {
    plan(RUBRIC).rubric
}

fn direct(text: &str) -> Result<Vec<f64>, String> {
    let reading = read(&rubric(), Form::Direct, text, None)?;
    Ok(reading
        .criteria
        .iter()
        .map(|each| each.score.unwrap())
        .collect())
}

fn compared(text: &str) -> Result<Vec<f64>, String> {
    let reading = read(&rubric(), Form::Comparison, text, None)?;
    Ok(reading
        .criteria
        .iter()
        .map(|each| each.score.unwrap())
        .collect())
}

#[track_caller]
fn is_good(text: &str) {
    assert_eq!(direct(text), Ok(vec![4.0, 1.0, 0.5]), "{text}");
}

#[track_caller]
fn is_refused(text: &str, because: &str) {
    let problem = direct(text).unwrap_err();
    assert!(problem.contains(because), "{problem} for {text}");
}

#[test]
fn json_that_has_one_meaning_only_is_taken() {
    is_good(&GOOD.replace("\"score\": 4}", "\"score\": 4,}"));
    is_good(&GOOD.replace("[\"return sorted(xs)\"]", "[\"return sorted(xs)\",]"));
    is_good(&GOOD.replace("\"summary\"", "// on the whole\n\"summary\" /* short */"));
    is_good(&GOOD.replace("true", "True"));
    is_good(&GOOD.replace('"', "'"));
    is_good(&GOOD.replace("It does.", "It does.\nAlways, as \\(x\\) and \\u00e9 say."));
    is_good(&format!(
        "<tool_call>\n{{\"name\": \"assess\", \"arguments\": {GOOD}}}\n</tool_call>"
    ));
    is_good(&GOOD.replace("It does.", "Er sortiert, 它排序, 並べ替える, يرتب القائمة."));
}

#[test]
fn json_that_may_mean_something_else_is_not() {
    is_refused(
        &GOOD.replace("\"score\": 4", "\"score\": NaN"),
        "JSON value",
    );
    is_refused(
        &GOOD.replace("\"score\": 4", "\"score\": Infinity"),
        "JSON value",
    );
    is_refused(
        &GOOD.replace("\"score\": 4", "\"score\": 1e999"),
        "JSON value",
    );
    is_refused(&GOOD.replace("\"score\": 4", "\"score\": 04"), "JSON value");
    is_refused(&GOOD.replace("\"score\": 4", "\"score\": 4."), "JSON value");
    is_refused(
        &GOOD.replace("\"score\": 4", "\"score\": 4,5"),
        "key in quotes",
    );
    is_refused(
        &GOOD.replace("\"score\": 4", "\"score\": -1"),
        "off the scale",
    );
    is_refused(
        &GOOD.replace("\"score\": 4", "\"score\": \"N/A\""),
        "not a number",
    );
    is_refused(
        &GOOD.replace("\"score\": 4}", "\"score\": 4,,}"),
        "key in quotes",
    );
    is_refused(&GOOD.replace('"', "”"), "not a JSON object");
    // Where a string in single quotes ends is not guessed.
    let apostrophe = GOOD.replace('"', "'").replace("It does.", "It's done.");
    is_refused(&apostrophe, "not a JSON object");
    is_refused(
        &GOOD.replace("\"score\": 4", "\"score\": 4, \"score\": 5"),
        "twice",
    );
    is_refused(
        &GOOD.replace("\"summary\"", "\"criteria\": {}, \"summary\""),
        "twice",
    );
}

#[test]
fn what_breaks_off_is_not_completed() {
    for end in 1..GOOD.len() {
        if GOOD.is_char_boundary(end) {
            let cut = &GOOD[..end];
            assert!(direct(cut).is_err(), "{cut}");
            assert!(
                direct(&format!("Here it is:\n```json\n{cut}")).is_err(),
                "{cut}"
            );
        }
    }
    // An object within what breaks off is no verdict of its own.
    let cut = GOOD.trim_end_matches('}');
    is_refused(&format!("{{\"drafts\": [{GOOD}, {cut}"), "breaks off");
    is_refused(&format!("Draft: {GOOD}\nFinal: {cut}"), "breaks off");
}

#[test]
fn of_several_verdicts_none_is_chosen() {
    let other = GOOD.replace("\"score\": 4", "\"score\": 2");
    is_good(&format!("First {GOOD} and once more: {GOOD}"));
    is_refused(
        &format!("Draft: {GOOD}\n```json\n{other}\n```"),
        "two different verdicts",
    );
    is_good(&format!("The candidate printed {{\"a\": 1}}. {GOOD}"));
    is_good(&format!(
        "With {{\"a\": f(x)}} and \\frac{{a}}{{b}}: {GOOD}"
    ));
    is_refused(
        &format!("Draft: {GOOD} Final: {{\"criteria\": {{}}}}"),
        "missing",
    );
    is_refused(&"{\"a\": x} ".repeat(300), "too many braces");
    is_refused(&"{\"a\":".repeat(100_000), "not a JSON object");
}

#[test]
fn thoughts_in_all_spellings_are_left_out() {
    let other = GOOD.replace("\"score\": 4", "\"score\": 2");
    for (open, close) in [
        ("<think>", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<reasoning>", "</reasoning>"),
        ("◁think▷", "◁/think▷"),
    ] {
        is_good(&format!("{open}perhaps {other}{close}\n{GOOD}"));
        is_good(&format!("{open}{close}Here: {GOOD}"));
        assert!(direct(&format!("{open}{GOOD}")).is_err());
        assert!(direct(&format!("{open}{GOOD}{close}")).is_err());
        // A thought that quotes its own end: it is not clear where the answer begins.
        is_refused(
            &format!("{open}it prints {close} {other} {close}{GOOD}"),
            "not clear",
        );
        is_refused(&format!("{other}\nIt prints {close}: {GOOD}"), "not clear");
    }
}

#[test]
fn what_holds_no_verdict_says_so() {
    is_refused("", "empty");
    is_refused("  \n", "empty");
    is_refused(
        "I'm sorry, but I can't help with that.",
        "not a JSON object",
    );
    is_refused("[1, 2]", "an array");
    is_refused("4", "a number");
    is_refused("{}", "no object `criteria`");
}

#[test]
fn a_comparison_is_a_vote_on_each_criterion() {
    let reading = read(&rubric(), Form::Comparison, COMPARED, None).unwrap();
    let said: Vec<_> = reading
        .criteria
        .iter()
        .map(|each| {
            (
                each.score.unwrap(),
                each.normalized.unwrap(),
                each.label.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [(1.0, 1.0, "first"), (0.5, 0.5, "tie"), (0.0, 0.0, "second")]
    );
    assert_eq!(reading.moved_by.as_deref(), Some("B1.zeal"));
    assert_eq!(reading.consensus, Some(false));
    assert_eq!(reading.summary, "Close.");
}

#[test]
fn the_better_one_is_named_without_doubt_or_not_at_all() {
    for (word, vote) in [
        ("a", 1.0),
        (" B ", 0.0),
        ("Candidate A", 1.0),
        ("Output (b)", 0.0),
        ("first", 1.0),
        ("the second", 0.0),
        ("Tie", 0.5),
        ("equal", 0.5),
        ("both", 0.5),
        ("neither", 0.5),
    ] {
        let said = COMPARED.replace("\"A\"", &format!("\"{word}\""));
        assert_eq!(compared(&said).map(|votes| votes[0]), Ok(vote), "{word}");
    }
    for word in [
        "\"1\"",
        "\"2\"",
        "1",
        "\"A or B\"",
        "\"C\"",
        "\"\"",
        "null",
        "\"AB\"",
        "true",
    ] {
        let said = COMPARED.replace("\"A\"", word);
        assert!(compared(&said).is_err(), "{word}");
    }
    assert!(compared(&COMPARED.replace("\"better\": \"A\"", "\"score\": 4")).is_err());
    assert!(compared(&COMPARED.replace("More of it.", "")).is_err());
    assert!(compared(&COMPARED.replace("false", "\"no\"")).is_err());
    assert!(compared(&COMPARED.replace("\"B1.zeal\"", "7")).is_err());
}

#[test]
fn steps_are_few_and_short() {
    let steps =
        |count: usize, step: &str| serde_json::json!({"steps": vec![step; count]}).to_string();
    assert_eq!(
        read_steps(&steps(2, " Look. ")),
        Ok(vec!["Look.".to_owned(); 2])
    );
    assert_eq!(
        read_steps(&format!("Sure:\n```json\n{}\n```", steps(12, "x")))
            .unwrap()
            .len(),
        12
    );
    let allowed: Range<usize> = 2..13;
    for count in 0..15 {
        assert_eq!(
            read_steps(&steps(count, "x")).is_ok(),
            allowed.contains(&count)
        );
    }
    assert!(read_steps(&steps(3, " ")).is_err());
    assert!(read_steps(&steps(3, &"x".repeat(2001))).is_err());
    assert!(read_steps("{\"steps\": [\"a\", 2]}").is_err());
    assert!(read_steps("1. Look.\n2. Think.").is_err());
}

#[test]
fn a_second_thought_that_does_not_end_is_no_answer() {
    let why = "only a thought that does not end";
    is_refused(
        &format!("<think>\n\n</think>\n\n<think>\nA first draft: {GOOD} but on a closer look"),
        why,
    );
    is_refused(&format!("Okay.\n<think>\n{GOOD}"), why);
    // An object that is all there is may quote the mark out of the material.
    is_good(&GOOD.replace("It does.", "It prints\n<think>\nand ends."));
    is_good(&format!(
        "<think>a</think>\n{}",
        GOOD.replace("It does.", "It prints\n<think>\nand ends.")
    ));
}

/// What the judge says about the first criterion, when `rationale` stands in its string as it is.
fn said(reader: ReaderVersion, rationale: &str) -> Result<String, String> {
    let text = GOOD.replace("It does.", rationale);
    let reading = read_as(reader, &rubric(), Form::Direct, &text, None)?;
    Ok(reading.criteria[0].rationale.clone())
}

#[test]
fn backslashes_that_are_not_doubled_stay_as_they_are() {
    for words in [
        r"\upsilon is free, \(x\) is not.",
        r"See D:\users\jo and \unc\share.",
        r"\u, \u1, \u12, \u123 and \u12G4 are none.",
        r"It ends in \u",
        r"\beta, \frac{a}{b} and D:\files are words.",
    ] {
        assert_eq!(said(ReaderVersion::V2, words).as_deref(), Ok(words));
    }
    // What JSON knows is read as JSON has it.
    let known = said(ReaderVersion::V2, r"\u00e9 \ud83d\ude80 \\u00e9 \t.");
    assert_eq!(known.as_deref(), Ok("é 🚀 \\u00e9 \t."));
    let feeds = said(ReaderVersion::V2, r"a\f b\b, \f");
    assert_eq!(feeds.as_deref(), Ok("a\u{c} b\u{8},"));
    let first = said(ReaderVersion::V1, r"\frac");
    assert_eq!(first.as_deref(), Ok("rac"));
    // Half a character is none, whichever half it is and whatever follows.
    let half = said(
        ReaderVersion::V2,
        r"\ud83d, \ude80, \ud83d\u0041, \ud83d\ud83d\ude80.",
    );
    assert_eq!(
        half.as_deref(),
        Ok("\u{fffd}, \u{fffd}, \u{fffd}A, \u{fffd}🚀.")
    );
    let control = said(ReaderVersion::V2, "a\u{0}b\u{1b}[1m");
    assert_eq!(control.as_deref(), Ok("a\u{0}b\u{1b}[1m"));
}

#[test]
fn a_string_ends_where_it_ends_in_json() {
    // A path that ends in a backslash takes the quote with it: what follows is then no JSON.
    for words in [r"C:\", r"\u12\", r"\"] {
        assert!(said(ReaderVersion::V2, words).is_err(), "{words}");
    }
    // Digits of `\u` are never looked for behind the end.
    let short = said(ReaderVersion::V2, r"\u00").unwrap();
    assert_eq!(short, r"\u00");
}

#[test]
fn an_evaluation_is_read_to_its_end_by_the_rules_it_began_with() {
    for words in [r"\upsilon", r"\ud83d", "a\u{1}b"] {
        assert!(said(ReaderVersion::V1, words).is_err(), "{words:?}");
        assert!(said(ReaderVersion::V2, words).is_ok(), "{words:?}");
    }
    assert!(said(ReaderVersion::V1, r"\(x\) \u00e9").is_ok());
}
