//! The plan of an evaluation: found, or decided now.

use std::time::Duration;

use domain::failure::{Failure, FailureCode};
use domain::plan::{Plan, ReaderVersion, StrategyPlan};
use domain::rubric::{Rubric, RubricChoice, builtin, parse_reference};
use domain::submission::Submission;
use storage::Ownership;
use storage::evaluations::Claimed;
use storage::plans::{self, Stored};
use storage::rubric_steps::{self, Claim};
use storage::rubrics;

use crate::patience::patiently;
use crate::routes;
use crate::worker::{Stop, Worker};

/// How long an evaluation waits for a worker that knows its plan: a deploy is under way.
pub(crate) const FOR_A_NEWER_WORKER: Duration = Duration::from_secs(5);
/// How long the others wait in all before one of them makes the steps itself.
pub(crate) const STEPS_ARE_MADE_IN: Duration = Duration::from_secs(60);

/// The plan under which this evaluation runs, made and stored if this is its first claim.
pub(crate) async fn obtain(
    worker: &Worker,
    claimed: &Claimed,
    submission: &Submission<'_>,
) -> Result<Plan, Stop> {
    let ownership = &claimed.ownership;
    let stored =
        patiently(|| plans::load(&worker.database, &ownership.tenant, ownership.id)).await?;
    match stored {
        Some(Stored::Known(plan)) => return Ok(*plan),
        Some(Stored::Newer { part, version }) => {
            tracing::info!(part, version, "given back: its plan is of a newer release");
            return Err(Stop::NotHere {
                after: FOR_A_NEWER_WORKER,
            });
        }
        None => {}
    }
    let rubric = rubric(worker, claimed, submission).await?;
    let mut plan = decide(worker, claimed, submission, rubric);
    find_steps(worker, claimed, submission, &mut plan).await?;
    let steps = judging::steps_planned(&plan, submission);
    if patiently(|| plans::store(&worker.database, ownership, &plan, steps)).await? {
        Ok(plan)
    } else {
        Err(Stop::Lost)
    }
}

fn decide(worker: &Worker, claimed: &Claimed, submission: &Submission<'_>, rubric: Rubric) -> Plan {
    let model = submission.model.clone().or_else(|| rubric.model.clone());
    let model = model.unwrap_or_else(|| worker.settings.judge.scoring_model.clone());
    let strategy = StrategyPlan::resolve(&submission.strategy, submission.samples, &model);
    let routes = routes::planned(&worker.providers, &rubric, strategy.models(&model));
    Plan {
        version: Plan::version_for(&rubric, &routes),
        prompt_version: judging::prompt_version(&strategy, submission, &rubric),
        reader: ReaderVersion::CURRENT,
        strategy,
        rubric_label: claimed.rubric.clone(),
        rubric,
        model,
        temperature: submission.temperature,
        nonce: format!("{:032x}", rand::random::<u128>()),
        seed: rand::random(),
        routes,
    }
}

/// Puts evaluation steps into a plan that needs them: the rubric's own, else those that are kept. While another
/// evaluation makes them this one is parked.
async fn find_steps(
    worker: &Worker,
    claimed: &Claimed,
    submission: &Submission<'_>,
    plan: &mut Plan,
) -> Result<(), Stop> {
    let key = steps_key(plan, submission);
    let StrategyPlan::Cot { steps, .. } = &mut plan.strategy else {
        return Ok(());
    };
    if !plan.rubric.steps.is_empty() {
        *steps = Some(plan.rubric.steps.clone());
        return Ok(());
    }
    let Some(key) = key else { return Ok(()) };
    let Ownership { tenant, id, .. } = &claimed.ownership;
    let claim = || rubric_steps::claim(&worker.database, tenant, key.of(), *id, STEPS_ARE_MADE_IN);
    match patiently(claim).await? {
        Claim::Kept(kept) => *steps = Some(kept),
        Claim::Ours => {}
        Claim::Anothers(maker) => return Err(Stop::AwaitsSteps { maker }),
    }
    Ok(())
}

/// Keeps the steps that an evaluation's model made, for the others by the same rubric version.
pub(crate) async fn keep_steps(
    worker: &Worker,
    claimed: &Claimed,
    key: &StepsKey,
    steps: &[String],
) -> Result<(), Stop> {
    let Ownership { tenant, id, .. } = &claimed.ownership;
    patiently(|| rubric_steps::keep(&worker.database, tenant, key.of(), *id, steps)).await
}

/// What steps are kept under. An inline rubric has no version: its steps serve one evaluation.
#[derive(Debug, Clone)]
pub(crate) struct StepsKey {
    rubric: String,
    model: String,
    prompt: &'static str,
}

impl StepsKey {
    fn of(&self) -> rubric_steps::Key<'_> {
        rubric_steps::Key {
            rubric: &self.rubric,
            model: &self.model,
            prompt: self.prompt,
        }
    }
}

/// The key, where steps are made by the model and worth keeping.
pub(crate) fn steps_key(plan: &Plan, submission: &Submission<'_>) -> Option<StepsKey> {
    let is_stored = parse_reference(&plan.rubric_label).is_ok_and(|name| name.version.is_some());
    let StrategyPlan::Cot { steps: None, .. } = &plan.strategy else {
        return None;
    };
    is_stored.then(|| StepsKey {
        rubric: plan.rubric_label.clone(),
        model: plan.model.clone(),
        prompt: judging::steps_prompt_version(submission, &plan.rubric),
    })
}

/// The rubric that was resolved when the evaluation was taken: the request's own, or one stored version.
async fn rubric(
    worker: &Worker,
    claimed: &Claimed,
    submission: &Submission<'_>,
) -> Result<Rubric, Stop> {
    if let Some(RubricChoice::Inline(rubric)) = &submission.rubric {
        return Ok(Rubric::clone(rubric));
    }
    let label = &claimed.rubric;
    let gone = |problem: &str| {
        Stop::Failed(Failure {
            code: FailureCode::Unreadable,
            message: format!("its rubric `{label}` {problem}"),
        })
    };
    let reference = parse_reference(label).map_err(gone)?;
    let tenant = &claimed.ownership.tenant;
    if let Some(stored) = patiently(|| rubrics::find(&worker.database, tenant, &reference)).await? {
        return Ok(stored.rubric);
    }
    let found = builtin::find(&reference).map(|found| found.rubric.clone());
    found.ok_or_else(|| gone("is not there any more"))
}
