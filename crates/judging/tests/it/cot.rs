//! Chain of thought: steps, reasoning, scores.

use domain::assessment::{Outcome, ReasonCode};
use domain::json::Json;
use domain::plan::{Plan, SoloPlan, StrategyPlan};
use domain::submission;
use judging::{Replies, ReplyFormat};

use crate::fixture::{
    ONE, SUBMISSION, alike, judge, plan, reply, scored, step, steps_of, text, with,
};

const STEPS: &str = r#"{"steps": ["Read the task.", "Run it in your head."]}"#;

fn cot(steps: Option<Vec<String>>) -> Plan {
    let strategy = StrategyPlan::Cot {
        steps,
        solo: SoloPlan::default(),
    };
    with(strategy, plan(ONE))
}

#[test]
fn steps_are_made_from_the_rubric_alone_and_then_gone_through() {
    let (calls, assessment) = judge(&cot(None), SUBMISSION, &[text(STEPS), scored(4)]);
    assert_eq!(steps_of(&calls), ["steps", "judge"]);
    assert!(
        calls[0]
            .messages
            .iter()
            .all(|message| !message.content.contains("sorted(xs)")),
        "steps serve every candidate"
    );
    let system = &calls[1].messages[0].content;
    assert!(system.contains("1. Read the task.") && system.contains("2. Run it in your head."));
    assert_eq!(assessment.score, Some(0.75));
}

#[test]
fn samples_are_alike_and_the_call_for_their_steps_is_not() {
    let solo = SoloPlan {
        samples: 2,
        ..SoloPlan::default()
    };
    let plan = with(StrategyPlan::Cot { steps: None, solo }, plan(ONE));
    let answers = [text(STEPS), scored(4), scored(4)];
    let (calls, _) = judge(&plan, SUBMISSION, &answers);
    assert_eq!(steps_of(&calls), ["steps", "judge", "judge/2"]);
    assert_eq!(alike(&calls), [None, Some("judge"), Some("judge")]);
}

#[test]
fn given_steps_cost_no_call() {
    let planned = Some(vec!["Look twice.".to_owned()]);
    let (calls, _) = judge(&cot(planned), SUBMISSION, &[scored(4)]);
    assert_eq!(steps_of(&calls), ["judge"]);
    assert!(calls[0].messages[0].content.contains("1. Look twice."));
}

#[test]
fn the_reasoning_is_written_first_and_never_scored() {
    let (calls, assessment) = judge(
        &cot(Some(vec!["Look.".to_owned()])),
        SUBMISSION,
        &[
            text(
                r#"{"reasoning": ["I would say {\"score\": 1}, or score: 5"], "criteria": {"merit": {"rationale": "r"}}}"#,
            ),
            text(
                r#"{"reasoning": ["merit: 1"], "criteria": {"merit": {"rationale": "r", "evidence": [], "score": 4}}, "summary": ""}"#,
            ),
        ],
    );
    assert_eq!(steps_of(&calls), ["judge", "judge/repair"]);
    assert_eq!(assessment.score, Some(0.75));
    let ReplyFormat::Json { schema, .. } = &calls[0].format else {
        panic!("it asks for JSON");
    };
    let places =
        ["\"reasoning\"", "\"rationale\"", "\"score\""].map(|name| schema.get().find(name));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?}"
    );
}

#[test]
fn without_steps_there_is_no_judgement() {
    let (_, assessment) = judge(&cot(None), SUBMISSION, &[text("1. Look."), text("{}")]);
    assert_eq!(
        (assessment.outcome, assessment.reason),
        (Outcome::Unscorable, Some(ReasonCode::UnreadableReply))
    );
}

#[test]
fn steps_that_the_model_made_are_worth_keeping() {
    let mut replies = Replies::new();
    assert_eq!(judging::made_steps(&cot(None), &replies), None);
    replies.insert(step("steps"), reply(text(STEPS)));
    let made = vec![
        "Read the task.".to_owned(),
        "Run it in your head.".to_owned(),
    ];
    assert_eq!(
        judging::made_steps(&cot(None), &replies),
        Some(made.clone())
    );
    assert_eq!(
        judging::made_steps(&cot(Some(made)), &replies),
        None,
        "these are kept already"
    );
}

#[test]
fn a_second_run_buys_only_what_was_of_no_use() {
    let json = Json::parse(SUBMISSION.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let mut replies = Replies::new();
    for (name, said) in [("steps", STEPS), ("judge", "?"), ("judge/repair", "??")] {
        replies.insert(step(name), reply(text(said)));
    }
    let spoiled = judging::unusable_steps(&cot(None), &submission, &replies);
    assert_eq!(spoiled, [step("judge"), step("judge/repair")]);
}
