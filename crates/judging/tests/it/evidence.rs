//! Quotations are looked up, not believed.

use domain::assessment::{Evidence, Flag};

use crate::fixture::{GOOD, RUBRIC, SUBMISSION, judge, plan, text};

fn evidence(submission: &str, quote: &str) -> (Evidence, Vec<Flag>) {
    let quoted = serde_json::Value::from(quote).to_string();
    let said = GOOD
        .replace("\"return sorted(xs)\"", &quoted)
        .replace("\"not in it\"", "");
    let (_, assessment) = judge(&plan(RUBRIC), submission, &[text(&said)]);
    (assessment.criteria[0].evidence[0].clone(), assessment.flags)
}

#[track_caller]
fn found(submission: &str, quote: &str, pointer: &str, place: Option<(usize, usize)>) {
    let (evidence, flags) = evidence(submission, quote);
    assert!(evidence.found && flags.is_empty(), "{quote}");
    assert_eq!(evidence.pointer.as_deref(), Some(pointer));
    assert_eq!(evidence.start.zip(evidence.end), place);
}

#[test]
fn a_quotation_has_its_place_in_bytes() {
    found(SUBMISSION, "return sorted(xs)", "/output", Some((18, 35)));
    found(SUBMISSION, "`return sorted(xs)`", "/output", Some((18, 35)));
    found(r#"{"output": "é = 1"}"#, "= 1", "/output", Some((3, 6)));
}

#[test]
fn a_quotation_that_is_found_is_what_stands_at_its_place() {
    let output = "def f(xs):\n    return sorted(xs)";
    let submission = serde_json::json!({ "output": output }).to_string();
    for quote in [
        "return sorted(xs)",
        "`return sorted(xs)`",
        "\"return sorted(xs)\"",
        "  “return sorted(xs)” ",
        "« return sorted(xs) »",
        "»return sorted(xs)«",
        "„return sorted(xs)“",
        "'return sorted(xs)'",
        "‘return sorted(xs)’",
        "「return sorted(xs)」",
        "『return sorted(xs)』",
        " return sorted(xs)",
    ] {
        let (evidence, _) = evidence(&submission, quote);
        assert!(evidence.found, "{quote:?}");
        let place = evidence.start.unwrap()..evidence.end.unwrap();
        assert_eq!(output[place], evidence.quote, "{quote:?}");
    }
    // A mark that stands there itself is part of it, and other words in marks are no quotation.
    let own = serde_json::json!({"output": "the «best» of it, the boys'"}).to_string();
    for quote in ["«best»", "the boys'"] {
        assert_eq!(evidence(&own, quote).0.quote, quote);
    }
    assert!(!evidence(&own, "«worst»").0.found);
    // What is not found, or has no place, stays in the judge's words.
    let (missing, _) = evidence(&submission, "`return reversed(xs)`");
    assert_eq!(missing.quote, "`return reversed(xs)`");
}

#[test]
fn a_path_or_formula_whose_backslashes_were_not_doubled_is_found() {
    let output = r"It writes C:\temp\new and \tau, \frac{a}{b}.";
    let submission = serde_json::json!({ "output": output }).to_string();
    for quote in [r"C:\temp\new", r"and \tau, \frac{a}{b}", r"writes C:\temp"] {
        // As a judge writes it that does not double them.
        let said = GOOD
            .replace("return sorted(xs)", quote)
            .replace("\"not in it\"", "");
        let (_, assessment) = judge(&plan(RUBRIC), &submission, &[text(&said)]);
        let evidence = &assessment.criteria[0].evidence[0];
        assert!(evidence.found, "{quote}");
        let place = evidence.start.unwrap()..evidence.end.unwrap();
        assert_eq!((&output[place], evidence.quote.as_str()), (quote, quote));
    }
    // Real lines are lines.
    let (tab, _) = evidence(r#"{"output": "a\tb"}"#, "a\tb");
    assert_eq!((tab.start, tab.quote.as_str()), (Some(0), "a\tb"));
}

#[test]
fn a_quotation_that_is_not_there_is_flagged() {
    for quote in ["return reversed(xs)", "", "  ", "Sort."] {
        let (evidence, flags) = evidence(SUBMISSION, quote);
        assert!(!evidence.found, "{quote:?}");
        assert_eq!(
            (evidence.pointer, evidence.start, evidence.end),
            (None, None, None)
        );
        assert_eq!(flags, [Flag::EvidenceNotFound]);
    }
}

#[test]
fn every_part_of_a_candidate_can_be_quoted() {
    let change =
        r#"{"change": {"base": "old line", "patch": "+ new line", "test_log": "2 passed"}}"#;
    found(change, "+ new line", "/change/patch", Some((0, 10)));
    found(change, "2 passed", "/change/test_log", Some((0, 8)));
    found(change, "old line", "/change/base", Some((0, 8)));
    let trajectory = r#"{"trajectory": [{"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "ls", "arguments": "{\"path\": \"/\"}"}}]}]}"#;
    found(
        trajectory,
        "{\"path\": \"/\"}",
        "/trajectory/1/tool_calls/0/function/arguments",
        Some((0, 13)),
    );
    found(
        trajectory,
        "tool call: ls({\"path\": \"/\"})",
        "/trajectory",
        None,
    );
}
