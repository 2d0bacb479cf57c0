//! Why a call has no reply.

use std::time::Duration;

/// A call that brought no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What to do about it.
    pub kind: Kind,
    /// One sentence with the provider's own words, shortened; never candidate text.
    pub message: String,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
}

/// What kind of failure it was, which decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The provider asks for fewer calls (429): waits, tries again.
    RateLimited,
    /// The provider is not there, fails or breaks off: tries again.
    Unavailable,
    /// Nothing came in time: tries again.
    TimedOut,
    /// It answered with success and something that is no reply: tries again.
    Garbled,
    /// It refused the call for good (key, quota, model, parameters): no use in trying again.
    Rejected,
}

impl Kind {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_passing(self) -> bool {
        !matches!(self, Self::Rejected)
    }

    /// The name in metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed_out",
            Self::Garbled => "garbled",
            Self::Rejected => "rejected",
        }
    }
}

impl CallError {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            retry_after: None,
        }
    }
}
