//! Problem documents (RFC 9457): how every error reaches a client.

mod code;

use std::{fmt, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, Responder, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use domain::fields::FieldError;
use domain::json::ParseError;
use serde::{Serialize, Serializer};

pub use self::code::ProblemCode;
use crate::http::CORRELATION_HEADER;

/// The media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";
/// When to come back, where the problem knows nothing better.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// An error as a client sees it.
///
/// Handlers return it as their error; the middleware [`crate::http::correlation`] adds the
/// correlation id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Problem {
    code: ProblemCode,
    detail: Option<String>,
    correlation_id: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    allow: Option<String>,
}

impl Problem {
    /// A problem without details.
    pub const fn new(code: ProblemCode) -> Self {
        Self {
            code,
            detail: None,
            correlation_id: None,
            errors: Vec::new(),
            retry_after: None,
            allow: None,
        }
    }

    /// A 500: the cause is logged here, once, and never reaches the client.
    #[track_caller]
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        let cause = cause.into();
        let location = std::panic::Location::caller();
        tracing::error!(error = cause.as_ref() as &dyn std::error::Error, %location, "internal error");
        Self::new(ProblemCode::Internal)
    }

    /// A 422 that names the fields at fault; the detail says which one it is, or how many.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.message.clone(),
            [only] => format!("{}: {}", only.pointer, only.message),
            several => format!("{} invalid fields", several.len()),
        };
        Self {
            errors,
            ..Self::new(ProblemCode::InvalidRequest).with_detail(detail)
        }
    }

    /// A 422 that names the one field at fault.
    pub fn invalid_field(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError {
            pointer: pointer.into(),
            message: message.into(),
        }])
    }

    /// A 405 that names the methods that are allowed, as `Allow` does: `GET, POST`.
    pub fn method_not_allowed(allow: impl Into<String>) -> Self {
        Self {
            allow: Some(allow.into()),
            ..Self::new(ProblemCode::MethodNotAllowed)
        }
    }

    /// Says what is wrong in this case, in a sentence for people.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Sets when to come back; whole seconds, rounded up. Sent with 429 and 503 only.
    pub const fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Sets the correlation id.
    pub fn with_correlation_id(mut self, id: impl Into<String>) -> Self {
        self.correlation_id = Some(id.into());
        self
    }

    /// What kind of problem it is.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        self.code
    }

    /// Seconds for `Retry-After`, for the codes that carry it.
    fn retry_after_seconds(&self) -> Option<u64> {
        self.code.may_pass().then(|| {
            let after = self.retry_after.unwrap_or(RETRY_AFTER);
            let rounded_up = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            rounded_up.max(1)
        })
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> api::Problem {
        let detail = self.detail.as_deref();
        api::Problem {
            r#type: format!("urn:autorater:problem:{}", self.code),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            detail: detail.unwrap_or_else(|| self.code.title()).to_owned(),
            code: self.code.as_str().to_owned(),
            correlation_id: self.correlation_id.clone(),
            errors: self.errors.clone(),
        }
    }

    /// The document as JSON.
    pub(crate) fn body(&self) -> Vec<u8> {
        // Only strings, numbers and lists: serialising cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{}: {detail}", self.code),
            None => self.code.fmt(f),
        }
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after_seconds() {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        if self.code == ProblemCode::Unauthenticated {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(id) = &self.correlation_id {
            response.insert_header((CORRELATION_HEADER, id.as_str()));
        }
        let mut response = response.body(self.body());
        // For the middleware, which makes the document anew with the correlation id in it.
        response.extensions_mut().insert(self.clone());
        response
    }
}

/// What is wrong with a body that is no JSON, or not our kind of it.
impl From<ParseError> for Problem {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::DuplicateKey { pointer } => Self::invalid_field(pointer, "duplicate key")
                .with_detail("an object has a duplicate key"),
            ParseError::Encoding { .. } | ParseError::Syntax { .. } => {
                Self::new(ProblemCode::MalformedJson).with_detail(error.to_string())
            }
        }
    }
}

/// A failure of the database as clients see it. Whether a write took effect before it nobody can say.
impl From<storage::Error> for Problem {
    fn from(error: storage::Error) -> Self {
        if error.is_unavailable() {
            // Health has said so once, with the reason.
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::debug!(error, "the database is not available");
            Self::new(ProblemCode::DependencyUnavailable)
                .with_detail("the database is not available; try again")
        } else {
            Self::internal(error)
        }
    }
}

impl Responder for Problem {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        self.error_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_the_fields_of_the_rfc() {
        let problem =
            Problem::invalid_field("/rubric", "no such rubric").with_correlation_id("c-1");
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            serde_json::json!({
                "type": "urn:autorater:problem:invalid_request", "title": "Invalid request",
                "status": 422, "detail": "/rubric: no such rubric", "code": "invalid_request",
                "correlation_id": "c-1", "errors": [{"pointer": "/rubric", "message": "no such rubric"}],
            })
        );
    }

    #[test]
    fn an_internal_error_keeps_its_cause_to_itself() {
        let body = Problem::internal(anyhow::anyhow!("secret cause")).body();
        assert!(!String::from_utf8(body).unwrap().contains("secret"));
    }

    #[test]
    fn what_may_pass_says_when_to_come_back() {
        for code in ProblemCode::ALL {
            let response = Problem::new(code)
                .with_retry_after(Duration::from_millis(1_200))
                .error_response();
            assert_eq!(response.status().as_u16(), code.status());
            let after = response.headers().get(header::RETRY_AFTER);
            let expected = matches!(code.status(), 429 | 503).then_some("2");
            assert_eq!(
                after.map(|value| value.to_str().unwrap()),
                expected,
                "{code}"
            );
        }
    }
}
