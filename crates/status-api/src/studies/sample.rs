//! Which evaluations a study looks at, and why not others.

use std::collections::BTreeMap;

use api::StudySample;
use domain::json::Json;
use domain::rubric::Rubric;
use domain::submission::{self, Shape};
use domain::{EvaluationId, Tenant};
use serde::{Deserialize, Serialize};
use service::problem::Problem;
use storage::evaluations::Filter;
use storage::studies::{self, Candidate};
use storage::{Database, payloads};

/// How many are looked at where nobody says it, and at most.
pub(crate) const DEFAULT_SAMPLE: u32 = 100;
pub(crate) const MAX_SAMPLE: u32 = 200;

/// Why an evaluation that matches is not looked at.
const REASONS: [&str; 4] = ["older", "payload_gone", "incompatible", "other_kind"];

/// How many there are, and why some are not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sampled {
    matched: u64,
    unused: BTreeMap<String, u64>,
}

impl Sampled {
    pub(super) fn leave_out(&mut self, reason: &'static str) {
        *self.unused.entry(reason.to_owned()).or_default() += 1;
    }

    pub(super) fn shown(&self, chosen: usize) -> StudySample {
        let count = |reason: &&str| self.unused.get(*reason).copied().unwrap_or_default();
        StudySample {
            matched: self.matched,
            chosen: chosen as u64,
            reasons: REASONS
                .iter()
                .map(|reason| ((*reason).to_owned(), count(reason)))
                .collect(),
        }
    }
}

/// The newest evaluations by any stored version of a rubric.
pub(super) async fn choose(
    database: &Database,
    tenant: &Tenant,
    filter: &Filter,
    rubric: &str,
    most: u32,
) -> Result<(Sampled, Vec<Candidate>), Problem> {
    let (matched, found) = studies::sample(database, tenant, filter, rubric, most).await?;
    let older = matched.saturating_sub(found.len() as u64);
    let unused = BTreeMap::from([("older".to_owned(), older)]);
    Ok((Sampled { matched, unused }, found))
}

/// What was sent, if it is still there and can be judged by these rubrics.
///
/// # Errors
/// The reason why it is not looked at; or that it cannot be found out.
pub(super) async fn payload(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
    rubrics: &[&Rubric],
) -> Result<Result<Vec<u8>, &'static str>, Problem> {
    let Some(bytes) = payloads::load(database, tenant, id).await? else {
        return Ok(Err("payload_gone"));
    };
    Ok(if fits(&bytes, rubrics) {
        Ok(bytes)
    } else {
        Err("incompatible")
    })
}

/// Whether a payload can be judged by these rubrics; not one that only a newer release can read.
fn fits(bytes: &[u8], rubrics: &[&Rubric]) -> bool {
    let Ok(json) = Json::parse(bytes) else {
        return false;
    };
    let Ok(submission) = submission::parse_accepted(&json) else {
        return false;
    };
    let shape = Shape::of(&submission);
    let mut rubrics = rubrics.iter();
    rubrics.all(|rubric| shape.incompatibilities(rubric).is_empty())
}
