//! Rubrics as clients see and name them.

use domain::rubric::Rubric;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One immutable version of a rubric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RubricVersion {
    /// The rubric's name.
    pub name: String,
    /// The version, from 1.
    pub version: u32,
    /// Whether it came with the release.
    pub built_in: bool,
    /// When it was stored; null for a built-in one.
    #[schema(required)]
    pub created_at: Option<Timestamp>,
    /// What it says. It has no name of its own here: that stands beside the version.
    #[serde(flatten)]
    pub rubric: Rubric,
}

impl RubricVersion {
    /// A version that a tenant stored.
    #[must_use]
    pub fn stored(name: String, version: u32, created_at: Timestamp, rubric: Rubric) -> Self {
        Self {
            name,
            version,
            built_in: false,
            created_at: Some(created_at),
            rubric: without_name(rubric),
        }
    }

    /// A version that came with the release.
    #[must_use]
    pub fn built_in(name: &str, version: u32, rubric: &Rubric) -> Self {
        Self {
            name: name.to_owned(),
            version,
            built_in: true,
            created_at: None,
            rubric: without_name(rubric.clone()),
        }
    }

    /// Whether it says the same as another rubric, whatever that one's name.
    #[must_use]
    pub fn says(&self, rubric: &Rubric) -> bool {
        self.rubric == without_name(rubric.clone())
    }
}

fn without_name(rubric: Rubric) -> Rubric {
    Rubric {
        name: None,
        ..rubric
    }
}

/// How a request names a rubric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum RubricChoice {
    /// `name` or `name@version`.
    Named(String),
    /// A rubric of the request's own.
    Inline(Box<Rubric>),
}
