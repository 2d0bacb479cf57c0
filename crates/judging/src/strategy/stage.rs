//! How far an evaluation is, in words and numbers for those who wait.

use domain::plan::{Plan, StrategyPlan};
use domain::strategy::{Ruling, StageName};
use domain::submission::Submission;

use super::{MAX_CONCURRENT, cascade, debate, solo};
use crate::call::JudgeCall;

/// How many calls a plan makes at most when nothing has to be repaired.
#[must_use]
pub fn steps_planned(plan: &Plan, submission: &Submission<'_>) -> u32 {
    of_strategy(&plan.strategy, plan, submission)
}

fn of_strategy(strategy: &StrategyPlan, plan: &Plan, submission: &Submission<'_>) -> u32 {
    let at_once = independent(strategy, plan, submission);
    match strategy {
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
        StrategyPlan::Cascade(cascade) => of_strategy(&cascade.first.strategy, plan, submission)
            .saturating_add(of_strategy(&cascade.then.strategy, plan, submission)),
    }
}

/// How many calls a plan wants at once at most: each holds the candidate.
#[must_use]
pub fn calls_at_once(plan: &Plan, submission: &Submission<'_>) -> u32 {
    let most = u32::try_from(MAX_CONCURRENT).unwrap_or(u32::MAX);
    independent(&plan.strategy, plan, submission).min(most)
}

/// How many calls do not depend on one another.
fn independent(strategy: &StrategyPlan, plan: &Plan, submission: &Submission<'_>) -> u32 {
    match strategy {
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
        StrategyPlan::Cascade(cascade) => independent(&cascade.first.strategy, plan, submission)
            .max(independent(&cascade.then.strategy, plan, submission)),
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
    if let StrategyPlan::Cascade(cascade) = &plan.strategy
        && let Some((name, step)) = cascade::split(step)
    {
        let of_stage = words(&cascade.stage(name).strategy, step);
        return match name {
            StageName::First => format!("first stage: {of_stage}"),
            StageName::Then => format!("second stage: {of_stage}"),
        };
    }
    words(&plan.strategy, step)
}

fn words(strategy: &StrategyPlan, step: &str) -> String {
    let step = step.strip_prefix("swapped/").unwrap_or(step);
    let again = if step.ends_with("/repair") {
        ", asked again"
    } else {
        ""
    };
    let part = step.split('/').next().unwrap_or(step);
    let words = match (strategy, part) {
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
