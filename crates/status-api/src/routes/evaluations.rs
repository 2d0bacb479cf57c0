//! `GET /v1/evaluations`, `/v1/evaluations/{id}` and `/v1/evaluations/{id}/payload`.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use domain::{EvaluationId, State as Stage};
use serde::Serialize;
use service::http::Parameters;
use service::metrics;
use service::problem::{Problem, ProblemCode};
use storage::evaluations::CommandResult;
use storage::{evaluations, payloads};
use tokio::time::Instant;
use uuid::Uuid;

use crate::cursor;
use crate::etag::{self, Known};
use crate::query::{self, ListQuery};
use crate::representation::Shown;
use crate::state::State;

/// What a reader gets to see, and whether it will change again by itself.
struct View {
    body: Vec<u8>,
    tag: String,
    is_terminal: bool,
    strategy: String,
    /// From its creation to its last change, on the database's clock.
    age: Duration,
}

pub(crate) async fn get(
    state: Data<State>,
    id: Path<Uuid>,
    parameters: Parameters,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let known = Known::of(&request);
    let wait = query::wait(parameters)?
        .map(|seconds| Duration::from_secs_f64(seconds).min(state.settings.http.max_wait));
    let view = match wait {
        None => view(&state, id).await?,
        Some(wait) => wait_for_change(&state, id, &known, wait).await?,
    };
    let mut response = if known.has(&view.tag) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((ETAG, view.tag.clone()))
        .insert_header((CACHE_CONTROL, "no-cache"));
    if known.has(&view.tag) {
        return Ok(response.finish());
    }
    Ok(response.content_type("application/json").body(view.body))
}

/// Returns at once when terminal; else with the first state that the reader does not have, or, when it named
/// none, at the end; in any case when the time is up. Refused when it would have to wait and too many do.
async fn wait_for_change(
    state: &State,
    id: EvaluationId,
    known: &Known,
    wait: Duration,
) -> Result<View, Problem> {
    let until = Instant::now() + wait;
    // Before the first look, so that no change falls between the two.
    let mut watch = state.hub.watch(id);
    let mut place = None;
    loop {
        let view = view(state, id).await?;
        let is_news = known.is_given() && !known.has(&view.tag);
        if view.is_terminal || is_news || Instant::now() >= until || state.shutdown.is_cancelled() {
            return Ok(view);
        }
        if place.is_none() {
            place = Some(state.waiters.try_acquire().map_err(|_| too_many_wait())?);
        }
        tokio::select! {
            () = watch.worth_a_look() => {}
            () = tokio::time::sleep_until(until) => {}
            () = state.shutdown.cancelled() => {}
        }
    }
}

fn too_many_wait() -> Problem {
    Problem::new(ProblemCode::Overloaded)
        .with_detail("too many requests wait for a change; ask without `wait`, or again later")
}

async fn view(state: &State, id: EvaluationId) -> Result<View, Problem> {
    let found = evaluations::find(&state.database, &state.tenant(), id).await?;
    let evaluation = found.ok_or_else(|| not_found(id))?;
    let recorded = match evaluation.state {
        // Progress is a cache: without it the record has to do, and nobody waits long for it.
        Stage::Running => {
            tokio::time::timeout(Duration::from_millis(200), state.redis.read_progress(id))
                .await
                .ok()
                .and_then(Result::ok)
                .flatten()
        }
        _ => None,
    };
    let body = serde_json::to_vec(&Shown::new(&evaluation, recorded)).map_err(Problem::internal)?;
    let age = evaluation.updated_at.duration_since(evaluation.created_at);
    Ok(View {
        tag: etag::of(&body),
        body,
        is_terminal: evaluation.state.is_terminal(),
        strategy: evaluation.strategy,
        age: age.try_into().unwrap_or_default(),
    })
}

fn no_payload(id: EvaluationId) -> Problem {
    Problem::new(ProblemCode::NotFound).with_detail(format!(
        "there is no payload of an evaluation {id}, or not any more"
    ))
}

fn not_found(id: EvaluationId) -> Problem {
    Problem::new(ProblemCode::NotFound).with_detail(format!("there is no evaluation {id}"))
}

pub(crate) async fn payload(state: Data<State>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let found = payloads::load(&state.database, &state.tenant(), id).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(found.ok_or_else(|| no_payload(id))?))
}

#[derive(Debug, Serialize)]
struct Page<'e> {
    items: Vec<Shown<'e>>,
    next_cursor: Option<String>,
}

pub(crate) async fn list(
    state: Data<State>,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let ListQuery {
        filter,
        limit,
        after,
    } = ListQuery::read(parameters)?;
    let page = evaluations::list(&state.database, &state.tenant(), &filter, limit, after).await?;
    let items = page
        .items
        .iter()
        .map(|evaluation| Shown::new(evaluation, None))
        .collect();
    Ok(HttpResponse::Ok().json(Page {
        items,
        next_cursor: page.next.map(cursor::write),
    }))
}

pub(crate) async fn cancel(state: Data<State>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let granted = evaluations::cancel(&state.database, &state.tenant(), id).await;
    let view = grant(&state, id, granted, "has ended: there is nothing to cancel").await?;
    metrics::evaluation_ended("cancelled", "none", &view.strategy, view.age);
    Ok(accepted(view))
}

pub(crate) async fn retry(state: Data<State>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let granted = evaluations::retry(&state.database, &state.tenant(), id).await;
    let view = grant(
        &state,
        id,
        granted,
        "runs again only when it failed, was cancelled or came out unscorable",
    )
    .await?;
    Ok(accepted(view))
}

/// The evaluation as it is now that a wish was granted.
async fn grant(
    state: &State,
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
    view(state, id).await
}

fn accepted(view: View) -> HttpResponse {
    HttpResponse::Accepted()
        .content_type("application/json")
        .insert_header((ETAG, view.tag))
        .body(view.body)
}
