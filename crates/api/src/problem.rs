//! Errors as clients see them.

pub use domain::fields::FieldError;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:autorater:problem:` and the code.
    pub r#type: String,
    /// What the code means, the same in every case.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this case, in a sentence for people.
    pub detail: String,
    /// The stable name of the kind of problem, snake_case.
    pub code: String,
    /// The id under which the request is in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The fields at fault, for `invalid_request`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}
