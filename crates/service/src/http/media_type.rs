//! Media types of request bodies.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;

use super::single;
use crate::problem::{Problem, ProblemCode};

/// Checks the media type of a body; the first of those that are taken is what a refusal asks for. `+json` suffixes
/// (RFC 6839) are taken as well. A request without a type is taken at its word.
///
/// # Errors
/// 415 `unsupported_media_type`, 400 `invalid_header` when it is given more than once.
pub fn expect_media_type(request: &HttpRequest, taken: &[&str]) -> Result<(), Problem> {
    let Some(given) = single(request.headers(), CONTENT_TYPE.as_str())? else {
        return Ok(());
    };
    let given = String::from_utf8_lossy(given.as_bytes());
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if taken.contains(&essence.as_str())
        || (essence.starts_with("application/") && essence.ends_with("+json"))
    {
        return Ok(());
    }
    let expected = taken.first().copied().unwrap_or_default();
    Err(
        Problem::new(ProblemCode::UnsupportedMediaType).with_detail(format!(
            "Content-Type `{essence}` is not taken; send {expected}"
        )),
    )
}
