//! `POST /v1/rubrics/{name}/check` and `GET /v1/rubrics/{name}/checks/{id}`.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use api::{Check, StudyPreview};
use domain::rubric::{self, RubricReference};
use service::http::{Caller, CorrelationId, Parameters, refuse_body};
use service::problem::{Problem, ProblemCode};
use uuid::Uuid;

use crate::openapi::{CheckProblems, ReadProblems};
use crate::query::{CheckQuery, FilterParameters, criterion};
use crate::state::State;
use crate::studies::{Origin, check};

/// Has labelled evaluations judged by this version, and compares with another one.
///
/// The sample is the newest evaluations with labels that were judged by any stored version of this rubric and match the filters. What
/// was judged by a version already is not judged again. Workers judge the rest as `batch`; the evaluations, their assessments and
/// all lists and figures stay as they are. Asked for again with the same sample it is the same check.
#[utoipa::path(
    post,
    path = "/v1/rubrics/{name}/check",
    operation_id = "check_rubric",
    params(
        ("name" = String, Path, description = "`name` for the newest version, or `name@version`."),
        FilterParameters,
        ("against" = Option<String>, Query, description = "What it is compared with: a version of the same rubric, or `judged`, that by which each was judged. Absent: the version before, or `judged` where there is none."),
        ("sample" = Option<u32>, Query, description = "How many evaluations at most: 1 to 200, else 100."),
        ("run" = Option<String>, Query, description = "Any text: makes an otherwise equal check a new one."),
        ("dry_run" = Option<bool>, Query, description = "Only say what it would take."),
    ),
    responses(
        (status = 200, description = "What it would take, for `dry_run`; else the check, which was there.", content_type = "application/json", body = CheckAnswer),
        (status = 202, description = "The check, which goes on by itself.", content_type = "application/json", body = Check, headers(("Location" = String, description = "Where it is."))),
        CheckProblems
    )
)]
pub(crate) async fn post(
    state: Data<State>,
    caller: Caller,
    correlation_id: CorrelationId,
    name: Path<String>,
    parameters: Parameters,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let reference = reference(&name)?;
    let query = CheckQuery::read(&reference.name, parameters)?;
    let dry_run = query.dry_run;
    let database = &state.database;
    let planned = check::plan(database, &caller.tenant, &reference, query).await?;
    // What is not there is told first.
    refuse_body(request.headers())?;
    if dry_run {
        return Ok(HttpResponse::Ok().json(planned.preview()));
    }
    if planned.is_empty() {
        let preview = planned.preview();
        let matched = preview.sample.matched;
        return Err(Problem::new(ProblemCode::InvalidRequest).with_detail(format!(
            "nothing can be compared: of {matched} labelled evaluations that match none can be judged"
        )));
    }
    state.quota.look(&caller.tenant).await?;
    let origin = Origin::of(&caller, &correlation_id);
    let (id, is_new) = planned.begin(database, &origin).await?;
    let evaluations = planned.preview().evaluations;
    tracing::info!(check = %id, is_new, evaluations, "check of a rubric");
    let found = check::find(database, &caller.tenant, &reference, id, None).await?;
    let found = found.ok_or_else(|| not_found(&id))?;
    let location = format!("/v1/rubrics/{}/checks/{id}", found.rubric);
    let mut answer = if is_new {
        HttpResponse::Accepted()
    } else {
        HttpResponse::Ok()
    };
    Ok(answer.insert_header((LOCATION, location)).json(found))
}

/// How far a check is, and what it has found.
#[utoipa::path(
    get,
    path = "/v1/rubrics/{name}/checks/{id}",
    operation_id = "get_check",
    params(
        ("name" = String, Path, description = "The rubric's name, with or without the version."),
        ("id" = Uuid, Path, description = "The check's id."),
        ("criterion" = Option<String>, Query, description = "One of the rubric's criteria; absent: the whole."),
    ),
    responses(
        (status = 200, description = "The check.", content_type = "application/json", body = Check),
        ReadProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, Uuid)>,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let (name, id) = path.into_inner();
    let reference = reference(&name)?;
    let criterion = criterion(parameters)?;
    let found = check::find(&state.database, &caller.tenant, &reference, id, criterion).await?;
    Ok(HttpResponse::Ok().json(found.ok_or_else(|| not_found(&id))?))
}

/// What the answer of 200 is.
#[derive(utoipa::ToSchema)]
#[schema(as = CheckAnswer)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum CheckAnswer {
    /// For `dry_run`.
    Preview(Box<StudyPreview>),
    /// The same check was asked for before.
    Check(Box<Check>),
}

fn not_found(id: &Uuid) -> Problem {
    Problem::new(ProblemCode::NotFound).with_detail(format!("there is no check {id}"))
}

fn reference(name: &str) -> Result<RubricReference, Problem> {
    rubric::parse_reference(name).map_err(|_| {
        Problem::new(ProblemCode::NotFound).with_detail(format!("there is no rubric `{name}`"))
    })
}
