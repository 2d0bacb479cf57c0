//! What a breaker is told of requests, and what others are told of it.

use std::time::Instant;

use domain::circuit::CallOutcome;
use domain::deployment_state::RefusalReason;

use crate::error::{CallError, ErrorKind};

/// That an endpoint may not be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// When to look again.
    pub(crate) retry_at: Instant,
    /// Why.
    pub(crate) reason: Reason,
}

/// Why an endpoint may not be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The breaker is open because calls failed, or a probe is under way.
    Open,
    /// It is open because the provider does not know us.
    Unauthorized,
    /// The provider asked for a pause.
    Paused,
    /// The provider's limits leave no room.
    LimitReached,
}

impl Reason {
    /// As others are told.
    pub(super) fn told(self) -> RefusalReason {
        match self {
            Self::Unauthorized => RefusalReason::Unauthorized,
            Self::Paused => RefusalReason::RateLimited,
            Self::Open | Self::LimitReached => RefusalReason::Failing,
        }
    }
}

/// What a request that failed so, or did not, tells a breaker.
pub(crate) fn outcome(error: Option<&CallError>) -> CallOutcome {
    match error.map(|error| error.kind) {
        None | Some(ErrorKind::Rejected) => CallOutcome::Answered,
        Some(ErrorKind::RateLimited) => CallOutcome::RateLimited,
        Some(ErrorKind::Unauthorized) => CallOutcome::Unauthorized,
        Some(ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Garbled) => {
            CallOutcome::Failed
        }
    }
}
