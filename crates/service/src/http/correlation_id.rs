//! The id that one piece of work carries through every service and log line.

use std::{
    fmt,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};
use uuid::Uuid;

use crate::problem::{Problem, ProblemCode};

/// The header that carries it.
pub const CORRELATION_HEADER: &str = "x-correlation-id";

/// Bytes that an id may have.
const LENGTH: usize = 128;

/// A correlation id: 1 to 128 visible ASCII characters.
///
/// As an extractor it gives the id of the request; the middleware [`super::correlation()`] must be
/// in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrelationId(String);

impl CorrelationId {
    /// Takes an id that fits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=LENGTH).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// Makes an id.
    #[must_use]
    pub fn generate() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromRequest for CorrelationId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.extensions().get::<Self>().cloned();
        ready(id.ok_or_else(|| {
            tracing::error!("the correlation middleware is missing");
            Problem::new(ProblemCode::Internal)
        }))
    }
}
