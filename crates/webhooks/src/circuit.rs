//! Whether a target is asked at all: after several failures in a row it is left alone for a while.
//!
//! A target that answers some and fails others stays closed. How the circuit of judge calls counts (a share of many calls) would
//! conclude nothing from the few webhooks of most targets.

use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 10;
/// How long it is open first; twice as long each further time.
const FIRST_OPEN: Duration = Duration::from_secs(5);
/// How long it is open at most.
const MAX_OPEN: Duration = Duration::from_mins(1);

/// The circuit of one target.
#[derive(Debug, Clone, Default)]
pub struct Circuit {
    failures: u32,
    open_until: Option<Instant>,
    opened: u32,
    is_probing: bool,
}

impl Circuit {
    /// Whether a message may be sent now. Once it was open long enough, one tries whether the target is back.
    pub fn try_acquire(&mut self, now: Instant) -> bool {
        match self.open_until {
            None => true,
            Some(until) if until > now || self.is_probing => false,
            Some(_) => {
                self.is_probing = true;
                true
            }
        }
    }

    /// Says whether the target answered, whatever it answered below 500.
    pub fn report(&mut self, answered: bool, now: Instant) {
        if answered {
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        // Those that were under way when it opened say nothing new.
        let is_probe = std::mem::take(&mut self.is_probing);
        let opens = is_probe || self.open_until.is_none() && self.failures >= FAILURES;
        if opens {
            let doubled = FIRST_OPEN * 2_u32.pow(self.opened.min(8));
            self.open_until = Some(now + doubled.min(MAX_OPEN));
            self.opened = self.opened.saturating_add(1);
        }
    }

    /// Whether nothing is known against the target.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.failures == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(circuit: &mut Circuit, times: u32, now: Instant) {
        for _ in 0..times {
            circuit.report(false, now);
        }
    }

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_probe_through() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        fail(&mut circuit, FAILURES - 1, now);
        assert!(circuit.try_acquire(now));
        circuit.report(true, now);
        fail(&mut circuit, FAILURES, now);
        assert!(!circuit.try_acquire(now));
        let later = now + FIRST_OPEN;
        assert!(circuit.try_acquire(later));
        assert!(!circuit.try_acquire(later), "one probe is enough");
        circuit.report(true, later);
        assert!(circuit.is_clean() && circuit.try_acquire(later));
    }

    #[test]
    fn is_open_longer_each_time_and_never_for_ever() {
        let (mut circuit, mut now) = (Circuit::default(), Instant::now());
        fail(&mut circuit, FAILURES, now);
        // Those that were under way.
        fail(&mut circuit, 5, now);
        for seconds in [5, 10, 20, 40, 60, 60] {
            assert!(
                !circuit.try_acquire(now + Duration::from_secs(seconds) - Duration::from_millis(1))
            );
            now += Duration::from_secs(seconds);
            assert!(circuit.try_acquire(now), "{seconds}");
            circuit.report(false, now);
        }
    }
}
