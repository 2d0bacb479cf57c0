//! A cheap stage, and a dearer one where it is unsure.

use domain::assessment::{Assessment, DecisionReason, Outcome, ReasonCode};
use domain::json::Json;
use domain::plan::{Plan, StrategyPlan};
use domain::strategy::StageName;
use domain::submission;
use judging::{Answer, JudgeCall, Next, Replies};

use crate::fixture::{
    ONE, SUBMISSION, alike, judge, judge_with, plan, reply, scored, step, steps_of, text, with,
};

const MARKED: &str = r#"{"pass_threshold": 0.7, "criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}]}"#;

/// A small judge, and a large one where it is unsure.
const SMALL_THEN_LARGE: &str =
    r#"{"kind": "cascade", "first": {"model": "small"}, "then": {"model": "large"}}"#;

fn cascade(strategy: &str, rubric: &str, request: &str) -> Plan {
    let asked = format!(r#"{{"output": "x", "strategy": {strategy}}}"#);
    let json = Json::parse(asked.as_bytes()).unwrap();
    let asked = submission::parse(&json).unwrap();
    let strategy = StrategyPlan::resolve(&asked.strategy, asked.samples, "judge-1");
    let plan = plan(rubric);
    let json = Json::parse(request.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let prompt_version = judging::prompt_version(&strategy, &submission, &plan.rubric);
    Plan {
        prompt_version,
        ..with(strategy, plan)
    }
}

#[track_caller]
fn decided(assessment: &Assessment) -> (StageName, DecisionReason) {
    let decision = assessment
        .cascade
        .as_ref()
        .expect("a cascade says who decided");
    assert!(!decision.detail.is_empty());
    (decision.decided_by, decision.reason.clone())
}

#[test]
fn a_sure_judge_is_the_only_one_that_is_asked() {
    let plan = cascade(SMALL_THEN_LARGE, MARKED, SUBMISSION);
    let (calls, assessment) = judge(&plan, SUBMISSION, &[scored(5)]);
    assert_eq!(steps_of(&calls), ["first/judge"]);
    assert_eq!(calls[0].model, "small");
    assert_eq!(
        (assessment.score, assessment.passed),
        (Some(1.0), Some(true))
    );
    assert_eq!(
        decided(&assessment),
        (StageName::First, DecisionReason::Sure)
    );
    assert_eq!(assessment.prompt_version, "direct-4");
    assert_eq!(assessment.judges[0].stage, Some(StageName::First));
    let stages = assessment.cascade.unwrap().stages;
    assert_eq!(stages.len(), 1, "the other one was not asked");
}

#[test]
fn a_score_next_to_the_pass_mark_goes_to_the_stronger_judge() {
    // 0.75, a mark of 0.7 and a margin of 0.1.
    let plan = cascade(SMALL_THEN_LARGE, MARKED, SUBMISSION);
    let (calls, assessment) = judge(&plan, SUBMISSION, &[scored(4), scored(2)]);
    assert_eq!(steps_of(&calls), ["first/judge", "then/judge"]);
    assert_eq!([&*calls[0].model, &*calls[1].model], ["small", "large"]);
    assert_eq!(
        calls[0].messages, calls[1].messages,
        "the second judge is not told what the first one said"
    );
    assert_eq!(
        (assessment.score, assessment.passed),
        (Some(0.25), Some(false))
    );
    assert_eq!(
        decided(&assessment),
        (StageName::Then, DecisionReason::Interval)
    );
    let decision = assessment.cascade.unwrap();
    assert!(
        decision.detail.contains("0.65 to 0.85"),
        "{}",
        decision.detail
    );
    let told: Vec<_> = decision
        .stages
        .iter()
        .map(|stage| (stage.stage, &*stage.model, stage.score, stage.passed))
        .collect();
    assert_eq!(
        told,
        [
            (StageName::First, "small", Some(0.75), Some(true)),
            (StageName::Then, "large", Some(0.25), Some(false))
        ]
    );
    let said: Vec<_> = assessment
        .judges
        .iter()
        .map(|word| (word.stage, word.score))
        .collect();
    assert_eq!(
        said,
        [
            (Some(StageName::First), Some(0.75)),
            (Some(StageName::Then), Some(0.25))
        ]
    );
    assert_eq!(assessment.model_used, ["large", "small"]);
}

#[test]
fn the_interval_ends_where_the_margin_does() {
    let by = |margin: &str| {
        let rest = format!(r#""then": {{"model": "large"}}, "when": {{"margin": {margin}}}"#);
        let strategy = format!(r#"{{"kind": "cascade", "first": {{"model": "small"}}, {rest}}}"#);
        let plan = cascade(&strategy, MARKED, SUBMISSION);
        let (calls, _) = judge_with(&plan, SUBMISSION, |_| scored(4));
        calls.len()
    };
    // 0.75 is 0.05 away from the mark.
    assert_eq!((by("0.05"), by("0.049"), by("0")), (2, 1, 1));
}

#[test]
fn without_a_pass_mark_only_disagreement_and_no_score_count() {
    let unmarked = MARKED.replace(r#""pass_threshold": 0.7, "#, "");
    let plan = cascade(SMALL_THEN_LARGE, &unmarked, SUBMISSION);
    let (calls, _) = judge(&plan, SUBMISSION, &[scored(3)]);
    assert_eq!(steps_of(&calls), ["first/judge"]);
}

#[test]
fn samples_that_disagree_go_to_the_debate() {
    let strategy = r#"{"kind": "cascade", "when": {"interval": false}}"#;
    let plan = cascade(strategy, ONE, SUBMISSION);
    let close = [scored(4), scored(4), scored(5)];
    let (calls, assessment) = judge(&plan, SUBMISSION, &close);
    assert_eq!(
        steps_of(&calls),
        ["first/judge", "first/judge/2", "first/judge/3"]
    );
    assert_eq!(
        alike(&calls),
        [Some("first/judge"); 3],
        "one request may bring all samples"
    );
    assert_eq!(
        decided(&assessment),
        (StageName::First, DecisionReason::Sure)
    );

    let answers = [scored(3), scored(4), scored(5), scored(5), scored(5)];
    let (calls, assessment) = judge(&plan, SUBMISSION, &answers);
    assert_eq!(steps_of(&calls[3..]), ["then/opening/1", "then/opening/2"]);
    assert_eq!(
        decided(&assessment),
        (StageName::Then, DecisionReason::Disagreement)
    );
    assert_eq!(assessment.score, Some(1.0));
    assert_eq!(assessment.prompt_version, "debate-4");
    let detail = assessment.cascade.unwrap().detail;
    assert!(detail.contains("0.5 apart on `merit`"), "{detail}");
}

#[test]
fn who_came_to_no_score_is_unsure() {
    let plan = cascade(SMALL_THEN_LARGE, MARKED, SUBMISSION);
    let refusal = Answer::Refused {
        message: "No.".to_owned(),
    };
    let (calls, assessment) = judge(&plan, SUBMISSION, &[refusal.clone(), scored(5)]);
    assert_eq!(steps_of(&calls), ["first/judge", "then/judge"]);
    assert_eq!(
        decided(&assessment),
        (StageName::Then, DecisionReason::Unscorable)
    );
    assert_eq!(assessment.score, Some(1.0));
    let first = &assessment.cascade.as_ref().unwrap().stages[0];
    assert_eq!(
        (first.outcome, first.reason.clone()),
        (Outcome::Unscorable, Some(ReasonCode::Refused))
    );

    let strict =
        r#"{"kind": "cascade", "first": {"model": "small"}, "when": {"unscorable": false}}"#;
    let plan = cascade(strict, MARKED, SUBMISSION);
    let (calls, assessment) = judge(&plan, SUBMISSION, &[refusal]);
    assert_eq!(steps_of(&calls), ["first/judge"]);
    assert_eq!(assessment.outcome, Outcome::Unscorable);
}

#[test]
fn a_comparison_that_turns_with_the_order_is_asked_again() {
    let pair = r#"{"outputs": [{"id": "a", "text": "1"}, {"id": "b", "text": "2"}]}"#;
    let better = |side: &str| {
        text(&format!(
            r#"{{"criteria": {{"merit": {{"rationale": "So.", "evidence": [], "better": "{side}"}}}}, "summary": "So."}}"#
        ))
    };
    let plan = cascade(SMALL_THEN_LARGE, MARKED, pair);
    assert_eq!(plan.prompt_version, "direct-4-pair+direct-4-pair");
    let (calls, assessment) = judge(
        &plan,
        pair,
        &[better("A"), better("A"), better("A"), better("B")],
    );
    assert_eq!(
        steps_of(&calls),
        [
            "first/judge",
            "first/swapped/judge",
            "then/judge",
            "then/swapped/judge"
        ]
    );
    assert_eq!(
        decided(&assessment),
        (StageName::Then, DecisionReason::Disagreement)
    );
    assert_eq!(assessment.preference.unwrap().probability_first, 1.0);
    let (calls, _) = judge(&plan, pair, &[better("A"), better("B")]);
    assert_eq!(calls.len(), 2, "the same side in both orders is sure");
}

#[test]
fn a_retry_buys_what_kept_the_last_stage_from_a_score() {
    let plan = cascade(SMALL_THEN_LARGE, MARKED, SUBMISSION);
    let json = Json::parse(SUBMISSION.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let replies: Replies = [
        ("first/judge", scored(4)),
        ("then/judge", text("It looks fine.")),
        ("then/judge/repair", text("Quite fine.")),
    ]
    .map(|(name, answer)| (step(name), reply(answer)))
    .into();
    assert!(matches!(
        judging::next(&plan, &submission, &replies),
        Next::Done(assessment) if assessment.outcome == Outcome::Unscorable
    ));
    assert_eq!(
        judging::unusable_steps(&plan, &submission, &replies),
        [step("then/judge"), step("then/judge/repair")]
    );
}

#[test]
fn progress_and_prompts_know_the_stages() {
    let plan = cascade("\"cascade\"", ONE, SUBMISSION);
    let json = Json::parse(SUBMISSION.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    assert_eq!(judging::steps_planned(&plan, &submission), 3 + 2 * 3 + 1);
    assert_eq!(judging::calls_at_once(&plan, &submission), 3);
    assert!(judging::writes_prompt(
        &plan.prompt_version,
        &plan.strategy,
        &submission,
        &plan.rubric
    ));
    assert!(judging::writes_prompt(
        "direct-1+debate-2",
        &plan.strategy,
        &submission,
        &plan.rubric
    ));
    assert!(!judging::writes_prompt(
        "direct-4+debate-99",
        &plan.strategy,
        &submission,
        &plan.rubric
    ));
    let staged = |call: &JudgeCall| judging::stage(&plan, std::slice::from_ref(call));
    let answers = [1, 3, 5, 5, 5].map(scored);
    let (calls, _) = judge(&plan, SUBMISSION, &answers);
    assert_eq!(staged(&calls[0]), "first stage: judging");
    assert_eq!(staged(&calls[4]), "second stage: openings");
}
