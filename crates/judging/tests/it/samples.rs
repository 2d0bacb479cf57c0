//! One judge asked several times, or criterion by criterion.

use std::collections::BTreeSet;

use domain::assessment::{Flag, Outcome, ReasonCode};
use domain::json::Json;
use domain::plan::{Plan, SoloPlan, StrategyPlan};
use domain::submission;
use judging::{Answer, JudgeCall, Next, Replies};
use serde_json::Value;

use crate::fixture::{
    GOOD, ONE, RUBRIC, SUBMISSION, alike, judge, judge_with, plan, reply, scored, steps_of, text,
    with,
};

fn sampled(samples: u32) -> Plan {
    let solo = SoloPlan {
        samples,
        ..SoloPlan::default()
    };
    with(StrategyPlan::Direct(solo), plan(ONE))
}

#[test]
fn samples_are_asked_for_side_by_side_and_averaged() {
    let (calls, assessment) = judge(&sampled(3), SUBMISSION, &[scored(3), scored(4), scored(5)]);
    assert_eq!(steps_of(&calls), ["judge", "judge/2", "judge/3"]);
    let prompts: BTreeSet<&str> = calls
        .iter()
        .map(|call| call.messages[1].content.as_str())
        .collect();
    assert_eq!(
        prompts.len(),
        3,
        "a cache on the way would answer equal prompts with one reply"
    );
    assert_eq!(assessment.score, Some(0.75));
    let criterion = &assessment.criteria[0];
    assert_eq!(
        (criterion.score, criterion.normalized),
        (Some(4.0), Some(0.75))
    );
    assert_eq!(
        criterion.rationale, "It is worth 4.",
        "the words are those of the sample nearest to the mean"
    );
    let uncertainty = assessment.uncertainty.unwrap();
    assert_eq!((uncertainty.samples, uncertainty.unusable), (3, 0));
    assert_eq!(uncertainty.std, Some(0.25));
    let (low, high) = (uncertainty.low.unwrap(), uncertainty.high.unwrap());
    assert!(low < 0.75 && 0.75 < high && (0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
    let said: Vec<_> = assessment
        .judges
        .iter()
        .map(|judge| (judge.sample, judge.score, judge.criteria.len()))
        .collect();
    assert_eq!(
        said,
        [
            (Some(1), Some(0.5), 1),
            (Some(2), Some(0.75), 1),
            (Some(3), Some(1.0), 1)
        ]
    );
}

#[test]
fn samples_of_one_question_are_alike_and_their_repairs_are_not() {
    let garbage = text("no idea");
    let answers = [scored(3), garbage, scored(5), scored(4)];
    let (calls, _) = judge(&sampled(3), SUBMISSION, &answers);
    assert_eq!(
        steps_of(&calls),
        ["judge", "judge/2", "judge/3", "judge/2/repair"]
    );
    let first = Some("judge");
    assert_eq!(alike(&calls), [first, first, first, None]);
    // A single one is like no other.
    let (calls, _) = judge(&sampled(1), SUBMISSION, &[scored(3)]);
    assert_eq!(alike(&calls), [None]);
}

/// Of [`GOOD`] what a call asks for: one criterion.
fn good_of_one(call: &JudgeCall) -> Answer {
    let mut reply: Value = serde_json::from_str(GOOD).unwrap();
    let criteria = reply["criteria"].as_object_mut().unwrap();
    criteria.retain(|name, _| call.messages[1].content.contains(&format!("\"{name}\"")));
    text(&reply.to_string())
}

#[test]
fn another_criterion_is_another_question() {
    let solo = SoloPlan {
        per_criterion: true,
        samples: 2,
        ..SoloPlan::default()
    };
    let plan = with(StrategyPlan::Direct(solo), plan(RUBRIC));
    let (calls, _) = judge_with(&plan, SUBMISSION, good_of_one);
    let firsts = [
        "judge/criterion-1",
        "judge/criterion-2",
        "judge/criterion-3",
    ];
    let twice: Vec<_> = firsts.into_iter().chain(firsts).map(Some).collect();
    assert_eq!(alike(&calls), twice);
}

#[test]
fn samples_with_a_prompt_of_the_rubrics_own_are_alike_too() {
    let own = r#"{"prompt": {"user": "Is {{ output }} good?"}, "reply": {"format": "number"},
        "criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}]}"#;
    let solo = SoloPlan {
        samples: 2,
        ..SoloPlan::default()
    };
    let plan = with(StrategyPlan::Direct(solo), plan(own));
    let (calls, _) = judge_with(&plan, SUBMISSION, |_| text("4"));
    assert_eq!(alike(&calls), [Some("judge"), Some("judge")]);
    assert_eq!(calls[0].messages, calls[1].messages);
}

#[test]
fn no_more_than_sixteen_calls_are_wanted_at_once() {
    let json = Json::parse(SUBMISSION.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let mut replies = Replies::new();
    let mut wanted = Vec::new();
    while let Next::Calls(calls) = judging::next(&sampled(32), &submission, &replies) {
        wanted.push(calls.len());
        for call in calls {
            replies.insert(call.step, reply(scored(3)));
        }
    }
    assert_eq!(wanted, [16, 16]);
}

/// Each question holds the candidate; samples of one are answered by one request.
#[test]
fn no_more_questions_are_put_at_once_than_there_is_memory_for() {
    let json = Json::parse(SUBMISSION.as_bytes()).unwrap();
    let submission = submission::parse(&json).unwrap();
    let solo = SoloPlan {
        samples: 3,
        per_criterion: true,
        ..SoloPlan::default()
    };
    let two = r#"{"criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}},
        {"name": "style", "scale": {"type": "numeric", "min": 1, "max": 5}}]}"#;
    let plan = with(StrategyPlan::Direct(solo), plan(two));
    let mut replies = Replies::new();
    let mut wanted = Vec::new();
    while let Next::Calls(calls) = judging::next_of(&plan, &submission, &replies, 1) {
        wanted.push(steps_of(&calls).join(" "));
        for call in calls {
            let name = if call.step.0.ends_with('1') {
                "merit"
            } else {
                "style"
            };
            let answer = format!(
                r#"{{"criteria": {{"{name}": {{"rationale": "Fine.", "evidence": [], "score": 3}}}}, "summary": "Fine."}}"#
            );
            replies.insert(call.step, reply(text(&answer)));
        }
    }
    assert_eq!(
        wanted,
        [
            "judge/criterion-1 judge/2/criterion-1 judge/3/criterion-1",
            "judge/criterion-2 judge/2/criterion-2 judge/3/criterion-2"
        ]
    );
    let Next::Calls(all) = judging::next_of(&plan, &submission, &Replies::new(), 2) else {
        panic!("nothing is wanted");
    };
    assert_eq!(all.len(), 6);
}

#[test]
fn one_sample_claims_no_uncertainty() {
    let (_, assessment) = judge(&sampled(1), SUBMISSION, &[scored(3)]);
    assert_eq!(assessment.uncertainty, None);
}

#[test]
fn what_some_samples_say_counts_and_how_many_did_not_is_said() {
    let garbage = || text("no idea");
    let (_, assessment) = judge(
        &sampled(3),
        SUBMISSION,
        &[scored(3), garbage(), scored(5), garbage()],
    );
    assert_eq!(
        (assessment.outcome, assessment.score),
        (Outcome::Scored, Some(0.75))
    );
    assert!(assessment.flags.contains(&Flag::RepliesUnusable));
    let uncertainty = assessment.uncertainty.unwrap();
    assert_eq!((uncertainty.samples, uncertainty.unusable), (2, 1));
}

#[test]
fn most_samples_have_to_be_of_use() {
    let no = || Answer::Refused {
        message: "no".to_owned(),
    };
    let (_, assessment) = judge(&sampled(3), SUBMISSION, &[scored(3), no(), no()]);
    assert_eq!(
        (assessment.outcome, assessment.reason, assessment.score),
        (Outcome::Unscorable, Some(ReasonCode::Refused), None)
    );
}

#[test]
fn each_criterion_may_have_a_call_of_its_own() {
    let solo = SoloPlan {
        per_criterion: true,
        ..SoloPlan::default()
    };
    let plan = with(StrategyPlan::Direct(solo), plan(RUBRIC));
    let (calls, assessment) = judge_with(&plan, SUBMISSION, |call| {
        let asked: Vec<_> = ["zeal", "a safe one", "style"]
            .into_iter()
            .filter(|name| call.messages[1].content.contains(&format!("\"{name}\"")))
            .collect();
        assert_eq!(
            asked.len(),
            1,
            "one criterion, and not a word of the others"
        );
        good_of_one(call)
    });
    assert_eq!(
        steps_of(&calls),
        [
            "judge/criterion-1",
            "judge/criterion-2",
            "judge/criterion-3"
        ]
    );
    assert_eq!(assessment.score, Some((2.0 * 0.75 + 1.0 + 0.5) / 4.0));
}

#[test]
fn without_one_criterion_there_is_no_score() {
    let solo = SoloPlan {
        per_criterion: true,
        ..SoloPlan::default()
    };
    let plan = with(StrategyPlan::Direct(solo), plan(RUBRIC));
    let (_, assessment) = judge_with(&plan, SUBMISSION, |call| {
        if call.step.0.contains("criterion-2") {
            text("?")
        } else {
            good_of_one(call)
        }
    });
    assert_eq!(
        (assessment.outcome, assessment.score),
        (Outcome::Unscorable, None)
    );
    assert!(assessment.criteria.is_empty());
}
