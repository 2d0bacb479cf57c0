//! Why an evaluation failed: the machinery's failures, never a judgement about the candidate.

use serde::{Deserialize, Serialize};

/// The stable `error.code` of a failed evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The provider could not be reached or answered with passing errors, in every attempt.
    AttemptsExhausted,
    /// Workers died while they held it, too often for that to be chance.
    Poison,
    /// It was not finished within its own deadline or the system's bound.
    DeadlineExceeded,
    /// The provider refused the call in a way that asking again cannot change (key, model, parameters).
    ProviderRejected,
    /// The budget of its tenant, or of the key that posted it, has no room for its next call.
    BudgetExceeded,
    /// Its stored payload or plan cannot be read.
    Unreadable,
}

impl FailureCode {
    /// All codes, for documentation and tests.
    pub const ALL: [Self; 6] = [
        Self::AttemptsExhausted,
        Self::Poison,
        Self::DeadlineExceeded,
        Self::ProviderRejected,
        Self::BudgetExceeded,
        Self::Unreadable,
    ];

    /// The name in the API and in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::Poison => "poison",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::ProviderRejected => "provider_rejected",
            Self::BudgetExceeded => "budget_exceeded",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A failure with the words that help a person: which call, what the provider said, what to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The class.
    pub code: FailureCode,
    /// One sentence; never candidate text.
    pub message: String,
}
