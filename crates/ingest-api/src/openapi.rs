//! What the documentation says beside the routes themselves.

use std::collections::BTreeMap;

use service::http::docs::{Docs, problems};
use service::problem::ProblemCode as Code;
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoResponses, OpenApi};

use crate::routes::{batch, evaluations};

/// The API without its documentation's own calls.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "autorater ingest-api",
        description = "Takes new evaluations. What became of them is read from status-api."
    ),
    paths(evaluations::post, batch::post),
    components(schemas(api::BatchAnswer))
)]
struct Document;

/// The documentation as it is served.
///
/// # Errors
/// The document cannot be written as JSON.
pub fn docs() -> anyhow::Result<Docs> {
    Docs::new(document())
}

pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Why a post is refused.
pub(crate) struct PostProblems;

impl IntoResponses for PostProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            Code::InvalidQuery,
            Code::MalformedJson,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::UnsupportedContentEncoding,
            Code::InvalidRequest,
            Code::IdempotencyKeyReused,
            Code::Overloaded,
            Code::DependencyUnavailable,
        ])
    }
}

/// Why a batch is refused as a whole.
pub(crate) struct BatchProblems;

impl IntoResponses for BatchProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            Code::InvalidQuery,
            Code::UnsupportedMediaType,
            Code::UnsupportedContentEncoding,
            Code::Overloaded,
        ])
    }
}
