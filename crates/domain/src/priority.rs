//! How soon an evaluation is wanted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The two classes of work. Each has its own stream; neither starves the other.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody waits for it.
    #[default]
    Interactive,
    /// It may wait behind interactive work.
    Batch,
}

impl Priority {
    /// Both, the more urgent first.
    pub const ALL: [Self; 2] = [Self::Interactive, Self::Batch];

    /// The name in the API, in streams and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Batch => "batch",
        }
    }

    /// The priority of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_str() == name)
    }
}
