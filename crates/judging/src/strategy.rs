//! `next(plan, candidate, replies)`: what an evaluation needs now.
//!
//! Each strategy is a course of questions that ends in a position, in no consensus, or in the reason why there
//! is neither. A comparison runs it once for each order, a sampled evaluation once for each sample, all side by
//! side; [`outcome`] puts the ends together.

mod cascade;
mod debate;
mod lead;
mod outcome;
mod question;
mod ruling;
mod solo;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use domain::assessment::{Assessment, JudgeWord, Uncertainty};
use domain::plan::{Plan, StrategyPlan};
use domain::rubric::Rubric;
use domain::strategy::Ruling;
use domain::submission::Submission;

use crate::ask::Unusable;
use crate::call::{JudgeCall, Reply, StepKey};
use crate::context::{EvaluationContext, Order};
use crate::position::Position;
use crate::prompt;

pub use stage::{calls_at_once, stage, steps_planned};

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
    next_of(plan, submission, replies, MAX_CONCURRENT)
}

/// The same, with no more than so many questions at once (one at least): the others are asked for once these are
/// answered. Samples that put the same question are one, since one request may answer them.
#[must_use]
pub fn next_of(
    plan: &Plan,
    submission: &Submission<'_>,
    replies: &Replies,
    at_once: usize,
) -> Next {
    match judge(plan, submission, replies, at_once) {
        Progress::Calls(calls) => Next::Calls(calls),
        Progress::Ended((assessment, _)) => Next::Done(assessment),
    }
}

/// The steps whose replies left an evaluation without a score. When a sender has it run again, these are
/// bought once more, and everything else is kept.
#[must_use]
pub fn unusable_steps(plan: &Plan, submission: &Submission<'_>, replies: &Replies) -> Vec<StepKey> {
    match judge(plan, submission, replies, MAX_CONCURRENT) {
        Progress::Calls(_) => Vec::new(),
        Progress::Ended((_, unusable)) => unusable,
    }
}

/// The evaluation steps that a plan without them was given by its model: worth keeping for other evaluations
/// by the same rubric. `None` as long as there are none.
#[must_use]
pub fn made_steps(plan: &Plan, replies: &Replies) -> Option<Vec<String>> {
    match &plan.strategy {
        StrategyPlan::Cascade(cascade) => cascade::made_steps(plan, cascade, replies),
        _ => solo::made_steps(plan, replies),
    }
}

/// The version of the prompt that this build uses: part of the plan.
#[must_use]
pub fn prompt_version(
    strategy: &StrategyPlan,
    submission: &Submission<'_>,
    rubric: &Rubric,
) -> String {
    if rubric.prompt.is_some() && !matches!(strategy, StrategyPlan::Cascade(_)) {
        return "own".to_owned();
    }
    let name = match strategy {
        // A single question has a schema of its own anyway.
        StrategyPlan::Direct(solo) if solo.per_criterion => "direct-5",
        StrategyPlan::Direct(_) => "direct-4",
        StrategyPlan::Cot { solo, .. } if solo.per_criterion => "cot-4",
        StrategyPlan::Cot { .. } => "cot-3",
        StrategyPlan::Debate(debate)
            if debate.rounds == 0 && debate.verdict != Ruling::Moderator =>
        {
            "debate-3"
        }
        StrategyPlan::Debate(_) => "debate-4",
        StrategyPlan::Cascade(cascade) => {
            return cascade::prompt_version(cascade, |stage| {
                prompt_version(stage, submission, rubric)
            });
        }
    };
    if submission.candidate.outputs.is_some() {
        format!("{name}-pair")
    } else {
        name.to_owned()
    }
}

/// Whether a plan's prompts are written by this build as they were when it was made: `own` ones and ours, of this release
/// and of those before.
#[must_use]
pub fn writes_prompt(
    version: &str,
    strategy: &StrategyPlan,
    submission: &Submission<'_>,
    rubric: &Rubric,
) -> bool {
    if let StrategyPlan::Cascade(cascade) = strategy {
        return cascade::stages(cascade, version).is_some_and(|stages| {
            let mut stages = stages.into_iter();
            stages.all(|(stage, version)| writes_prompt(version, stage, submission, rubric))
        });
    }
    version == prompt_version(strategy, submission, rubric) || prompt::is_written(version)
}

/// The version of the prompt that asks for evaluation steps.
#[must_use]
pub fn steps_prompt_version(submission: &Submission<'_>, rubric: &Rubric) -> &'static str {
    match (
        submission.candidate.outputs.is_some(),
        may_not_apply(rubric),
    ) {
        (false, false) => "steps-1",
        (true, false) => "steps-1-pair",
        (false, true) => "steps-2",
        (true, true) => "steps-2-pair",
    }
}

/// Whether a criterion may be said not to apply.
fn may_not_apply(rubric: &Rubric) -> bool {
    rubric.criteria.iter().any(|each| each.may_not_apply)
}

/// How far a course of questions is.
enum Progress<T> {
    Calls(Vec<JudgeCall>),
    Ended(T),
}

/// How a course ended.
struct RunEnd {
    order: Order,
    verdict: Verdict,
    words: Vec<JudgeWord>,
    /// Replies that were of no use and that others stood in for.
    passed_over: usize,
    /// How sure it is by itself, where several judged.
    uncertainty: Option<Uncertainty>,
}

enum Verdict {
    Position {
        position: Position,
        /// Of a comparison; `None` where no criterion applies.
        vote: Option<Vote>,
    },
    /// An honest end without one.
    NoConsensus(String),
    Unusable(Unusable),
}

/// How a comparison was voted on.
#[derive(Clone, Copy)]
struct Vote {
    /// The vote for the first candidate that decides.
    deciding: f64,
    /// The share of the judges' votes for the first candidate.
    share: f64,
}

impl Verdict {
    /// One judge's position.
    fn of(case: &EvaluationContext<'_>, position: Position) -> Self {
        let vote = position.overall(case).map(|vote| Vote {
            deciding: vote,
            share: vote,
        });
        Self::Position { position, vote }
    }
}

/// How many times one judge is asked.
fn samples(case: &EvaluationContext<'_>) -> u32 {
    match &case.plan.strategy {
        StrategyPlan::Direct(solo) | StrategyPlan::Cot { solo, .. } => solo.samples,
        // The stages of a cascade have plans of their own.
        StrategyPlan::Debate(_) | StrategyPlan::Cascade(_) => 1,
    }
}

/// Whether scores were to be weighed by token probabilities.
fn asks_for_logprobs(case: &EvaluationContext<'_>) -> bool {
    let by_rubric = case
        .rubric()
        .reply
        .as_ref()
        .is_some_and(|form| form.logprobs);
    match &case.plan.strategy {
        StrategyPlan::Direct(solo) | StrategyPlan::Cot { solo, .. } => solo.logprobs || by_rubric,
        StrategyPlan::Debate(_) | StrategyPlan::Cascade(_) => by_rubric,
    }
}

fn judge(
    plan: &Plan,
    submission: &Submission<'_>,
    replies: &Replies,
    at_once: usize,
) -> Progress<(Box<Assessment>, Vec<StepKey>)> {
    let case = EvaluationContext::new(plan, submission, replies, at_once.max(1));
    let ended = match &plan.strategy {
        StrategyPlan::Cascade(cascade) => {
            return cascade::judge(plan, cascade, submission, replies, at_once);
        }
        StrategyPlan::Direct(solo) => solo::direct(&case, *solo),
        StrategyPlan::Cot { steps, solo } => solo::cot(&case, steps.as_deref(), *solo),
        StrategyPlan::Debate(debate) => debate::run(&case, debate),
    };
    match ended {
        Progress::Calls(mut calls) => {
            lead::keep(&mut calls, replies);
            Progress::Calls(calls)
        }
        Progress::Ended(ended) => Progress::Ended(outcome::of(&case, ended)),
    }
}

/// Calls that are wanted at once. Each holds the candidate, which may be megabytes; more are wanted once these
/// are made.
const MAX_CONCURRENT: usize = 16;

/// Runs courses side by side: over when all are.
fn run_concurrently<T>(
    case: &EvaluationContext<'_>,
    courses: impl Iterator<Item = Progress<T>>,
) -> Progress<Vec<T>> {
    let (mut calls, mut ended) = (Vec::new(), Vec::new());
    for course in courses {
        match course {
            Progress::Calls(wanted) => calls.extend(wanted),
            Progress::Ended(end) => ended.push(end),
        }
        let wanted = calls.len();
        keep_questions(&mut calls, case.at_once);
        if calls.len() < wanted || wanted >= MAX_CONCURRENT {
            break;
        }
    }
    if calls.is_empty() {
        Progress::Ended(ended)
    } else {
        calls.truncate(MAX_CONCURRENT);
        Progress::Calls(calls)
    }
}

/// Keeps the calls of the first questions, so many of them.
fn keep_questions(calls: &mut Vec<JudgeCall>, at_once: usize) {
    let (mut questions, mut sampled) = (0, BTreeSet::new());
    calls.retain(|call| {
        if call
            .alike
            .as_ref()
            .is_some_and(|alike| sampled.contains(alike))
        {
            return true;
        }
        let is_kept = questions < at_once;
        if is_kept {
            questions += 1;
            sampled.extend(call.alike.clone());
        }
        is_kept
    });
}
