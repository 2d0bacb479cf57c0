//! How far an evaluation is, in words and numbers for those who wait.

use domain::plan::{Plan, StrategyPlan};
use domain::strategy::Ruling;
use domain::submission::Submission;

use super::{MAX_CONCURRENT, debate, solo};
use crate::call::JudgeCall;

/// How many calls a plan makes at most when nothing has to be repaired.
#[must_use]
pub fn steps_planned(plan: &Plan, submission: &Submission<'_>) -> u32 {
    let at_once = independent(plan, submission);
    match &plan.strategy {
        StrategyPlan::Direct(_) | StrategyPlan::Cot { steps: Some(_), .. } => at_once,
        StrategyPlan::Cot { steps: None, .. } => at_once.saturating_add(1),
        StrategyPlan::Debate(debate) => {
            let moderators = if debate.verdict == Ruling::Moderator {
                orders(debate.swap, submission)
            } else {
                0
            };
            at_once
                .saturating_mul(debate.rounds.saturating_add(1))
                .saturating_add(moderators)
        }
    }
}

/// How many calls a plan wants at once at most: each holds the candidate.
#[must_use]
pub fn calls_at_once(plan: &Plan, submission: &Submission<'_>) -> u32 {
    let most = u32::try_from(MAX_CONCURRENT).unwrap_or(u32::MAX);
    independent(plan, submission).min(most)
}

/// How many calls do not depend on one another.
fn independent(plan: &Plan, submission: &Submission<'_>) -> u32 {
    match &plan.strategy {
        StrategyPlan::Direct(solo) | StrategyPlan::Cot { solo, .. } => {
            let parts = if solo.per_criterion {
                u32::try_from(plan.rubric.criteria.len()).unwrap_or(u32::MAX)
            } else {
                1
            };
            solo.samples
                .saturating_mul(parts)
                .saturating_mul(orders(solo.swap, submission))
        }
        StrategyPlan::Debate(debate) => u32::try_from(debate.debaters.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(orders(debate.swap, submission)),
    }
}

fn orders(swap: bool, submission: &Submission<'_>) -> u32 {
    if swap && submission.candidate.outputs.is_some() {
        2
    } else {
        1
    }
}

/// What the wanted calls are for, such as `round 2 of 3`.
#[must_use]
pub fn stage(plan: &Plan, calls: &[JudgeCall]) -> String {
    let Some(first) = calls.first() else {
        return "judging".to_owned();
    };
    let step = first.step.0.as_str();
    let step = step.strip_prefix("swapped/").unwrap_or(step);
    let again = if step.ends_with("/repair") {
        ", asked again"
    } else {
        ""
    };
    let part = step.split('/').next().unwrap_or(step);
    let words = match (&plan.strategy, part) {
        (_, solo::STEPS) => "evaluation steps".to_owned(),
        (_, debate::MODERATOR) => "moderator".to_owned(),
        (StrategyPlan::Debate(debate), "opening") if debate.rounds == 0 => "jury".to_owned(),
        (_, "opening") => "openings".to_owned(),
        (StrategyPlan::Debate(debate), part) => match part.strip_prefix("round-") {
            Some(round) => format!("round {round} of {}", debate.rounds),
            None => "judging".to_owned(),
        },
        _ => "judging".to_owned(),
    };
    format!("{words}{again}")
}
