//! Why a call has no reply.

use std::time::Duration;

/// A call that brought no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What to do about it.
    pub kind: Kind,
    /// One sentence of ours.
    pub message: String,
    /// The provider's own words, shortened. They may quote the request: they belong into the record, not into a log.
    pub said: Option<String>,
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
            said: None,
            retry_after: None,
        }
    }

    /// Adds the words of the provider, or words that quote it.
    pub(crate) fn quoting(self, said: String) -> Self {
        Self {
            said: Some(said).filter(|said| !said.is_empty()),
            ..self
        }
    }

    /// The message with the provider's words, for the record.
    #[must_use]
    pub fn in_full(&self) -> String {
        match &self.said {
            Some(said) => format!("{}: {said}", self.message),
            None => self.message.clone(),
        }
    }
}
