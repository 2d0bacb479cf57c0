//! From the bytes of a payload to an evaluation that can be stored.

use std::borrow::Cow;

use domain::Tenant;
use domain::identity::{IdempotencyKey, Identity};
use domain::json::{Json, ParseError};
use domain::rubric::{RubricChoice, RubricReference, parse_reference};
use domain::submission::{self, Shape, Submission};
use service::problem::{FieldError, Problem, ProblemCode};
use storage::evaluations::NewEvaluation;
use storage::payloads::{self, Packed};

use crate::rubrics::Resolved;
use crate::state::State;

/// Payloads from this size on are read and packed on a thread of their own: about half a millisecond's work.
const LARGE: usize = 64 * 1024;

/// Where a request comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) tenant: Tenant,
    pub(crate) correlation_id: String,
    pub(crate) traceparent: Option<String>,
}

/// A payload that was read and found to be in order, but for its rubric's name.
struct Read {
    identity: Identity,
    packed: Packed,
    rubric: Rubric,
    shape: Shape,
    rest: Rest,
}

enum Rubric {
    Named(RubricReference),
    Inline(Box<Resolved>),
    Default,
}

/// What a row holds besides.
struct Rest {
    priority: domain::Priority,
    strategy: &'static str,
    model: Option<String>,
    metadata: std::collections::BTreeMap<String, String>,
    deadline_seconds: Option<u32>,
}

/// Reads a payload, resolves its rubric, packs it.
///
/// # Errors
/// 400, 422, or 503 when the rubric cannot be looked up.
pub(crate) async fn prepare(
    state: &State,
    origin: &Origin,
    key: Option<IdempotencyKey>,
    payload: Vec<u8>,
) -> Result<NewEvaluation, Problem> {
    let tenant = origin.tenant.clone();
    let read = if payload.len() < LARGE {
        read(&tenant, key.as_ref(), &payload)
    } else {
        let span = tracing::Span::current();
        let reading = tokio::task::spawn_blocking(move || {
            span.in_scope(|| read(&tenant, key.as_ref(), &payload))
        });
        reading.await.map_err(Problem::internal)?
    }?;
    let resolved = resolve(state, &origin.tenant, read.rubric).await?;
    let misfits = read.shape.misfits(&resolved.rubric);
    // What was taken once is answered as it was, also where a newer version of its rubric would not fit it.
    if !misfits.is_empty() && !state.exists(&origin.tenant, read.identity.id).await? {
        return Err(invalid(misfits));
    }
    let Rest {
        priority,
        strategy,
        model,
        metadata,
        deadline_seconds,
    } = read.rest;
    Ok(NewEvaluation {
        identity: read.identity,
        tenant: origin.tenant.clone(),
        priority,
        strategy,
        rubric: resolved.label,
        model: model.or_else(|| resolved.rubric.model.clone()),
        metadata,
        correlation_id: origin.correlation_id.clone(),
        traceparent: origin.traceparent.clone(),
        deadline_seconds,
        announced: state.doorbell.is_open(priority),
        payload: read.packed,
    })
}

fn read(tenant: &Tenant, key: Option<&IdempotencyKey>, payload: &[u8]) -> Result<Read, Problem> {
    let json = Json::parse(payload).map_err(|error| malformed(&error))?;
    let submission = submission::parse(&json).map_err(invalid)?;
    let identity = match key {
        Some(key) => Identity::of_key(tenant, key, &json),
        None => Identity::of_payload(tenant, &json),
    };
    let shape = Shape::of(&submission);
    let Submission {
        rubric,
        priority,
        strategy,
        model,
        metadata,
        deadline_seconds,
        ..
    } = submission;
    let rubric = match rubric {
        None => Rubric::Default,
        Some(RubricChoice::Named(reference)) => Rubric::Named(reference),
        Some(RubricChoice::Inline(rubric)) => {
            let label = RubricChoice::inline_label(&rubric);
            Rubric::Inline(Box::new(Resolved {
                label,
                rubric: Cow::Owned(*rubric),
            }))
        }
    };
    let rest = Rest {
        priority,
        strategy: strategy.as_str(),
        model,
        metadata,
        deadline_seconds,
    };
    let packed = payloads::pack(payload).map_err(Problem::internal)?;
    Ok(Read {
        identity,
        packed,
        rubric,
        shape,
        rest,
    })
}

async fn resolve(state: &State, tenant: &Tenant, rubric: Rubric) -> Result<Resolved, Problem> {
    let reference = match rubric {
        Rubric::Inline(resolved) => return Ok(*resolved),
        Rubric::Named(reference) => reference,
        Rubric::Default => {
            let name = &state.settings.judge.default_rubric;
            parse_reference(name).map_err(|problem| {
                Problem::internal(anyhow::anyhow!(
                    "the setting default_rubric, `{name}`, {problem}"
                ))
            })?
        }
    };
    let found = state.rubrics.resolve(tenant, &reference).await?;
    found.ok_or_else(|| {
        let version = reference
            .version
            .map(|version| format!("@{version}"))
            .unwrap_or_default();
        let message = format!("there is no rubric `{}{version}`", reference.name);
        invalid(vec![domain::fields::FieldError {
            pointer: "/rubric".to_owned(),
            message,
        }])
    })
}

fn malformed(error: &ParseError) -> Problem {
    match error {
        ParseError::DuplicateKey { pointer } => Problem::invalid([FieldError {
            pointer: pointer.clone(),
            message: "stands twice".to_owned(),
        }])
        .with_detail("a key stands twice in the same object"),
        ParseError::Encoding { .. } | ParseError::Syntax { .. } => {
            Problem::new(ProblemCode::MalformedJson).with_detail(error.to_string())
        }
    }
}

fn invalid(errors: Vec<domain::fields::FieldError>) -> Problem {
    let detail = match errors.as_slice() {
        [only] if only.pointer.is_empty() => only.message.clone(),
        [only] => format!("{}: {}", only.pointer, only.message),
        several => format!("{} fields are not as they should be", several.len()),
    };
    Problem::invalid(errors.into_iter().map(|error| FieldError {
        pointer: error.pointer,
        message: error.message,
    }))
    .with_detail(detail)
}
