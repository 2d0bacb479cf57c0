//! The circuit breaker of a deployment, as all workers share it.

use std::time::Duration;

use crate::deployment_state::{BreakerState, RefusalReason};

/// How a shared breaker was found when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circuit {
    /// Whether calls are made: [`BreakerState::Paused`] is never shared.
    pub state: BreakerState,
    /// Why not.
    pub reason: Option<RefusalReason>,
    /// When to ask again; zero while it is closed, or its time is over and the next call tries.
    pub retry_after: Duration,
    /// For how long it has been closed, or not; `None`: it never was otherwise, as far as is known.
    pub age: Option<Duration>,
    /// Another number each time it opens or closes: what a call of before says does not count any more.
    pub generation: u64,
    /// How often in a row it opened.
    pub openings: u32,
    /// Whether the call that asked is the one that tries whether the deployment is back.
    pub is_probe: bool,
}

/// How a call ended, for a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// The deployment is there, whatever it said.
    Answered,
    /// It has no room for the call: it is there, and the call does not count.
    RateLimited,
    /// It failed, or nothing came in time.
    Failed,
    /// It does not take the key, or there is no money left.
    Unauthorized,
}

impl CallOutcome {
    /// The name in Redis.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::RateLimited => "rate_limited",
            Self::Failed => "failed",
            Self::Unauthorized => "unauthorized",
        }
    }
}
