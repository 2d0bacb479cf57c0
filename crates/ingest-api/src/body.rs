//! Request bodies: bounded in size, in time, and in sum over all requests.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use service::http::{body, expect_media_type};
use service::problem::{Problem, ProblemCode};
use tokio::sync::OwnedSemaphorePermit;

use crate::state::State;

/// A body that is wholly there.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Set aside for it; given back when this is dropped.
    pub(crate) memory: OwnedSemaphorePermit,
}

/// Reads a JSON body.
///
/// # Errors
/// 400, 408, 413, 415 or 503 `overloaded`.
pub(crate) async fn read(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Body, Problem> {
    let http = &state.settings.http;
    expect_media_type(request, &["application/json"])?;
    let limit = http.body_limit;
    // What a compressed or chunked body comes to is known only at its end: the most is set aside for it.
    let known = body::known_length(request, limit)?;
    let mut memory = reserve(state, known.unwrap_or(limit))?;
    let bytes = body::whole(request, payload, limit, http.request_timeout).await?;
    let used = memory.split(kibibytes(bytes.len() as u64) as usize);
    Ok(Body {
        bytes,
        memory: used.unwrap_or(memory),
    })
}

/// The unit of what is set aside.
pub(crate) fn kibibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024).max(1)).unwrap_or(u32::MAX)
}

/// Sets memory aside for a body, or says that there is none.
pub(crate) fn reserve(state: &State, bytes: u64) -> Result<OwnedSemaphorePermit, Problem> {
    state
        .body_memory
        .clone()
        .try_acquire_many_owned(kibibytes(bytes))
        .map_err(|_| {
            Problem::new(ProblemCode::Overloaded)
                .with_detail("too many request bodies are being read at once")
                .with_retry_after(Duration::from_secs(1))
        })
}
