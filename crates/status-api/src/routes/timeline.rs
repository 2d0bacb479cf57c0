//! `GET /v1/evaluations/{id}/timeline`.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use api::Timeline;
use domain::{EvaluationId, State as Stage};
use service::http::{Caller, Parameters};
use service::problem::Problem;
use uuid::Uuid;

use super::evaluations::not_found;
use crate::hub::{self, MAX_EVENTS};
use crate::openapi::WaitProblems;
use crate::query;
use crate::state::State;
use crate::views;
use crate::waiting::{self, Surroundings};

/// What happened to an evaluation, and what it waits for.
#[utoipa::path(
    get,
    path = "/v1/evaluations/{id}/timeline",
    operation_id = "get_timeline",
    params(
        ("id" = EvaluationId, Path, description = "The evaluation's id."),
        ("after" = Option<i32>, Query, description = "Only events behind this `seq`.", minimum = 0),
    ),
    responses(
        (status = 200, description = "The timeline.", content_type = "application/json", body = Timeline),
        WaitProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let (database, tenant) = (&state.database, &caller.tenant);
    let after = query::after(parameters)?;
    let events = storage::timeline::load(database, tenant, id, after, MAX_EVENTS).await?;
    let events = events.ok_or_else(|| not_found(id))?;
    let worker = &state.settings.worker;
    let usual = [worker.heartbeat, worker.lease];
    let waiting = match storage::waiting::load(database, tenant, id, usual).await? {
        None => None,
        Some((facts, workers, queue)) => {
            let recorded = hub::progress(&state, id, facts.state).await;
            // One that is full answers, and takes no work.
            let has_redis = state.hub.hears()
                && (facts.state != Stage::Queued || state.redis.probe().await.is_ok());
            let around = Surroundings {
                has_redis,
                recorded: recorded.as_ref(),
            };
            Some(waiting::of(&facts, &workers, &queue, &around))
        }
    };
    Ok(HttpResponse::Ok().json(Timeline {
        waiting,
        events: events.into_iter().map(views::event).collect(),
    }))
}
