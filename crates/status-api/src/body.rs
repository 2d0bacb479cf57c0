//! Small bodies of JSON.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use domain::fields::Errors;
use domain::json::Json;
use service::http::{body, expect_media_type};
use service::problem::Problem;

use crate::state::State;

/// Reads a body of at most so many bytes by `parse`, which says what is wrong with it.
///
/// # Errors
/// 400, 408, 413, 415; 422 where `parse` found something wrong, or nothing to give.
pub(crate) async fn read<T>(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
    limit: u64,
    parse: impl FnOnce(&Json<'_>, &mut Errors) -> Option<T>,
) -> Result<T, Problem> {
    expect_media_type(request, &["application/json"])?;
    let patience = state.settings.http.request_timeout;
    let body = body::whole(request, payload, limit, patience).await?;
    let mut errors = Errors::default();
    let read = parse(&Json::parse(&body)?, &mut errors);
    match read {
        Some(read) if errors.is_empty() => Ok(read),
        _ => Err(Problem::invalid(errors.into_vec())),
    }
}
