//! The plan of an evaluation: found, or decided now.

use std::time::Duration;

use domain::plan::{Plan, ReaderVersion, StrategyPlan};
use domain::rubric::{Rubric, RubricChoice, parse_reference};
use domain::submission::Submission;
use storage::Ownership;
use storage::evaluations::Claimed;
use storage::plans;
use storage::rubric_steps::{self, Claim};
use storage::rubrics;

use crate::abort::Abort;
use crate::unavailable::retry_while_unavailable;
use crate::{Engine, route_cache};

/// How long the others wait in all before one of them makes the steps itself.
pub const STEPS_TIMEOUT: Duration = Duration::from_secs(60);

/// The plan under which this evaluation runs, made and stored in its first claim.
pub(crate) async fn make(
    engine: &Engine,
    claimed: &Claimed,
    submission: &Submission<'_>,
) -> Result<Plan, Abort> {
    let ownership = &claimed.ownership;
    let rubric = rubric(engine, claimed, submission).await?;
    let mut plan = decide(engine, claimed, submission, rubric);
    find_steps(engine, claimed, submission, &mut plan).await?;
    let steps = judging::steps_planned(&plan, submission);
    if retry_while_unavailable(|| plans::store(&engine.database, ownership, &plan, steps)).await? {
        Ok(plan)
    } else {
        Err(Abort::OwnershipLost)
    }
}

fn decide(engine: &Engine, claimed: &Claimed, submission: &Submission<'_>, rubric: Rubric) -> Plan {
    let model = submission.model.clone().or_else(|| rubric.model.clone());
    let model = model.unwrap_or_else(|| engine.options.scoring_model.clone());
    let strategy = StrategyPlan::resolve(&submission.strategy, submission.samples, &model);
    let routes = route_cache::planned(
        &engine.providers,
        &rubric,
        claimed.priority,
        strategy.models(&model),
    );
    Plan {
        version: Plan::version_for(&strategy, &rubric, &routes),
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
/// evaluation makes them this one is parked. The second stage of a cascade makes them for itself: it may never be asked, and
/// nobody is to wait for that.
async fn find_steps(
    engine: &Engine,
    claimed: &Claimed,
    submission: &Submission<'_>,
    plan: &mut Plan,
) -> Result<(), Abort> {
    let prompt = judging::steps_prompt_version(submission, &plan.rubric);
    let key = |model: &str| StepsKey {
        rubric: plan.rubric_label.clone(),
        model: model.to_owned(),
        prompt,
    };
    let own = key(&plan.model);
    let wanted = match &mut plan.strategy {
        StrategyPlan::Cascade(cascade) => {
            let (first, then) = (&mut cascade.first, &mut cascade.then);
            vec![
                (key(&first.model), true, &mut *first.strategy),
                (key(&then.model), false, &mut *then.strategy),
            ]
        }
        strategy => vec![(own, true, strategy)],
    };
    for (key, waits, strategy) in wanted {
        if let StrategyPlan::Cot { steps, .. } = strategy {
            *steps = if !plan.rubric.steps.is_empty() {
                Some(plan.rubric.steps.clone())
            } else if !is_stored(&key.rubric) {
                None
            } else {
                kept_steps(engine, claimed, &key, waits).await?
            };
        }
    }
    Ok(())
}

/// The steps that are kept; without any, this evaluation makes them. Where it may wait, no more than one does at a time.
async fn kept_steps(
    engine: &Engine,
    claimed: &Claimed,
    key: &StepsKey,
    waits: bool,
) -> Result<Option<Vec<String>>, Abort> {
    let Ownership { tenant, id, .. } = &claimed.ownership;
    let database = &engine.database;
    if !waits {
        return retry_while_unavailable(|| rubric_steps::find(database, tenant, key.of())).await;
    }
    let claim = || rubric_steps::claim(database, tenant, key.of(), *id, STEPS_TIMEOUT);
    match retry_while_unavailable(claim).await? {
        Claim::Stored(kept) => Ok(Some(kept)),
        Claim::Ours => Ok(None),
        Claim::HeldByOther(maker) => Err(Abort::AwaitsSteps { maker }),
    }
}

/// Whether a rubric's label names a version that others are judged by as well.
fn is_stored(label: &str) -> bool {
    parse_reference(label).is_ok_and(|name| name.version.is_some())
}

/// Keeps the steps that an evaluation's model made, for the others by the same rubric version.
pub(crate) async fn keep_steps(
    engine: &Engine,
    claimed: &Claimed,
    key: &StepsKey,
    steps: &[String],
) -> Result<(), Abort> {
    let Ownership { tenant, id, .. } = &claimed.ownership;
    retry_while_unavailable(|| rubric_steps::store(&engine.database, tenant, key.of(), *id, steps))
        .await
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

/// The key, where steps are made by the model and worth keeping: of a cascade, those of its first stage.
pub(crate) fn steps_key(plan: &Plan, submission: &Submission<'_>) -> Option<StepsKey> {
    let (strategy, model) = match &plan.strategy {
        StrategyPlan::Cascade(cascade) => (&*cascade.first.strategy, &cascade.first.model),
        strategy => (strategy, &plan.model),
    };
    let StrategyPlan::Cot { steps: None, .. } = strategy else {
        return None;
    };
    is_stored(&plan.rubric_label).then(|| StepsKey {
        rubric: plan.rubric_label.clone(),
        model: model.clone(),
        prompt: judging::steps_prompt_version(submission, &plan.rubric),
    })
}

/// The rubric that was resolved when the evaluation was taken: the request's own, or one stored version.
async fn rubric(
    engine: &Engine,
    claimed: &Claimed,
    submission: &Submission<'_>,
) -> Result<Rubric, Abort> {
    if let Some(RubricChoice::Inline(rubric)) = &submission.rubric {
        return Ok(Rubric::clone(rubric));
    }
    let (tenant, label) = (&claimed.ownership.tenant, &claimed.rubric);
    if let Some(known) = engine.rubrics.get(tenant, label) {
        return Ok(Rubric::clone(&known));
    }
    let gone = |problem: &str| Abort::unreadable(format!("its rubric `{label}` {problem}"));
    let reference = parse_reference(label).map_err(gone)?;
    let found =
        retry_while_unavailable(|| rubrics::resolve(&engine.database, tenant, &reference)).await?;
    let found = found.ok_or_else(|| gone("is not there any more"))?;
    let rubric = found.into_rubric().into_owned();
    if reference.version.is_some() {
        engine.rubrics.insert(tenant, label, &rubric);
    }
    Ok(rubric)
}
