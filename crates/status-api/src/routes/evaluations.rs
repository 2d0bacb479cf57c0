//! `GET /v1/evaluations`, `/v1/evaluations/{id}` and `/v1/evaluations/{id}/payload`.

use std::pin::pin;
use std::time::Duration;

use actix_web::http::header::{ETAG, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use api::{Evaluation, EvaluationSummary, Page};
use domain::EvaluationId;
use service::http::{Caller, Parameters};
use service::metrics;
use service::problem::{Problem, ProblemCode};
use storage::evaluations::CommandResult;
use storage::{evaluations, payloads};
use tokio::time::Instant;
use uuid::Uuid;

use crate::cursor;
use crate::etag::{self, IfNoneMatch};
use crate::hub;
use crate::openapi::{ListProblems, ReadProblems, WaitProblems, WishProblems};
use crate::query::{self, FilterParameters, ListQuery};
use crate::state::State;
use crate::views;

/// An evaluation as it is now, or when it has changed.
#[utoipa::path(
    get,
    path = "/v1/evaluations/{id}",
    operation_id = "get_evaluation",
    params(
        ("id" = EvaluationId, Path, description = "The evaluation's id."),
        ("wait" = Option<f64>, Query, description = "Seconds to wait at most: for the next state that differs from the one in `If-None-Match`, or without that for the end.", minimum = 0, maximum = 86400),
        ("If-None-Match" = Option<String>, Header, description = "Entity tags of states that the reader has."),
    ),
    responses(
        (status = 200, description = "The evaluation.", content_type = "application/json", body = Evaluation, headers(("ETag" = String, description = "Names this state."))),
        (status = 304, description = "The reader has this state.", headers(("ETag" = String, description = "Names this state."))),
        WaitProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
    parameters: Parameters,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let known = IfNoneMatch::of(&request);
    let wait = query::wait(parameters)?
        .map(|seconds| Duration::from_secs_f64(seconds).min(state.settings.http.max_wait));
    let view = match wait {
        None => view(&state, &caller, id).await?,
        Some(wait) => wait_for_change(&state, &caller, id, &known, wait).await?,
    };
    let is_known = known.has(view.tag.as_bytes());
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response.insert_header((ETAG, view.tag));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.content_type("application/json").body(view.body))
}

/// Returns at once when terminal; else with the first state that the reader does not have, or, when it named
/// none, at the end; in any case when the time is up. Refused when it would have to wait and too many do.
async fn wait_for_change(
    state: &State,
    caller: &Caller,
    id: EvaluationId,
    known: &IfNoneMatch,
    wait: Duration,
) -> Result<View, Problem> {
    let until = Instant::now() + wait;
    // Before the first look, so that no change falls between the two.
    let mut watch = state.hub.watch(id);
    let mut place = None;
    let mut rejected = pin!(caller.rejected());
    loop {
        let view = view(state, caller, id).await?;
        let is_news = known.is_given() && !known.has(view.tag.as_bytes());
        if view.is_terminal || is_news || Instant::now() >= until || state.shutdown.is_cancelled() {
            return Ok(view);
        }
        if place.is_none() {
            place = Some(state.waiters.try_acquire().map_err(|_| too_many_wait())?);
        }
        tokio::select! {
            () = watch.changed() => {}
            () = tokio::time::sleep_until(until) => {}
            () = state.shutdown.cancelled() => {}
            problem = &mut rejected => return Err(problem),
        }
    }
}

fn too_many_wait() -> Problem {
    Problem::new(ProblemCode::Overloaded)
        .with_detail("too many requests wait for a change; ask without `wait`, or again later")
}

/// An evaluation as a reader gets it.
struct View {
    body: Vec<u8>,
    /// Names this state, as `ETag` has it.
    tag: HeaderValue,
    /// Whether it will not change again by itself.
    is_terminal: bool,
    strategy: String,
    /// From its creation to its last change, on the database's clock.
    age: Duration,
}

async fn view(state: &State, caller: &Caller, id: EvaluationId) -> Result<View, Problem> {
    let found = state.reader.read(&caller.tenant, id).await?;
    let evaluation = *found.ok_or_else(|| not_found(id))?;
    let recorded = hub::progress(state, id, evaluation.state).await;
    let is_terminal = evaluation.state.is_terminal();
    let age = evaluation.updated_at.duration_since(evaluation.created_at);
    let shown = representation::evaluation(evaluation, recorded);
    let body = serde_json::to_vec(&shown).map_err(Problem::internal)?;
    Ok(View {
        tag: etag::of(&body).try_into().map_err(Problem::internal)?,
        body,
        is_terminal,
        strategy: shown.strategy,
        age: age.try_into().unwrap_or_default(),
    })
}

fn no_payload(id: EvaluationId) -> Problem {
    Problem::new(ProblemCode::NotFound).with_detail(format!(
        "there is no payload of an evaluation {id}, or not any more"
    ))
}

pub(crate) fn not_found(id: EvaluationId) -> Problem {
    Problem::new(ProblemCode::NotFound).with_detail(format!("there is no evaluation {id}"))
}

/// What was posted, to the byte.
#[utoipa::path(
    get,
    path = "/v1/evaluations/{id}/payload",
    operation_id = "get_payload",
    params(("id" = EvaluationId, Path, description = "The evaluation's id.")),
    responses(
        (status = 200, description = "The payload. One of an earlier release may hold what would be refused today.", content_type = "application/json", body = Object),
        ReadProblems
    )
)]
pub(crate) async fn payload(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let found = payloads::load(&state.database, &caller.tenant, id).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(found.ok_or_else(|| no_payload(id))?))
}

/// Evaluations, the newest first.
///
/// Filters are exact, and all have to hold; `metadata.KEY` filters by a label of that name. Two that no evaluation can fit at
/// once are refused. An item says what came of an evaluation; its assessment is with the evaluation itself.
#[utoipa::path(
    get,
    path = "/v1/evaluations",
    operation_id = "list_evaluations",
    params(
        FilterParameters,
        ("limit" = Option<u32>, Query, description = "How many at most; absent: 50.", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page.", content_type = "application/json", body = Page<EvaluationSummary>),
        ListProblems
    )
)]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let ListQuery {
        filter,
        limit,
        after,
    } = ListQuery::read(parameters)?;
    let page = evaluations::list(&state.database, &caller.tenant, &filter, limit, after).await?;
    let items = page.items.into_iter().map(views::summary).collect();
    Ok(HttpResponse::Ok().json(Page {
        items,
        next_cursor: page.next.map(cursor::write),
    }))
}

/// Takes an evaluation back.
#[utoipa::path(
    post,
    path = "/v1/evaluations/{id}/cancel",
    operation_id = "cancel_evaluation",
    params(("id" = EvaluationId, Path, description = "The evaluation's id.")),
    responses(
        (status = 202, description = "It is cancelled.", content_type = "application/json", body = Evaluation, headers(("ETag" = String, description = "Names this state."))),
        WishProblems
    )
)]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let granted = evaluations::cancel(&state.database, &caller.tenant, id).await;
    let view = grant(
        &state,
        &caller,
        id,
        granted,
        "has ended: there is nothing to cancel",
    )
    .await?;
    tracing::info!(evaluation_id = %id, strategy = view.strategy, "evaluation cancelled");
    metrics::evaluation_ended("cancelled", "none", &view.strategy, view.age);
    Ok(accepted(view))
}

/// Has a failed, cancelled or unscorable evaluation run again. What was paid for is kept.
#[utoipa::path(
    post,
    path = "/v1/evaluations/{id}/retry",
    operation_id = "retry_evaluation",
    params(("id" = EvaluationId, Path, description = "The evaluation's id.")),
    responses(
        (status = 202, description = "It waits for a worker.", content_type = "application/json", body = Evaluation, headers(("ETag" = String, description = "Names this state."))),
        WishProblems
    )
)]
pub(crate) async fn retry(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    state.quota.look(&caller.tenant).await?;
    let granted = evaluations::retry(&state.database, &caller.tenant, id).await;
    if matches!(granted, Ok(CommandResult::Yes)) {
        // It waits already: what others took meanwhile does not undo it.
        drop(state.quota.take(&caller.tenant).await);
    }
    let view = grant(
        &state,
        &caller,
        id,
        granted,
        "runs again only when it failed, was cancelled or came out unscorable",
    )
    .await?;
    tracing::info!(evaluation_id = %id, strategy = view.strategy, "evaluation runs again");
    Ok(accepted(view))
}

/// The evaluation as it is now that a wish was granted.
async fn grant(
    state: &State,
    caller: &Caller,
    id: EvaluationId,
    granted: storage::Result<CommandResult>,
    refusal: &str,
) -> Result<View, Problem> {
    match granted? {
        CommandResult::Yes => {}
        CommandResult::NotFound => return Err(not_found(id)),
        CommandResult::No(now) => {
            return Err(Problem::new(ProblemCode::Conflict)
                .with_detail(format!("evaluation {id} is {}; it {refusal}", now.status())));
        }
        CommandResult::PayloadGone => {
            return Err(Problem::new(ProblemCode::Conflict).with_detail(format!(
                "the payload of evaluation {id} was removed; to have it judged again, post it with another `run`"
            )));
        }
    }
    // Those who wait look from time to time as well.
    if let Err(error) = state.redis.publish_changes(id).await {
        tracing::debug!(%error, "nobody is woken");
    }
    view(state, caller, id).await
}

fn accepted(view: View) -> HttpResponse {
    HttpResponse::Accepted()
        .content_type("application/json")
        .insert_header((ETAG, view.tag))
        .body(view.body)
}
