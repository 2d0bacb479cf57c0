//! `POST /v1/keys`, `GET /v1/keys` and `DELETE /v1/keys/{id}`: the keys of the caller's tenant.

use std::time::Duration;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api::{CreatedKey, Key, NewKey, Page};
use domain::api_key::{ApiKey, KeyId};
use domain::new_key;
use service::http::Caller;
use service::problem::{Problem, ProblemCode};
use storage::api_keys::{self, StoredKey};

use crate::body;
use crate::openapi::{AllProblems, KeyProblems, ReadProblems};
use crate::state::State;

/// A name and some scopes, in bytes.
const MAX_KEY_BYTES: u64 = 16 * 1024;

/// Makes a key, and shows it: only this once.
///
/// With `replaces` it takes the place of another of the tenant's, which is good for `overlap_seconds` more.
#[utoipa::path(
    post,
    path = "/v1/keys",
    operation_id = "post_key",
    request_body(content = NewKey, content_type = "application/json"),
    responses(
        (status = 201, description = "The key.", content_type = "application/json", body = CreatedKey),
        KeyProblems
    )
)]
pub(crate) async fn post(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let wanted = body::read(&state, &request, payload, MAX_KEY_BYTES, new_key::parse).await?;
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let new = api_keys::NewKey {
        by: caller.key_id().cloned(),
        only_first: false,
        tenant: caller.tenant,
        name: wanted.name,
        scopes: wanted.scopes,
        lasts: wanted.lasts_seconds.map(seconds),
        replaces: wanted.replaces.map(|(id, overlap)| (id, seconds(overlap))),
    };
    let key = ApiKey::generate();
    let stored = api_keys::create(&state.database, &key, &new).await?;
    let stored = stored.ok_or_else(|| match new.replaces {
        Some(_) => Problem::invalid_field(
            "/replaces",
            "there is no such key, it is good no more, or it was replaced before",
        ),
        // Within the seconds in which it is still known.
        None => {
            Problem::new(ProblemCode::Unauthenticated).with_detail("the API key is good no more")
        }
    })?;
    tracing::info!(key_id = %stored.id, tenant = %stored.tenant, "API key made");
    Ok(HttpResponse::Created()
        .insert_header(("Cache-Control", "no-store"))
        .json(CreatedKey {
            key: key.expose().to_owned(),
            known: shown(stored),
        }))
}

/// The keys of the tenant, the newest first, those that are good no more among them.
#[utoipa::path(
    get,
    path = "/v1/keys",
    operation_id = "list_keys",
    responses(
        (status = 200, description = "All of them.", content_type = "application/json", body = Page<Key>),
        AllProblems
    )
)]
pub(crate) async fn list(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let keys = api_keys::list(&state.database, Some(&caller.tenant)).await?;
    Ok(HttpResponse::Ok().json(Page {
        items: keys.into_iter().map(shown).collect(),
        next_cursor: None,
    }))
}

/// Revokes a key: within seconds it opens nothing any more.
#[utoipa::path(
    delete,
    path = "/v1/keys/{id}",
    operation_id = "delete_key",
    params(("id" = String, Path, description = "The public part of the key.")),
    responses(
        (status = 204, description = "It is revoked."),
        ReadProblems
    )
)]
pub(crate) async fn delete(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let none = || Problem::new(ProblemCode::NotFound).with_detail("there is no such key");
    let id = KeyId::parse(&id).ok_or_else(none)?;
    if !api_keys::revoke(&state.database, Some(&caller.tenant), &id).await? {
        return Err(none());
    }
    tracing::info!(key_id = %id, tenant = %caller.tenant, "API key revoked");
    Ok(HttpResponse::NoContent().finish())
}

fn shown(stored: StoredKey) -> Key {
    Key {
        id: stored.id,
        tenant: stored.tenant.as_str().to_owned(),
        name: stored.name,
        scopes: stored.scopes,
        created_at: stored.created_at,
        expires_at: stored.expires_at,
        revoked_at: stored.revoked_at,
        last_used_at: stored.last_used_at,
    }
}
