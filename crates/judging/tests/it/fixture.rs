//! A small evaluation to judge.

use domain::assessment::Assessment;
use domain::fields::Errors;
use domain::json::Json;
use domain::plan::{Plan, ReaderVersion, SoloPlan, StrategyPlan};
use domain::{rubric, submission};
use judging::{Answer, JudgeCall, Next, Replies, Reply, StepKey, Usage};

pub(crate) const RUBRIC: &str = r#"{
    "name": "fixture", "description": "For tests.", "pass_threshold": 0.7,
    "criteria": [
        {"name": "zeal", "description": "How much?", "weight": 2, "scale": {"type": "numeric", "min": 1, "max": 5, "anchors": {"1": "none", "5": "all"}}},
        {"name": "a safe one", "scale": {"type": "boolean"}},
        {"name": "style", "scale": {"type": "categories", "values": {"poor": 0, "fair": 0.5, "good": 1}}}
    ]
}"#;

pub(crate) const SUBMISSION: &str =
    r#"{"input": "Sort.", "output": "def sort(xs):\n    return sorted(xs)  # “done”\n"}"#;

pub(crate) const GOOD: &str = r#"{"criteria": {
    "zeal": {"rationale": "It does.", "evidence": ["return sorted(xs)"], "score": 4},
    "a safe one": {"rationale": "No input.", "evidence": [], "score": true},
    "style": {"rationale": "Short.", "evidence": ["not in it"], "score": "fair"}
}, "summary": "Fine."}"#;

pub(crate) fn plan(rubric_text: &str) -> Plan {
    let json = Json::parse(rubric_text.as_bytes()).unwrap();
    let rubric = rubric::parse(&json, "", &mut Errors::default()).unwrap();
    Plan {
        version: Plan::VERSION,
        strategy: StrategyPlan::Direct(SoloPlan::default()),
        prompt_version: "direct-4".to_owned(),
        reader: ReaderVersion::CURRENT,
        rubric_label: "fixture@1".to_owned(),
        rubric,
        model: "judge-1".to_owned(),
        temperature: None,
        nonce: "0123456789abcdef0123456789abcdef".to_owned(),
        seed: 7,
        routes: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn text(text: &str) -> Answer {
    Answer::Text {
        text: text.to_owned(),
        cut_off: false,
    }
}

/// Gives the answers to the calls in turn until there is an assessment; returns the calls too.
pub(crate) fn judge(
    plan: &Plan,
    submission_text: &str,
    answers: &[Answer],
) -> (Vec<JudgeCall>, Assessment) {
    let mut left = answers.iter().cloned();
    let judged = judge_with(plan, submission_text, |_| {
        left.next().expect("an answer to each call")
    });
    assert_eq!(left.next(), None, "an answer too many");
    judged
}

/// As [`judge`], with an answer made for each call.
pub(crate) fn judge_with(
    plan: &Plan,
    submission_text: &str,
    mut answer: impl FnMut(&JudgeCall) -> Answer,
) -> (Vec<JudgeCall>, Assessment) {
    judge_by(plan, submission_text, |call| Reply {
        model: call.model.clone(),
        ..reply(answer(call))
    })
}

/// As [`judge`], with a whole reply made for each call.
pub(crate) fn judge_by(
    plan: &Plan,
    submission_text: &str,
    mut answer: impl FnMut(&JudgeCall) -> Reply,
) -> (Vec<JudgeCall>, Assessment) {
    let json = Json::parse(submission_text.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let (mut replies, mut made) = (Replies::new(), Vec::new());
    loop {
        match judging::next(plan, &submission, &replies) {
            Next::Done(assessment) => return (made, *assessment),
            Next::Calls(calls) => {
                assert!(!calls.is_empty(), "nothing is wanted and nothing is done");
                for call in calls {
                    let given = answer(&call);
                    let before = replies.insert(call.step.clone(), given);
                    assert_eq!(before, None, "{} is bought twice", call.step);
                    made.push(call);
                }
            }
        }
    }
}

/// The same plan with another strategy.
pub(crate) fn with(strategy: StrategyPlan, plan: Plan) -> Plan {
    Plan { strategy, ..plan }
}

/// A verdict on the one criterion of [`ONE`].
pub(crate) fn scored(score: u32) -> Answer {
    text(&format!(
        r#"{{"criteria": {{"merit": {{"rationale": "It is worth {score}.", "evidence": [], "score": {score}}}}}, "summary": "{score} it is."}}"#
    ))
}

/// A rubric with one criterion from 1 to 5.
pub(crate) const ONE: &str = r#"{"pass_threshold": 0.5, "criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}]}"#;

pub(crate) fn steps_of(calls: &[JudgeCall]) -> Vec<&str> {
    calls.iter().map(|call| call.step.0.as_str()).collect()
}

pub(crate) fn reply(answer: Answer) -> Reply {
    Reply {
        answer,
        provider: "fixture".to_owned(),
        model: "judge-1-2026".to_owned(),
        usage: Usage::default(),
        service_tier: None,
        logprobs: None,
    }
}

pub(crate) fn step(name: &str) -> StepKey {
    StepKey(name.to_owned())
}

/// Of each call the first of the samples that put the same question.
pub(crate) fn alike(calls: &[JudgeCall]) -> Vec<Option<&str>> {
    calls
        .iter()
        .map(|call| call.alike.as_ref().map(|step| step.0.as_str()))
        .collect()
}
