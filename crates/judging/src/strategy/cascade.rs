//! A cascade: a cheap stage judges, and a dearer one only where the first is unsure (Jung et al. 2024, Trust or Escalate).
//!
//! Each stage is judged as an evaluation of its own would be, by a plan that differs from the cascade's in strategy, model and
//! prompt version; its steps have the stage's name in front. So what is decided between the stages follows from the
//! committed replies alone, and comes out the same for whoever has the evaluation next.

mod decision;

use domain::assessment::{Assessment, CascadeDecision, DecisionReason, Outcome, StageResult};
use domain::plan::{CascadePlan, Plan, StrategyPlan};
use domain::strategy::StageName;
use domain::submission::Submission;

use super::outcome::STANDARD_TIER;
use super::{Progress, Replies, solo};
use crate::call::{JudgeCall, StepKey};

/// Between the prompt versions of the stages, in that of the plan.
const AND: char = '+';

/// The prompt versions of both stages as that of the plan.
pub(super) fn prompt_version(
    cascade: &CascadePlan,
    of: impl Fn(&StrategyPlan) -> String,
) -> String {
    let (first, then) = (of(&cascade.first.strategy), of(&cascade.then.strategy));
    format!("{first}{AND}{then}")
}

/// Each stage's strategy and prompt version; `None` where the plan's is not of two.
pub(super) fn stages<'p>(
    cascade: &'p CascadePlan,
    version: &'p str,
) -> Option<[(&'p StrategyPlan, &'p str); 2]> {
    let (first, then) = version.split_once(AND)?;
    Some([
        (&*cascade.first.strategy, first),
        (&*cascade.then.strategy, then),
    ])
}

/// The stage of a step, and its name within it.
pub(super) fn split(step: &str) -> Option<(StageName, &str)> {
    let name = StageName::of_step(step)?;
    let (_, within) = step.split_once('/')?;
    Some((name, within))
}

pub(super) fn judge(
    plan: &Plan,
    cascade: &CascadePlan,
    submission: &Submission<'_>,
    replies: &Replies,
    at_once: usize,
) -> Progress<(Box<Assessment>, Vec<StepKey>)> {
    let run = |name| Stage::new(plan, cascade, name, replies).run(submission, at_once);
    let first = match run(StageName::First) {
        Progress::Calls(calls) => return Progress::Calls(calls),
        Progress::Ended(first) => first,
    };
    let threshold = plan.rubric.pass_threshold;
    let unsure = decision::unsure(&first.assessment, threshold, &cascade.when);
    let Some((reason, detail)) = unsure else {
        let decision = if first.assessment.outcome == Outcome::Scored {
            let detail = "the first stage was sure".to_owned();
            (DecisionReason::Sure, detail)
        } else {
            let detail = "the first stage came to no score, and the second is not asked for that";
            (DecisionReason::Unscorable, detail.to_owned())
        };
        return Progress::Ended(decided(plan, first, None, decision));
    };
    match run(StageName::Then) {
        Progress::Calls(calls) => Progress::Calls(calls),
        Progress::Ended(then) => {
            Progress::Ended(decided(plan, first, Some(then), (reason, detail)))
        }
    }
}

/// The steps that the first stage's model made, once it did.
pub(super) fn made_steps(
    plan: &Plan,
    cascade: &CascadePlan,
    replies: &Replies,
) -> Option<Vec<String>> {
    let first = Stage::new(plan, cascade, StageName::First, replies);
    solo::made_steps(&first.plan, &first.replies)
}

/// A stage as an evaluation of its own.
struct Stage {
    name: StageName,
    plan: Plan,
    /// Its replies, by their steps within it.
    replies: Replies,
}

/// How a stage ended.
struct StageEnd {
    name: StageName,
    assessment: Assessment,
    /// The steps whose replies kept it from a score.
    unusable: Vec<StepKey>,
    result: StageResult,
}

impl Stage {
    fn new(plan: &Plan, cascade: &CascadePlan, name: StageName, replies: &Replies) -> Self {
        let stage = cascade.stage(name);
        let versions = plan.prompt_version.split_once(AND);
        let prompt_version = match (name, versions) {
            (StageName::First, Some((first, _))) => first,
            (StageName::Then, Some((_, then))) => then,
            (_, None) => &plan.prompt_version,
        };
        let own = replies.iter().filter_map(|(step, reply)| {
            let (of, within) = split(&step.0)?;
            (of == name).then(|| (StepKey(within.to_owned()), reply.clone()))
        });
        Self {
            name,
            plan: Plan {
                strategy: StrategyPlan::clone(&stage.strategy),
                model: stage.model.clone(),
                prompt_version: prompt_version.to_owned(),
                ..plan.clone()
            },
            replies: own.collect(),
        }
    }

    fn run(&self, submission: &Submission<'_>, at_once: usize) -> Progress<StageEnd> {
        match super::judge(&self.plan, submission, &self.replies, at_once) {
            Progress::Calls(calls) => {
                let named = calls.into_iter().map(|call| JudgeCall {
                    step: self.step(&call.step),
                    alike: call.alike.as_ref().map(|step| self.step(step)),
                    ..call
                });
                Progress::Calls(named.collect())
            }
            Progress::Ended((assessment, unusable)) => Progress::Ended(StageEnd {
                name: self.name,
                unusable: unusable.iter().map(|step| self.step(step)).collect(),
                result: self.result(&assessment),
                assessment: *assessment,
            }),
        }
    }

    fn step(&self, within: &StepKey) -> StepKey {
        StepKey(format!("{}/{within}", self.name.as_str()))
    }

    fn result(&self, assessment: &Assessment) -> StageResult {
        StageResult {
            stage: self.name,
            strategy: self.plan.strategy.as_str().to_owned(),
            model: self.plan.model.clone(),
            prompt_version: self.plan.prompt_version.clone(),
            outcome: assessment.outcome,
            reason: assessment.reason.clone(),
            score: assessment.score,
            passed: assessment.passed,
            preference: assessment.preference.clone(),
            uncertainty: assessment.uncertainty.clone(),
        }
    }
}

/// The assessment of the stage that was asked last, with the words of both.
fn decided(
    plan: &Plan,
    mut first: StageEnd,
    then: Option<StageEnd>,
    (reason, detail): (DecisionReason, String),
) -> (Box<Assessment>, Vec<StepKey>) {
    first.sign();
    let Some(mut then) = then else {
        return first.decides(plan, (reason, detail), Vec::new());
    };
    then.sign();
    let (own, theirs) = (&mut then.assessment, first.assessment);
    own.judges.splice(0..0, theirs.judges);
    merge(&mut own.model_used, theirs.model_used);
    // A stage that was bought at the usual tier alone names none.
    if own.service_tiers.is_empty() != theirs.service_tiers.is_empty() {
        own.service_tiers.push(STANDARD_TIER.to_owned());
    }
    merge(&mut own.service_tiers, theirs.service_tiers);
    then.decides(plan, (reason, detail), vec![first.result])
}

/// Adds names to others, in order and each once.
fn merge(names: &mut Vec<String>, more: Vec<String>) {
    names.extend(more);
    names.sort();
    names.dedup();
}

impl StageEnd {
    /// Puts its name to its judges' words.
    fn sign(&mut self) {
        for word in &mut self.assessment.judges {
            word.stage = Some(self.name);
        }
    }

    /// Its assessment as that of the cascade.
    fn decides(
        self,
        plan: &Plan,
        (reason, detail): (DecisionReason, String),
        mut stages: Vec<StageResult>,
    ) -> (Box<Assessment>, Vec<StepKey>) {
        stages.push(self.result);
        let assessment = Assessment {
            model_requested: plan.model.clone(),
            cascade: Some(CascadeDecision {
                decided_by: self.name,
                reason,
                detail,
                stages,
            }),
            ..self.assessment
        };
        (Box::new(assessment), self.unusable)
    }
}
