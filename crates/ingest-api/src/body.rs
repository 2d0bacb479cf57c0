//! Request bodies: bounded in size, in time, and in sum over all requests.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use service::http::{Caller, body, expect_media_type};
use service::problem::Problem;

use crate::memory::Reservation;
use crate::state::State;

/// A body that is wholly there.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Set aside for it; given back when this is dropped.
    pub(crate) memory: Reservation,
}

/// Reads a JSON body. What was decoded counts for its tenant, also where the rest is refused.
///
/// # Errors
/// 400, 408, 413, 415 or 503 `overloaded`.
pub(crate) async fn read(
    state: &State,
    caller: &Caller,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Body, Problem> {
    let http = &state.settings.http;
    expect_media_type(request, &["application/json"])?;
    let limit = http.body_limit;
    // What a compressed or chunked body comes to is known only at its end: the most is set aside for it.
    let known = body::known_length(request, limit)?;
    let memory = state
        .body_memory
        .reserve(&caller.tenant, known.unwrap_or(limit))?;
    let mut bytes = Vec::new();
    let read = body::read_to(&mut bytes, request, payload, limit, http.request_timeout).await;
    caller.limits().have_read(&caller.tenant, bytes.len());
    read?;
    Ok(Body {
        memory: memory.keep(bytes.len() as u64),
        bytes,
    })
}
