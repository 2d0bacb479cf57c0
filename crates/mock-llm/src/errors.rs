//! Errors in the shape OpenAI gives them.

use serde_json::{Value, json};

/// A refused request.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    /// HTTP status.
    pub(crate) status: u16,
    /// For people.
    pub(crate) message: String,
    /// OpenAI's `type`.
    pub(crate) kind: &'static str,
    /// The field at fault.
    pub(crate) param: Option<String>,
    /// For programs.
    pub(crate) code: Option<&'static str>,
}

impl ApiError {
    /// A body that says something wrong in one of its fields.
    pub(crate) fn field(param: &str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(400, "invalid_request_error", None, message)
        }
    }

    /// A body that is no request at all.
    pub(crate) fn body(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", None, message)
    }

    /// Any other.
    pub(crate) fn new(
        status: u16,
        kind: &'static str,
        code: Option<&'static str>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            message: message.into(),
            kind,
            param: None,
            code,
        }
    }

    /// What the provider says with a bare status.
    pub(crate) fn for_status(status: u16) -> Self {
        let (kind, code, message) = match status {
            401 => (
                "invalid_request_error",
                Some("invalid_api_key"),
                "Incorrect API key provided.",
            ),
            403 => (
                "invalid_request_error",
                Some("unsupported_country_region_territory"),
                "Country, region, or territory not supported",
            ),
            404 => (
                "invalid_request_error",
                Some("model_not_found"),
                "The model does not exist or you do not have access to it.",
            ),
            429 => return Self::rate_limit(),
            400..500 => ("invalid_request_error", None, "The request was refused."),
            503 => (
                "service_unavailable_error",
                None,
                "The engine is currently overloaded, please try again later",
            ),
            _ => (
                "server_error",
                None,
                "The server had an error while processing your request. Sorry about that!",
            ),
        };
        Self::new(status, kind, code, message)
    }

    /// Too many requests.
    pub(crate) fn rate_limit() -> Self {
        Self::new(
            429,
            "requests",
            Some("rate_limit_exceeded"),
            "Rate limit reached for requests. Please try again later.",
        )
    }

    /// The flex tier is full.
    pub(crate) fn no_capacity() -> Self {
        Self::new(
            429,
            "invalid_request_error",
            Some("resource_unavailable"),
            "Resource unavailable: there is no capacity for flex processing now. Try again later, or with the default \
             service tier.",
        )
    }

    /// The prompt does not fit the model.
    pub(crate) fn context_length(tokens: u64) -> Self {
        Self {
            param: Some("messages".to_owned()),
            ..Self::new(
                400,
                "invalid_request_error",
                Some("context_length_exceeded"),
                format!(
                    "This model's maximum context length is {} tokens. However, your messages \
                     resulted in {tokens} tokens. Please reduce the length of the messages.",
                    tokens.saturating_sub(1)
                ),
            )
        }
    }

    /// The JSON body.
    pub(crate) fn render(&self) -> Value {
        json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }})
    }
}
