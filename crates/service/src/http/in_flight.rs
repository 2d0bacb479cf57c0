//! Requests under way.

use metrics::Gauge;

/// Counts a request until dropped, so that one whose client has gone is not counted for ever.
pub(super) struct InFlight(Gauge);

impl InFlight {
    pub(super) fn count(gauge: Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
