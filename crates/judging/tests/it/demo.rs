//! The replies written by hand for the examples of `bin/demo`, read as the worker reads them.

use domain::assessment::{Assessment, Outcome};
use domain::json::Json;
use domain::plan::Plan;
use domain::rubric::{RubricChoice, builtin};
use domain::submission;
use serde_json::{Value, json};

use crate::fixture::{ONE, judge_with, plan, text};

/// A file of the demo.
fn file(name: &str) -> String {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../xtask/demo/");
    std::fs::read_to_string(format!("{dir}{name}")).unwrap()
}

/// Judges an example by its own rubric; the script's only rule that fits the call replies, as in the simulated provider.
fn judged(example: &str) -> Assessment {
    let document = Json::parse(example.as_bytes()).unwrap();
    let submission = submission::parse(&document).unwrap();
    let Some(RubricChoice::Named(reference)) = &submission.rubric else {
        panic!("an example names a built-in rubric");
    };
    let plan = Plan {
        rubric: builtin::find(reference).unwrap().rubric.clone(),
        ..plan(ONE)
    };
    let script: Value = serde_json::from_str(&file("judge.script.json")).unwrap();
    let (calls, assessment) = judge_with(&plan, example, |call| {
        let said = |part: &Value| {
            let part = part.as_str().unwrap();
            call.messages
                .iter()
                .any(|message| message.content.contains(part))
        };
        let rules = script["faults"].as_array().unwrap().iter();
        let fitting: Vec<&Value> = rules
            .filter(|rule| rule["contains"].as_array().unwrap().iter().all(said))
            .collect();
        let [rule] = fitting.as_slice() else {
            panic!("{} rules fit {example}", fitting.len());
        };
        text(&rule["text"].to_string())
    });
    assert_eq!(calls.len(), 1, "the reply can be read");
    assessment
}

#[test]
fn each_example_has_a_careful_reply_whose_quotations_are_found() {
    // What a person finds who looks closely.
    for (name, passed) in [
        ("1-code-correct.json", true),
        ("2-code-subtly-wrong.json", false),
        ("3-customer-support.json", true),
        ("4-summary-with-invention.json", false),
        ("5-agent-trajectory.json", true),
        ("6-change-with-tests.json", true),
        ("7-grounded-answer.json", true),
    ] {
        let assessment = judged(&file(name));
        assert_eq!(assessment.outcome, Outcome::Scored, "{name}");
        assert_eq!(assessment.passed, Some(passed), "{name}");
        let quotations = assessment
            .criteria
            .iter()
            .flat_map(|criterion| &criterion.evidence);
        for quotation in quotations {
            assert!(quotation.found, "{name}: {}", quotation.quote);
        }
    }
}

#[test]
fn the_example_of_the_readme_is_replied_to_by_hand_as_well() {
    let example = json!({
        "input": "Write a median function.",
        "output": "def median(xs):\n    xs = sorted(xs)\n    return xs[len(xs) // 2]",
        "rubric": "code-correctness",
    });
    let assessment = judged(&example.to_string());
    assert_eq!(assessment.passed, Some(false));
    let readme = file("../../README.md");
    let score = assessment.score.unwrap();
    assert!(
        readme.contains(&format!("\"score\": {score}, \"passed\": false")),
        "{score}"
    );
    for criterion in assessment.criteria.iter().take(2) {
        assert!(
            readme.contains(&criterion.rationale),
            "{}",
            criterion.rationale
        );
    }
}
