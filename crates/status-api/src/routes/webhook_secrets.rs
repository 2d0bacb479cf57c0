//! `POST /v1/webhooks/secrets`, `GET /v1/webhooks/secrets` and `DELETE /v1/webhooks/secrets/{id}`: what webhooks of the caller's
//! tenant are signed with.

use std::time::Duration;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api::{CreatedWebhookSecret, NewWebhookSecret, Page, WebhookSecret};
use domain::fields::{Errors, Fields};
use domain::json::Json;
use service::http::Caller;
use service::problem::{Problem, ProblemCode};
use storage::webhook_secrets::{self, StoredSecret};
use uuid::Uuid;
use webhooks::Secret;

use crate::body;
use crate::openapi::{AllProblems, KeyProblems, ReadProblems};
use crate::state::State;

/// A number, in bytes.
const MAX_SECRET_BYTES: u64 = 1024;
/// How long messages may be signed with two secrets, in seconds: not at all, up to 30 days.
const OVERLAP: (u32, u32) = (0, 30 * 24 * 3600);
/// How long they are where nothing is said: a day.
const DEFAULT_OVERLAP: u32 = 24 * 3600;

/// Makes a secret, and shows it: only this once.
///
/// From now on messages are signed with it, and for `overlap_seconds` more with those before as well, so that receivers can
/// change over in between.
#[utoipa::path(
    post,
    path = "/v1/webhooks/secrets",
    operation_id = "post_webhook_secret",
    request_body(content = NewWebhookSecret, content_type = "application/json"),
    responses(
        (status = 201, description = "The secret.", content_type = "application/json", body = CreatedWebhookSecret),
        KeyProblems
    )
)]
pub(crate) async fn post(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let overlap = body::read(&state, &request, payload, MAX_SECRET_BYTES, overlap).await?;
    let secret = Secret::of_random(rand::random());
    let overlap = Duration::from_secs(overlap.into());
    let stored =
        webhook_secrets::create(&state.database, &caller.tenant, secret.as_bytes(), overlap)
            .await?;
    tracing::info!(secret_id = %stored.id, tenant = %caller.tenant, "webhook secret made");
    Ok(HttpResponse::Created()
        .insert_header(("Cache-Control", "no-store"))
        .json(CreatedWebhookSecret {
            secret: secret.expose(),
            known: shown(stored),
        }))
}

fn overlap(json: &Json<'_>, errors: &mut Errors) -> Option<u32> {
    let mut fields = Fields::of(json, "", errors)?;
    let overlap = fields.integer("overlap_seconds", OVERLAP, errors);
    fields.finish(errors);
    Some(overlap.unwrap_or(DEFAULT_OVERLAP))
}

/// The secrets that messages are signed with now, the newest first.
#[utoipa::path(
    get,
    path = "/v1/webhooks/secrets",
    operation_id = "list_webhook_secrets",
    responses(
        (status = 200, description = "All of them, without the secrets themselves.", content_type = "application/json", body = Page<WebhookSecret>),
        AllProblems
    )
)]
pub(crate) async fn list(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let secrets = webhook_secrets::list(&state.database, &caller.tenant).await?;
    Ok(HttpResponse::Ok().json(Page {
        items: secrets.into_iter().map(shown).collect(),
        next_cursor: None,
    }))
}

/// Removes a secret: nothing is signed with it any more.
///
/// Without any, webhooks wait, and posts that ask for one are refused.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/secrets/{id}",
    operation_id = "delete_webhook_secret",
    params(("id" = Uuid, Path, description = "The secret's id.")),
    responses(
        (status = 204, description = "It is removed."),
        ReadProblems
    )
)]
pub(crate) async fn delete(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    if !webhook_secrets::remove(&state.database, &caller.tenant, *id).await? {
        return Err(Problem::new(ProblemCode::NotFound).with_detail("there is no such secret"));
    }
    tracing::info!(secret_id = %id, tenant = %caller.tenant, "webhook secret removed");
    Ok(HttpResponse::NoContent().finish())
}

fn shown(stored: StoredSecret) -> WebhookSecret {
    WebhookSecret {
        id: stored.id,
        created_at: stored.created_at,
        expires_at: stored.expires_at,
    }
}
