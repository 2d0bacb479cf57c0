//! Studies: a sample of evaluations, judged once more.

pub(crate) mod audit;
pub(crate) mod check;
mod planned;
mod sample;
mod verdict;

pub(crate) use self::sample::{DEFAULT_SAMPLE, MAX_SAMPLE};

use std::collections::HashMap;

use api::{StudyJudging, StudyStatus, Usage};
use domain::api_key::KeyId;
use domain::identity::derived_id;
use domain::money::NanoUsd;
use domain::rubric::{Rubric, RubricReference};
use domain::{EvaluationId, Tenant};
use service::http::{Caller, CorrelationId};
use service::problem::Problem;
use service::telemetry;
use storage::evaluations::{self, Evaluation};
use storage::studies::Case;
use storage::{Database, rubrics};
use uuid::Uuid;

/// How many evaluations are read in one statement.
const READ_AT_ONCE: usize = 50;

/// What was asked for, from where.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'o> {
    pub(crate) tenant: &'o Tenant,
    /// Of a request that shows one.
    pub(crate) api_key: Option<&'o KeyId>,
    pub(crate) correlation_id: &'o str,
    pub(crate) traceparent: Option<String>,
}

impl<'o> Origin<'o> {
    /// That of a request.
    pub(crate) fn of(caller: &'o Caller, correlation_id: &'o CorrelationId) -> Self {
        Self {
            tenant: &caller.tenant,
            api_key: caller.key_id(),
            correlation_id: correlation_id.as_str(),
            traceparent: telemetry::current_traceparent(),
        }
    }
}

/// A version of a rubric with its name.
struct Version {
    label: String,
    rubric: Rubric,
}

/// The version that a reference stands for. `None`: there is none.
async fn version(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
) -> Result<Option<Version>, Problem> {
    let found = rubrics::resolve(database, tenant, reference).await?;
    Ok(found.map(|found| Version {
        label: found.label(),
        rubric: found.into_rubric().into_owned(),
    }))
}

/// The id of what a study has judged for an evaluation in a variant.
fn judged_id(tenant: &Tenant, study: Uuid, of: EvaluationId, variant: &str) -> EvaluationId {
    let (study, of) = (study.to_string(), of.to_string());
    EvaluationId(derived_id(tenant, "study", &[&study, &of, variant]))
}

/// Evaluations by their ids; what is gone is left out.
async fn read(
    database: &Database,
    tenant: &Tenant,
    ids: impl IntoIterator<Item = EvaluationId>,
) -> Result<HashMap<EvaluationId, Evaluation>, Problem> {
    let wanted: Vec<_> = ids.into_iter().map(|id| (tenant, id)).collect();
    let mut found = HashMap::with_capacity(wanted.len());
    for part in wanted.chunks(READ_AT_ONCE) {
        for evaluation in evaluations::find_all(database, part).await? {
            if let Some(evaluation) = evaluation.transpose()? {
                found.insert(evaluation.id, evaluation);
            }
        }
    }
    Ok(found)
}

/// Sums of what evaluations took.
fn usage<'e>(evaluations: impl Iterator<Item = &'e Evaluation>) -> Usage {
    let mut sum = evaluations::Usage {
        calls: 0,
        input_tokens: Some(0),
        cached_input_tokens: Some(0),
        cache_write_tokens: Some(0),
        output_tokens: Some(0),
        cost: Some(NanoUsd(0)),
    };
    let add = |sum: Option<u64>, more: Option<u64>| Some(sum? + more?);
    for Evaluation { usage, .. } in evaluations {
        sum.calls += usage.calls;
        sum.input_tokens = add(sum.input_tokens, usage.input_tokens);
        sum.cached_input_tokens = add(sum.cached_input_tokens, usage.cached_input_tokens);
        sum.cache_write_tokens = add(sum.cache_write_tokens, usage.cache_write_tokens);
        sum.output_tokens = add(sum.output_tokens, usage.output_tokens);
        let cost = sum.cost.zip(usage.cost);
        sum.cost = cost.map(|(sum, more)| [sum, more].into_iter().sum());
    }
    Usage {
        calls: sum.calls,
        input_tokens: sum.input_tokens,
        cached_input_tokens: sum.cached_input_tokens,
        cache_write_tokens: sum.cache_write_tokens,
        output_tokens: sum.output_tokens,
        cost_usd: sum.cost.map(|cost| cost.to_string()),
        stages: Vec::new(),
        service_tiers: Vec::new(),
    }
}

/// How far a study is, and what of it are evaluations of its own.
fn progress(
    cases: &[Case],
    found: &HashMap<EvaluationId, Evaluation>,
) -> (StudyStatus, StudyJudging) {
    let all = || {
        let judged = cases.iter().map(|case| (case, found.get(&case.judged)));
        judged.filter_map(|(case, evaluation)| Some((case, evaluation?)))
    };
    let own = || all().filter(|(case, _)| case.is_own).map(|(_, it)| it);
    let judging = StudyJudging {
        total: own().count() as u64,
        ended: own().filter(|it| it.state.is_terminal()).count() as u64,
        usage: usage(own()),
    };
    let has_ended = all().all(|(_, evaluation)| evaluation.state.is_terminal());
    let status = if has_ended {
        StudyStatus::Finished
    } else {
        StudyStatus::Running
    };
    (status, judging)
}
