//! What a breaker is told of requests, and what others are told of it.

use domain::circuit::CallOutcome;
use domain::deployment_state::RefusalReason;

use super::Reason;
use crate::error::{CallError, ErrorKind};

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
