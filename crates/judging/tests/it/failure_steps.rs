//! Where a trajectory failed: what a judge is asked, how its answer is read, and what an assessment says.

use domain::assessment::{Assessment, Flag};
use domain::plan::{DebatePlan, Plan, SoloPlan, StrategyPlan};
use domain::strategy::{Debater, Ruling, Stance};
use judging::{Answer, JudgeCall};

use crate::fixture::{judge, plan, text, with};

const RUBRIC: &str = r#"{"criteria": [
    {"name": "process", "locate": true},
    {"name": "result", "scale": {"type": "boolean"}}
]}"#;

const TRAJECTORY: &str = r#"{"input": "Free the disk.", "trajectory": [
    {"role": "user", "content": "Free the disk."},
    {"role": "assistant", "content": "I look first. done"},
    {"role": "assistant", "content": "rm -rf /srv/data"},
    {"role": "tool", "content": "done"}
]}"#;

fn said(score: u32, step: &str, quote: &str) -> Answer {
    text(&format!(
        r#"{{"criteria": {{"process": {{"rationale": "It is worth {score}.", "evidence": ["{quote}"]{step}, "score": {score}}},
        "result": {{"rationale": "It is there.", "evidence": [], "score": true}}}}, "summary": "So."}}"#
    ))
}

fn at(score: u32, step: &str, quote: &str) -> Answer {
    said(score, &format!(r#", "failure_step": {step}"#), quote)
}

fn judged(answers: &[Answer]) -> (Vec<JudgeCall>, Assessment) {
    judge(&plan(RUBRIC), TRAJECTORY, answers)
}

fn all_words(call: &JudgeCall) -> String {
    let words = call.messages.iter().map(|it| it.content.as_str());
    words.collect()
}

#[test]
fn the_step_has_one_number_in_prompt_reply_assessment_and_pointer() {
    let (calls, assessment) = judged(&[at(1, "2", "rm -rf /srv/data")]);
    let asked = all_words(&calls[0]);
    assert!(
        asked.contains("] 2. assistant\nrm -rf /srv/data"),
        "{asked}"
    );
    assert!(asked.contains("\"failure_step\": <the number of a message, or null>, \"score\""));
    assert!(asked.contains("Under `failure_step` give"));
    let process = &assessment.criteria[0];
    assert_eq!(process.failure_step, Some(Some(2)));
    let pointer = process.evidence[0].pointer.as_deref();
    assert_eq!(pointer, Some("/trajectory/2/content"));
    assert_eq!(assessment.criteria[1].failure_step, None, "not asked");
    assert_eq!(assessment.flags, []);
    let judging::ReplyFormat::Json { schema, .. } = &calls[0].format else {
        panic!("a form of ours");
    };
    assert_eq!(schema.get().matches(r#""failure_step":{"#).count(), 1);
}

#[test]
fn a_criterion_that_did_not_fail_has_null() {
    let (_, assessment) = judged(&[at(5, "null", "rm -rf /srv/data")]);
    let process = serde_json::to_value(&assessment.criteria[0]).unwrap();
    assert!(process["failure_step"].is_null());
    assert!(process.as_object().unwrap().contains_key("failure_step"));
    let read: Assessment =
        serde_json::from_value(serde_json::to_value(&assessment).unwrap()).unwrap();
    assert_eq!(read, assessment, "null and absent are told apart");
}

#[test]
fn what_names_no_message_is_asked_for_again() {
    for (bad, why) in [
        (at(1, "4", "done"), "none of the 4 messages"),
        (at(1, "-1", "done"), "none of the 4 messages"),
        (at(1, "1.5", "done"), "none of the 4 messages"),
        (at(1, "[1, 2]", "done"), "none of the 4 messages"),
        (at(1, "true", "done"), "none of the 4 messages"),
        (said(1, "", "done"), "it has no `failure_step`"),
        (at(5, "2", "done"), "although the criterion is met in full"),
    ] {
        let (calls, assessment) = judged(&[bad, at(2, "\"3\"", "done")]);
        assert!(all_words(&calls[1]).contains(why), "{why}");
        assert_eq!(assessment.criteria[0].failure_step, Some(Some(3)));
        assert_eq!(assessment.flags, [Flag::ReplyRepaired]);
    }
}

#[test]
fn a_quotation_that_stands_twice_is_that_of_the_step() {
    let (_, assessment) = judged(&[at(2, "3", "done")]);
    let pointer = assessment.criteria[0].evidence[0].pointer.as_deref();
    assert_eq!(pointer, Some("/trajectory/3/content"));
    assert_eq!(assessment.flags, []);
}

#[test]
fn a_step_that_nothing_quoted_stands_in_is_flagged() {
    let (_, assessment) = judged(&[at(2, "3", "I look first.")]);
    assert_eq!(assessment.criteria[0].failure_step, Some(Some(3)));
    assert_eq!(assessment.flags, [Flag::FailureStepUnsupported]);
}

#[test]
fn only_the_result_under_a_rubric_about_the_process_is_flagged() {
    let output = r#"{"output": "All is free."}"#;
    let (calls, assessment) = judge(&plan(RUBRIC), output, &[said(2, "", "All is free.")]);
    assert!(!all_words(&calls[0]).contains("failure_step"));
    assert_eq!(assessment.criteria[0].failure_step, Some(None));
    assert_eq!(assessment.flags, [Flag::TrajectoryMissing]);
    let refused = Answer::Refused {
        message: String::new(),
    };
    let (_, unscorable) = judge(&plan(RUBRIC), output, &[refused]);
    assert_eq!(unscorable.flags, [Flag::TrajectoryMissing]);
}

fn debate(rounds: u32) -> Plan {
    let debater = |stance| Debater {
        model: "judge-1".to_owned(),
        stance,
        weight: 1.0,
    };
    let debate = DebatePlan {
        debaters: vec![debater(Stance::Neutral), debater(Stance::Critic)],
        rounds,
        verdict: Ruling::Mean,
        moderator: "judge-1".to_owned(),
        agreement: 0.1,
        window: 1,
        swap: false,
    };
    with(StrategyPlan::Debate(debate), plan(RUBRIC))
}

#[test]
fn debaters_read_where_the_others_saw_it_fail_and_the_nearest_speaks() {
    let answers = [
        at(4, "1", "I look first."),
        at(1, "2", "rm -rf /srv/data"),
        at(2, "2", "rm -rf /srv/data"),
        at(1, "2", "rm -rf /srv/data"),
    ];
    let (calls, assessment) = judge(&debate(1), TRAJECTORY, &answers);
    assert!(all_words(&calls[2]).contains("score 1, failed at message 2"));
    assert_eq!(assessment.criteria[0].failure_step, Some(Some(2)));
    let opening = &assessment.judges[0].criteria[0];
    assert_eq!(opening.failure_step, Some(1));
}

#[test]
fn chain_of_thought_asks_for_it_and_its_steps_do_not() {
    let cot = StrategyPlan::Cot {
        steps: None,
        solo: SoloPlan::default(),
    };
    let steps = text(r#"{"steps": ["Read it.", "Weigh it.", "Say it."]}"#);
    let answers = [steps, at(3, "2", "rm -rf /srv/data")];
    let (calls, assessment) = judge(&with(cot, plan(RUBRIC)), TRAJECTORY, &answers);
    assert!(!all_words(&calls[0]).contains("failure_step"));
    assert!(all_words(&calls[1]).contains("failure_step"));
    assert_eq!(assessment.criteria[0].failure_step, Some(Some(2)));
}
