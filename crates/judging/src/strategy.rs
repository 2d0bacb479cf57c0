//! `next(plan, candidate, replies)`: what an evaluation needs now.

mod direct;

use std::collections::BTreeMap;

use domain::assessment::Assessment;
use domain::plan::{Plan, StrategyPlan};
use domain::submission::{Strategy, Submission};

use crate::call::{JudgeCall, Reply, StepKey};

/// The replies that are committed, by step.
pub type Replies = BTreeMap<StepKey, Reply>;

/// What an evaluation needs now.
#[derive(Debug)]
pub enum Next {
    /// These calls; they do not depend on one another and may be made side by side.
    Calls(Vec<JudgeCall>),
    /// Nothing: this is the result.
    Done(Box<Assessment>),
}

/// Decides what comes next. The same arguments give the same answer, for ever.
#[must_use]
pub fn next(plan: &Plan, submission: &Submission<'_>, replies: &Replies) -> Next {
    match &plan.strategy {
        StrategyPlan::Direct {} => direct::next(plan, submission, replies),
    }
}

/// Whether a reply is of use to its strategy. When a sender has an evaluation run again, what was of use is
/// kept, and only the rest is bought once more.
#[must_use]
pub fn is_usable(plan: &Plan, reply: &Reply) -> bool {
    match &plan.strategy {
        StrategyPlan::Direct {} => direct::is_usable(plan, reply),
    }
}

/// How many calls a plan makes when nothing has to be repaired: the total of its progress.
#[must_use]
pub fn steps_planned(plan: &Plan) -> u32 {
    match &plan.strategy {
        StrategyPlan::Direct {} => 1,
    }
}

/// The version of the prompt that this build uses for a strategy: part of the plan.
#[must_use]
pub fn prompt_version(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Direct => direct::PROMPT_VERSION,
    }
}
