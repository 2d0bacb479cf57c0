//! What was heard of the breaker that all workers share.

use std::time::Instant;

use domain::circuit::Circuit as SharedCircuit;
use domain::deployment_state::{BreakerState, RefusalReason};

use super::{Circuit, Reason, Rejected};

/// What was heard of a shared breaker, and when.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) circuit: SharedCircuit,
    pub(super) at: Instant,
}

impl Heard {
    /// Until when nobody has to ask it.
    fn until(&self) -> Instant {
        self.at + self.circuit.retry_after
    }

    fn reason(&self) -> Reason {
        match self.circuit.reason {
            Some(RefusalReason::Unauthorized) => Reason::Unauthorized,
            _ => Reason::Open,
        }
    }

    /// That it is known not to let a call in; `None`: it is to be asked.
    pub(super) fn rejected(&self, now: Instant) -> Option<Rejected> {
        let is_closed = self.circuit.state == BreakerState::Closed;
        (!is_closed && self.until() > now).then(|| Rejected {
            retry_at: self.until(),
            reason: self.reason(),
        })
    }

    /// How often in a row it opened and why, where it was not closed.
    pub(super) fn known(&self) -> Option<(u32, RefusalReason)> {
        let reason = self.circuit.reason?;
        (self.circuit.state != BreakerState::Closed).then_some((self.circuit.openings, reason))
    }

    /// Since when it is so.
    pub(super) fn since(&self) -> Option<Instant> {
        self.at.checked_sub(self.circuit.age?)
    }

    pub(super) fn standing(
        &self,
        now: Instant,
    ) -> (BreakerState, Option<RefusalReason>, Option<Instant>) {
        let state = match self.circuit.state {
            BreakerState::Open if self.until() <= now => BreakerState::HalfOpen,
            state => state,
        };
        (state, self.circuit.reason, self.since())
    }

    /// The breaker with which a worker goes on alone.
    pub(super) fn as_own(&self) -> Circuit {
        if self.circuit.state == BreakerState::Closed {
            return Circuit::Closed;
        }
        Circuit::Open {
            until: self.until(),
            why: self.reason(),
        }
    }
}
