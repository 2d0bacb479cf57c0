//! `POST /v1/audits` and `GET /v1/audits/{id}`.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use api::{Audit, StudyPreview};
use service::http::{Caller, CorrelationId, Parameters};
use service::problem::{Problem, ProblemCode};
use uuid::Uuid;

use crate::openapi::{CheckProblems, ReadProblems};
use crate::query::{AuditQuery, FilterParameters};
use crate::state::State;
use crate::studies::{Origin, audit};

/// Finds out what moves a judge that should not.
///
/// The sample is the newest evaluations by any stored version of the rubric that match the filters and hold a text: an output, or what
/// the agent says last in its trajectory. Each is judged by the version as it is and changed in one thing at a time; comparisons in one
/// order only. Workers judge them as `batch`; the evaluations and all lists and figures stay as they are. Asked for again with the same
/// sample it is the same audit.
#[utoipa::path(
    post,
    path = "/v1/audits",
    operation_id = "audit_judge",
    params(
        FilterParameters,
        ("judge" = Option<String>, Query, description = "The model that judges, in the place of all that a request names; absent: those of each request."),
        ("bias" = Option<String>, Query, description = "Which of `position`, `length`, `own_model`, `formatting`, `names`, with commas between; absent: all."),
        ("sample" = Option<u32>, Query, description = "How many evaluations at most: 1 to 100, else 30."),
        ("run" = Option<String>, Query, description = "Any text: makes an otherwise equal audit a new one."),
        ("dry_run" = Option<bool>, Query, description = "Only say what it would take."),
    ),
    responses(
        (status = 200, description = "What it would take, for `dry_run`; else the audit, which was there.", content_type = "application/json", body = AuditAnswer),
        (status = 202, description = "The audit, which goes on by itself.", content_type = "application/json", body = Audit, headers(("Location" = String, description = "Where it is."))),
        CheckProblems
    )
)]
pub(crate) async fn post(
    state: Data<State>,
    caller: Caller,
    correlation_id: CorrelationId,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let query = AuditQuery::read(parameters)?;
    let dry_run = query.dry_run;
    let database = &state.database;
    let planned = audit::plan(database, &caller.tenant, query).await?;
    let preview = planned.preview();
    if dry_run {
        return Ok(HttpResponse::Ok().json(preview));
    }
    if planned.is_empty() {
        let matched = preview.sample.matched;
        return Err(Problem::new(ProblemCode::InvalidRequest).with_detail(format!(
            "there is nothing to try: of {matched} evaluations that match none can be changed and judged"
        )));
    }
    state.quota.look(&caller.tenant).await?;
    let origin = Origin::of(&caller, &correlation_id);
    let (id, is_new) = planned.begin(database, &origin).await?;
    tracing::info!(audit = %id, is_new, evaluations = preview.evaluations, "audit of a judge");
    let found = audit::find(database, &caller.tenant, id).await?;
    let found = found.ok_or_else(|| not_found(&id))?;
    let mut answer = if is_new {
        HttpResponse::Accepted()
    } else {
        HttpResponse::Ok()
    };
    Ok(answer
        .insert_header((LOCATION, format!("/v1/audits/{id}")))
        .json(found))
}

/// How far an audit is, and what it has found.
#[utoipa::path(
    get,
    path = "/v1/audits/{id}",
    operation_id = "get_audit",
    params(("id" = Uuid, Path, description = "The audit's id.")),
    responses(
        (status = 200, description = "The audit.", content_type = "application/json", body = Audit),
        ReadProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let found = audit::find(&state.database, &caller.tenant, *id).await?;
    Ok(HttpResponse::Ok().json(found.ok_or_else(|| not_found(&id))?))
}

/// What the answer of 200 is.
#[derive(utoipa::ToSchema)]
#[schema(as = AuditAnswer)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum AuditAnswer {
    /// For `dry_run`.
    Preview(Box<StudyPreview>),
    /// The same audit was asked for before.
    Audit(Box<Audit>),
}

fn not_found(id: &Uuid) -> Problem {
    Problem::new(ProblemCode::NotFound).with_detail(format!("there is no audit {id}"))
}
