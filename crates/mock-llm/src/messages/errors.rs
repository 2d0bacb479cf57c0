//! Errors in the shape Anthropic gives them.

use serde_json::{Value, json};

use crate::errors::ApiError;

/// The JSON body of an error.
pub(crate) fn render(error: &ApiError) -> Value {
    let (kind, message) = match (error.status, error.code) {
        (_, Some("context_length_exceeded")) => ("invalid_request_error", error.message.as_str()),
        (401, _) => ("authentication_error", "invalid x-api-key"),
        (403, _) => (
            "permission_error",
            "Your API key does not have permission to use the specified resource.",
        ),
        (404, _) => ("not_found_error", error.message.as_str()),
        (413, _) => ("request_too_large", "Request exceeds the maximum size"),
        (429, _) => (
            "rate_limit_error",
            "This request would exceed the rate limit for your organization.",
        ),
        (529, _) => ("overloaded_error", "Overloaded"),
        (500.., _) => ("api_error", "Internal server error"),
        _ => ("invalid_request_error", error.message.as_str()),
    };
    json!({"type": "error", "error": {"type": kind, "message": message}})
}

/// The prompt does not fit the model.
pub(crate) fn context_length(tokens: u64) -> ApiError {
    let most = tokens.saturating_sub(1);
    ApiError {
        code: Some("context_length_exceeded"),
        ..ApiError::body(format!(
            "prompt is too long: {tokens} tokens > {most} maximum"
        ))
    }
}

/// The answer is withheld: an error here, not a reason of the end.
pub(crate) fn filtered() -> ApiError {
    ApiError::body("Output blocked by content filtering policy")
}
