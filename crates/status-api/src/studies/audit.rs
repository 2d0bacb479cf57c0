//! Audits: what moves a judge that should not.

mod strategy;
mod text;
mod variants;

use std::collections::{BTreeSet, HashMap};

use ::agreement::{Resampling, mean, sign_flip_p_value};
use api::{Audit, Bias, BiasCase, BiasFigures};
use domain::identity::derived_id;
use domain::json::Json;
use domain::rubric::RubricReference;
use domain::{EvaluationId, State as Stage, Tenant, submission};
use serde::{Deserialize, Serialize};
use service::problem::{Problem, ProblemCode};
use storage::evaluations::Evaluation;
use storage::studies::{self, Candidate, Case, NewCase, NewWork, StudyKind};
use storage::{Database, payloads};
use uuid::Uuid;

use self::variants::{PLAIN, Setting};
use super::planned::{Planned, Question};
use super::sample::{self, Sampled};
use super::verdict;
use super::{Version, judged_id, progress, read, version};
use crate::agreement;
use crate::query::AuditQuery;
use crate::routes::agreement::no_such_rubric;

/// What one audit may store, in bytes: its payloads are kept as long as those of other evaluations.
const MAX_PACKED: usize = 32 * 1024 * 1024;
/// So many candidates are named at most that a bias moved.
const MAX_CASES: usize = 20;
/// What is smaller is the rounding of means.
const ROUNDING: f64 = 1e-9;
/// What chance brings at most so often is taken for a bias.
const SIGNIFICANT: f64 = 0.05;
/// How often is drawn anew for an interval.
const RESAMPLES: usize = 1000;

/// What was asked, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    rubric: String,
    judge: Option<String>,
    biases: Vec<Bias>,
    sample: Sampled,
}

impl Question for Asked {
    const KIND: StudyKind = StudyKind::Audit;

    fn rubric(&self) -> &str {
        &self.rubric
    }

    fn against(&self) -> Option<&str> {
        None
    }

    fn judge(&self) -> Option<&str> {
        self.judge.as_deref()
    }

    fn sample(&self) -> &Sampled {
        &self.sample
    }
}

/// Decides what an audit has judged.
///
/// # Errors
/// 404, 422 where it is too much, 503.
pub(crate) async fn plan(
    database: &Database,
    tenant: &Tenant,
    query: AuditQuery,
) -> Result<Planned<Asked>, Problem> {
    let reference: &RubricReference = &query.rubric;
    let audited = version(database, tenant, reference).await?;
    let audited = audited.ok_or_else(|| no_such_rubric(reference))?;
    let (mut sampled, candidates) = sample::choose(
        database,
        tenant,
        &query.filter,
        &reference.name,
        query.sample,
    )
    .await?;
    let mut parts = vec![
        audited.label.clone(),
        query.judge.clone().unwrap_or_default(),
        query.run.clone().unwrap_or_default(),
    ];
    parts.extend(query.biases.iter().map(|bias| bias.as_str().to_owned()));
    let (mut work, mut packed) = (Vec::new(), 0);
    for candidate in candidates {
        let bytes = sample::payload(database, tenant, candidate.id, &[&audited.rubric]).await?;
        let found = bytes
            .and_then(|bytes| changed(&bytes, &candidate, &audited, &query).ok_or("other_kind"));
        let found = match found {
            Ok(found) => found,
            Err(reason) => {
                sampled.leave_out(reason);
                continue;
            }
        };
        parts.push(candidate.id.to_string());
        for (variant, bytes, stands) in found {
            let payload = payloads::pack(&bytes).map_err(Problem::internal)?;
            if !stands {
                packed += payload.packed_size();
            }
            if packed > MAX_PACKED {
                let problem = "is more than an audit may store: its candidates are too large";
                return Err(Problem::new(ProblemCode::InvalidRequest)
                    .with_detail(format!("the sample {problem}")));
            }
            work.push((candidate.id, variant, (!stands).then_some(payload)));
        }
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let id = derived_id(tenant, "audit", &parts);
    let cases = work.into_iter().map(|(of, variant, payload)| NewCase {
        of,
        variant,
        judged: match &payload {
            None => of,
            Some(_) => judged_id(tenant, id, of, variant),
        },
        work: payload.map(|payload| NewWork {
            rubric: audited.label.clone(),
            payload: Some(payload),
        }),
    });
    let asked = Asked {
        rubric: audited.label.clone(),
        judge: query.judge,
        biases: query.biases,
        sample: sampled,
    };
    Planned::new(database, tenant, id, asked, cases.collect()).await
}

/// The variants of a payload, each with whether it was judged so already.
fn changed(
    bytes: &[u8],
    candidate: &Candidate,
    audited: &Version,
    query: &AuditQuery,
) -> Option<Vec<(&'static str, Vec<u8>, bool)>> {
    let json = Json::parse(bytes).ok()?;
    let submission = submission::parse_accepted(&json).ok()?;
    let judged_by = |judge| Setting {
        rubric: &audited.rubric,
        judge,
        model: candidate.model.as_deref(),
    };
    let found = variants::of(
        &json,
        &submission,
        &query.biases,
        &judged_by(query.judge.as_deref()),
    )?;
    let stands = submission.candidate.outputs.is_none()
        && candidate.state == Stage::Succeeded
        && candidate.rubric == audited.label
        && (query.judge.is_none() || query.judge == judged_by(None).only_judge(&submission));
    // With the plain one alone nothing is held against anything.
    let found = (found.len() > 1).then_some(found)?.into_iter();
    let found = found.map(|(variant, bytes)| (variant, bytes, stands && variant == PLAIN));
    Some(found.collect())
}

/// An audit as it stands. `None`: there is none of this id.
///
/// # Errors
/// 503.
pub(crate) async fn find(
    database: &Database,
    tenant: &Tenant,
    id: Uuid,
) -> Result<Option<Audit>, Problem> {
    let found = studies::find::<Asked>(database, tenant, StudyKind::Audit, id).await?;
    let Some(study) = found else {
        return Ok(None);
    };
    let ids: BTreeSet<EvaluationId> = study.cases.iter().map(|case| case.judged).collect();
    let evaluations = read(database, tenant, ids).await?;
    let (status, judging) = progress(&study.cases, &evaluations);
    let chosen: BTreeSet<EvaluationId> = study.cases.iter().map(|case| case.of).collect();
    let biases = study.body.biases.iter();
    let biases = biases.map(|bias| figures(*bias, &study.cases, &evaluations));
    Ok(Some(Audit {
        id,
        biases: biases.collect(),
        status,
        created_at: study.created_at,
        sample: study.body.sample.shown(chosen.len()),
        judging,
        rubric: study.body.rubric,
        judge: study.body.judge,
    }))
}

/// What was found of one bias.
fn figures(
    bias: Bias,
    cases: &[Case],
    evaluations: &HashMap<EvaluationId, Evaluation>,
) -> BiasFigures {
    let judged: HashMap<(EvaluationId, &str), EvaluationId> = cases
        .iter()
        .map(|case| ((case.of, case.variant.as_str()), case.judged))
        .collect();
    let value = |id: &EvaluationId| Some(verdict::of(evaluations.get(id)?, None).ok()?.value);
    let (mut found, mut unused) = (Vec::new(), 0);
    for case in cases.iter().filter(|case| case.variant == PLAIN) {
        for (without, with) in variants::pairs(bias) {
            // What was formatted has no bare text, and the other way round.
            let both = judged
                .get(&(case.of, *without))
                .zip(judged.get(&(case.of, *with)));
            let Some((without, with)) = both else {
                continue;
            };
            let Some((before, after)) = value(without).zip(value(with)) else {
                unused += 1;
                continue;
            };
            // Either was a vote for whichever was shown first.
            let effect = if bias == Bias::Position {
                f64::midpoint(before, after) - 0.5
            } else {
                after - before
            };
            found.push(BiasCase {
                id: case.of,
                effect: if effect.abs() < ROUNDING { 0.0 } else { effect },
                without: *without,
                with: *with,
            });
        }
    }
    let effects: Vec<f64> = found.iter().map(|case| case.effect).collect();
    let how = Resampling {
        resamples: RESAMPLES,
        ..Resampling::default()
    };
    let effect = agreement::estimate(&effects, how, mean);
    let n = found.len() as u64;
    found.retain(|case| case.effect != 0.0);
    let moved = found.len() as u64;
    let p_value = sign_flip_p_value(&effects, how.seed);
    found.sort_by(|left, right| right.effect.abs().total_cmp(&left.effect.abs()));
    found.truncate(MAX_CASES);
    BiasFigures {
        bias,
        n,
        unused,
        effect,
        p_value,
        found: p_value.map(|p| p <= SIGNIFICANT),
        moved,
        cases: found,
    }
}
