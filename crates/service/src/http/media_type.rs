//! Media types of request bodies.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;

use crate::problem::{Problem, ProblemCode};

/// Checks the media type of a body; the first of those that are taken is what a refusal asks for. `+json` suffixes
/// (RFC 6839) are taken as well. A request without a type is taken at its word.
///
/// # Errors
/// 415 `unsupported_media_type`.
pub fn expect_media_type(request: &HttpRequest, taken: &[&str]) -> Result<(), Problem> {
    let given = request.headers().get(CONTENT_TYPE);
    let Some(given) = given.and_then(|given| given.to_str().ok()) else {
        return Ok(());
    };
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
