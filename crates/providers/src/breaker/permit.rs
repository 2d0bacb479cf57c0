//! Leave for one call, and what came of it.

use std::time::{Duration, Instant};

use super::{Breaker, Circuit};
use crate::error::CallError;

/// Leave for one call. Dropped without a report it changes nothing.
#[derive(Debug)]
pub(crate) struct Permit {
    pub(super) breaker: Breaker,
    pub(super) is_probe: bool,
}

impl Permit {
    /// Says how the call went; `chance` from 0 to 1 spreads pauses out. Returns for how long this call is to wait,
    /// where the provider has no room for it.
    pub(crate) fn report(
        mut self,
        error: Option<&CallError>,
        now: Instant,
        chance: f64,
    ) -> Option<Duration> {
        let was_probe = std::mem::take(&mut self.is_probe);
        self.breaker.inner().report(was_probe, error, now, chance)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // A probe that was broken off leaves the question open: the next call asks it.
        if self.is_probe {
            let mut inner = self.breaker.inner();
            if let Circuit::Probing { why } = inner.circuit {
                inner.circuit = Circuit::Open {
                    until: Instant::now(),
                    why,
                };
            }
        }
    }
}
