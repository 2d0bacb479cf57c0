//! `GET`, `POST` and `DELETE /v1/session`: logins of the dashboard.

use actix_web::http::header::{CACHE_CONTROL, SET_COOKIE};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api::{NewSession, Session, SessionAuth};
use domain::api_key::ApiKey;
use domain::fields::{Errors, Fields};
use domain::json::Json;
use service::auth::{Principal, session};
use service::problem::{Problem, ProblemCode};

use crate::body;
use crate::openapi::{AllProblems, LogoutProblems, SessionProblems};
use crate::state::State;

/// A key in JSON, in bytes.
const MAX_LOGIN_BYTES: u64 = 4 * 1024;

/// Who the caller is, and what its key is good for.
///
/// For everybody: who shows no key, or one that is good no more, is told so by a session without scopes.
#[utoipa::path(
    get,
    path = "/v1/session",
    operation_id = "get_session",
    security(()),
    responses(
        (status = 200, description = "The session.", content_type = "application/json", body = Session),
        AllProblems
    )
)]
pub(crate) async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let authenticator = &state.authenticator;
    let shown = match authenticator.key(request.method(), request.headers()) {
        Ok(key) => match authenticator.authenticate(key.as_ref()).await {
            Ok(principal) => Ok((key, principal)),
            Err(problem) => Err(problem),
        },
        Err(problem) => Err(problem),
    };
    match shown {
        Ok((key, principal)) => Ok(answer(&state, key.as_ref(), Some(principal))),
        Err(problem) if problem.code() == ProblemCode::Unauthenticated => {
            Ok(answer(&state, None, None))
        }
        Err(problem) => Err(problem),
    }
}

/// Logs a browser in: sets a cookie that does for its pages what the key in a header does for programs.
///
/// With the cookie, requests that change something are taken from pages of this address alone.
#[utoipa::path(
    post,
    path = "/v1/session",
    operation_id = "post_session",
    security(()),
    request_body(content = NewSession, content_type = "application/json"),
    responses(
        (status = 200, description = "The session.", content_type = "application/json", body = Session, headers(("Set-Cookie" = String, description = "The login."))),
        SessionProblems
    )
)]
pub(crate) async fn post(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    // No other site may log its reader in as somebody else. Programs send none of these headers, and gain nothing here.
    session::expect_same_origin(request.method(), request.headers())?;
    let text = body::read(&state, &request, payload, MAX_LOGIN_BYTES, key_of).await?;
    if !state.authenticator.asks_for_keys() {
        return Err(Problem::new(ProblemCode::Conflict)
            .with_detail("keys are off here: there is nothing to log in to"));
    }
    let key = ApiKey::parse(&text).ok_or_else(|| {
        Problem::new(ProblemCode::Unauthenticated).with_detail("this is no whole API key")
    })?;
    let principal = state.authenticator.authenticate(Some(&key)).await?;
    let mut response = answer(&state, Some(&key), Some(principal));
    let cookie = session::begin(&key).try_into().map_err(Problem::internal)?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Logs a browser out. The key itself goes on.
#[utoipa::path(
    delete,
    path = "/v1/session",
    operation_id = "delete_session",
    security(()),
    responses(
        (status = 204, description = "Nobody is logged in.", headers(("Set-Cookie" = String, description = "Takes the login away."))),
        LogoutProblems
    )
)]
pub(crate) async fn delete(request: HttpRequest) -> Result<HttpResponse, Problem> {
    session::expect_same_origin(request.method(), request.headers())?;
    Ok(HttpResponse::NoContent()
        .insert_header((SET_COOKIE, session::end()))
        .finish())
}

/// The key of a [`NewSession`].
fn key_of(json: &Json<'_>, errors: &mut Errors) -> Option<String> {
    let mut fields = Fields::of(json, "", errors)?;
    fields.require("key", errors);
    let key = fields.text("key", errors);
    fields.finish(errors);
    key.map(|key| key.as_str().to_owned())
}

fn answer(state: &State, key: Option<&ApiKey>, principal: Option<Principal>) -> HttpResponse {
    let (tenant, scopes) = match principal {
        Some(principal) => (Some(principal.tenant.as_str().to_owned()), principal.scopes),
        None => (None, Vec::new()),
    };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(Session {
            auth: if state.authenticator.asks_for_keys() {
                SessionAuth::Keys
            } else {
                SessionAuth::Off
            },
            tenant,
            key_id: key.map(|key| key.id().clone()),
            scopes,
            ingest_url: state.settings.http.ingest_base().to_owned(),
        })
}
