//! Request bodies: bounded in size, in time, and in sum over all requests.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use domain::Tenant;
use service::http::{body, expect_media_type};
use service::problem::Problem;

use crate::memory::Reservation;
use crate::state::State;

/// A body that is wholly there.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Set aside for it; given back when this is dropped.
    pub(crate) memory: Reservation,
}

/// Reads a JSON body.
///
/// # Errors
/// 400, 408, 413, 415 or 503 `overloaded`.
pub(crate) async fn read(
    state: &State,
    tenant: &Tenant,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Body, Problem> {
    let http = &state.settings.http;
    expect_media_type(request, &["application/json"])?;
    let limit = http.body_limit;
    // What a compressed or chunked body comes to is known only at its end: the most is set aside for it.
    let known = body::known_length(request, limit)?;
    let memory = state.body_memory.reserve(tenant, known.unwrap_or(limit))?;
    let bytes = body::whole(request, payload, limit, http.request_timeout).await?;
    Ok(Body {
        memory: memory.keep(bytes.len() as u64),
        bytes,
    })
}
