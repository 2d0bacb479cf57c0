//! Replies as models really give them: each is read right, or not at all.

use domain::assessment::Outcome;

use crate::fixture::{GOOD, RUBRIC, SUBMISSION, judge_with, plan, text};

/// The scores of the three criteria when the reply can be read at once.
fn scores(said: &str) -> Option<Vec<f64>> {
    let mut answers = std::iter::once(said).chain(std::iter::repeat("nothing"));
    let (calls, assessment) = judge_with(&plan(RUBRIC), SUBMISSION, |_| {
        text(answers.next().unwrap_or_default())
    });
    let at_once = calls.len() == 1 && assessment.outcome == Outcome::Scored;
    at_once.then(|| {
        assessment
            .criteria
            .iter()
            .map(|criterion| criterion.score.unwrap())
            .collect()
    })
}

#[track_caller]
fn read(said: &str) {
    assert_eq!(scores(said), Some(vec![4.0, 1.0, 0.5]), "{said}");
}

#[track_caller]
fn not_read(said: &str) {
    assert_eq!(scores(said), None, "{said}");
}

#[test]
fn the_object_is_found_among_other_things() {
    read(GOOD);
    read(&format!("\n\n  {GOOD}\n"));
    read(&format!("```json\n{GOOD}\n```"));
    read(&format!(
        "Here is my assessment:\n```\n{GOOD}\n```\nI hope this helps {{really}}."
    ));
    read(&format!("Here is my assessment: {GOOD} That is all."));
    read(&format!(
        "<think>First {{\"criteria\": {{}}}}, no: 5?</think>\n{GOOD}"
    ));
    read(&format!("thoughts without a beginning</think>{GOOD}"));
}

#[test]
fn thoughts_are_no_answer() {
    not_read(&format!("<think>{GOOD}"));
    not_read(&format!("<think>{GOOD}</think>"));
}

#[test]
fn an_answer_may_quote_the_end_of_a_thought() {
    let said = GOOD.replace("It does.", "It prints </think> and ends.");
    assert_ne!(said, GOOD);
    read(&said);
}

#[test]
fn values_are_read_only_when_they_are_on_the_scale() {
    let with = |from: &str, to: &str| {
        assert!(GOOD.contains(from));
        GOOD.replace(from, to)
    };
    read(&with("\"score\": 4", "\"score\": \"4\""));
    read(&with("\"score\": 4", "\"score\": 4.0"));
    read(&with("\"score\": true", "\"score\": \"Yes\""));
    read(&with("\"fair\"", "\" Fair \""));
    for bad in [
        "0", "5.5", "-4", "1e999", "null", "\"4/10\"", "\"four\"", "[4, 5]", "true", "\"NaN\"",
        "\"inf\"",
    ] {
        not_read(&with("\"score\": 4", &format!("\"score\": {bad}")));
    }
    for bad in ["1", "\"maybe\"", "null"] {
        not_read(&with("\"score\": true", &format!("\"score\": {bad}")));
    }
    for bad in ["\"excellent\"", "0.5", "\"\""] {
        not_read(&with("\"fair\"", bad));
    }
    not_read(&with("\"score\": 4", "\"mark\": 4"));
    not_read(&with("\"zeal\"", "\"Zeal\""));
    not_read(&with("It does.", "  "));
    not_read(&with("\"score\": 4", "\"score\": 4, \"score\": 2"));
}
