//! The plan of an evaluation: found, or decided now.

use std::time::Duration;

use domain::failure::{Failure, FailureCode};
use domain::plan::{Plan, StrategyPlan};
use domain::rubric::{Rubric, RubricChoice, builtin, parse_reference};
use domain::submission::{Strategy, Submission};
use storage::evaluations::Claimed;
use storage::plans::{self, Stored};
use storage::rubrics;

use crate::patience::patiently;
use crate::worker::{Stop, Worker};

/// How long an evaluation waits for a worker that knows its plan: a deploy is under way.
const FOR_A_NEWER_WORKER: Duration = Duration::from_secs(5);

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
        Some(Stored::Newer { version }) => {
            tracing::info!(version, "given back: its plan is of a newer release");
            return Err(Stop::NotHere {
                after: FOR_A_NEWER_WORKER,
            });
        }
        None => {}
    }
    let rubric = rubric(worker, claimed, submission).await?;
    let plan = decide(worker, claimed, submission, rubric);
    let steps = judging::steps_planned(&plan);
    if patiently(|| plans::store(&worker.database, ownership, &plan, steps)).await? {
        Ok(plan)
    } else {
        Err(Stop::Lost)
    }
}

fn decide(worker: &Worker, claimed: &Claimed, submission: &Submission<'_>, rubric: Rubric) -> Plan {
    let model = submission.model.clone().or_else(|| rubric.model.clone());
    let (strategy, prompt_version) = match submission.strategy {
        Strategy::Direct => (
            StrategyPlan::Direct {},
            judging::prompt_version(Strategy::Direct),
        ),
    };
    Plan {
        version: Plan::VERSION,
        strategy,
        prompt_version: prompt_version.to_owned(),
        rubric_label: claimed.rubric.clone(),
        rubric,
        model: model.unwrap_or_else(|| worker.settings.judge.scoring_model.clone()),
        temperature: submission.temperature,
        nonce: format!("{:032x}", rand::random::<u128>()),
        seed: rand::random(),
    }
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
