//! `/v1/webhooks/default`: where the ends of the tenant's evaluations are told, unless their payload or rubric says otherwise.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api::{DefaultWebhook, NewDefaultWebhook};
use domain::fields::{Errors, Fields};
use domain::json::Json;
use domain::webhook::MAX_WEBHOOK_URL;
use service::http::Caller;
use service::problem::{Problem, ProblemCode};
use storage::default_webhooks::{self, DefaultWebhook as Stored};

use crate::body;
use crate::openapi::{KeyProblems, ReadProblems};
use crate::state::State;

/// A URL, in bytes.
const MAX_BODY: u64 = 16 * 1024;

/// Sets where the ends of evaluations are told, unless their payload or rubric says otherwise.
///
/// Of those that are posted from now on; ingest-api hears of it within ten seconds.
#[utoipa::path(
    put,
    path = "/v1/webhooks/default",
    operation_id = "put_default_webhook",
    request_body(content = NewDefaultWebhook, content_type = "application/json"),
    responses(
        (status = 200, description = "It holds.", content_type = "application/json", body = DefaultWebhook),
        KeyProblems
    )
)]
pub(crate) async fn put(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let url = body::read(&state, &request, payload, MAX_BODY, url).await?;
    let checked = state.webhooks.check(&caller.tenant, &url, "").await?;
    let url = checked.map_err(|error| Problem::invalid(vec![error]))?;
    let stored = default_webhooks::set(&state.database, &caller.tenant, &url).await?;
    tracing::info!("default webhook set");
    Ok(HttpResponse::Ok().json(shown(stored)))
}

fn url(json: &Json<'_>, errors: &mut Errors) -> Option<String> {
    let mut fields = Fields::of(json, "", errors)?;
    fields.require("url", errors);
    let url = fields.short_text("url", MAX_WEBHOOK_URL, errors);
    fields.finish(errors);
    url.map(Into::into)
}

/// Where the ends of evaluations are told, unless their payload or rubric says otherwise.
#[utoipa::path(
    get,
    path = "/v1/webhooks/default",
    operation_id = "get_default_webhook",
    responses(
        (status = 200, description = "There.", content_type = "application/json", body = DefaultWebhook),
        ReadProblems
    )
)]
pub(crate) async fn get(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let found = default_webhooks::find(&state.database, &caller.tenant).await?;
    Ok(HttpResponse::Ok().json(shown(found.ok_or_else(none)?)))
}

/// Has nobody told any more of evaluations whose payload and rubric name nobody.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/default",
    operation_id = "delete_default_webhook",
    responses(
        (status = 204, description = "There is none any more."),
        ReadProblems
    )
)]
pub(crate) async fn delete(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    if !default_webhooks::remove(&state.database, &caller.tenant).await? {
        return Err(none());
    }
    tracing::info!("default webhook removed");
    Ok(HttpResponse::NoContent().finish())
}

fn none() -> Problem {
    Problem::new(ProblemCode::NotFound).with_detail("there is no default webhook")
}

fn shown(stored: Stored) -> DefaultWebhook {
    DefaultWebhook {
        url: stored.url,
        updated_at: stored.updated_at,
    }
}
