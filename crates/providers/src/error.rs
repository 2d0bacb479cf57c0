//! Why a call has no reply.

use std::time::Duration;

use domain::timeline::WaitReason;

/// A call that brought no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What to do about it.
    pub kind: ErrorKind,
    /// One sentence of ours.
    pub message: String,
    /// The provider's own words, shortened. They may quote the request: they belong into the record, not into a log.
    pub said: Option<String>,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// What it complains of, where it understood the request and would not have it.
    pub(crate) complaint: Option<Box<Complaint>>,
    /// Whether a stream ended as streams do, but without a word about why the answer did.
    pub(crate) is_unended: bool,
    /// Whether the pieces of a stream may be those of several answers.
    pub(crate) is_confused: bool,
    /// Whether an answer had begun, or may have.
    pub(crate) was_begun: bool,
    /// Whether the cheaper tier that was asked for has no capacity now: nothing is wrong with call or provider.
    pub(crate) is_no_capacity: bool,
}

/// A refusal that may be about the way we asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The status of the answer.
    pub(crate) status: u16,
    /// The parameter that it names as such, in lower case.
    pub(crate) param: String,
    /// What it says of the request, in lower case.
    pub(crate) about: String,
}

/// What kind of failure it was, which decides what happens next; the table in [`crate::outcome`] says how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The provider asks for fewer calls.
    RateLimited,
    /// The provider is not there, fails or breaks off.
    Unavailable,
    /// Nothing came in time.
    TimedOut,
    /// It answered with success and something that is no reply.
    Garbled,
    /// It does not know us, or we have no money left there.
    Unauthorized,
    /// It refused this call for good.
    Rejected,
}

impl ErrorKind {
    /// Whether the same call may succeed there later without anybody changing anything.
    #[must_use]
    pub fn is_transient(self) -> bool {
        !matches!(self, Self::Unauthorized | Self::Rejected)
    }

    /// The name in metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed_out",
            Self::Garbled => "garbled",
            Self::Unauthorized => "unauthorized",
            Self::Rejected => "rejected",
        }
    }
}

impl CallError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            said: None,
            retry_after: None,
            complaint: None,
            is_unended: false,
            is_confused: false,
            was_begun: false,
            is_no_capacity: false,
        }
    }

    /// The name in metrics and logs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        if self.is_no_capacity {
            "no_capacity"
        } else {
            self.kind.as_str()
        }
    }

    /// Whether the cheaper tier that was asked for has no capacity now.
    #[must_use]
    pub fn is_no_capacity(&self) -> bool {
        self.is_no_capacity
    }

    /// Adds the words of the provider, or words that quote it.
    pub(crate) fn quoting(self, said: &str) -> Self {
        Self {
            said: Some(shorten(said)).filter(|said| !said.is_empty()),
            ..self
        }
    }

    /// Whether the provider may have answered, and charged for it, although no reply came of it.
    pub(crate) fn may_be_paid(&self) -> bool {
        self.was_begun
            || self.is_unended
            || self.is_confused
            || matches!(self.kind, ErrorKind::TimedOut | ErrorKind::Garbled)
    }

    /// The HTTP status of the answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.complaint.as_ref().map(|complaint| complaint.status)
    }

    /// What a call waits for that is made again after it: who gives no answer at all is not there.
    #[must_use]
    pub fn wait_reason(&self) -> WaitReason {
        if self.status().is_none() && self.kind != ErrorKind::Garbled {
            WaitReason::ProviderUnavailable
        } else {
            WaitReason::RetryDelay
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

/// Enough of a provider's words to help a person, and no more: they may quote the request.
fn shorten(message: &str) -> String {
    const MAX_DETAIL: usize = 300;
    let line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_DETAIL {
        line
    } else {
        line.chars().take(MAX_DETAIL).chain("…".chars()).collect()
    }
}
