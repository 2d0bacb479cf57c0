//! What is under way to each target, and whether it is asked at all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use webhooks::Circuit;

use super::MAX_IN_FLIGHT;

/// Deliveries to one target at once: those that a worker has in its hands when it dies wait for its lease, so that they are few where
/// the receiver is quick.
const LEAST_OF_TARGET: usize = 5;
/// To one whose answers take long.
const MAX_OF_TARGET: usize = 128;
/// How many a second a target may get, as far as that takes no more than [`MAX_OF_TARGET`] at once (Little's law).
const RATE: f64 = 400.0;
/// How much the newest answer counts in what answers usually take.
const NEWEST: f64 = 0.25;
/// To one of which none has ended lately.
const MAX_OF_SLOW_TARGET: usize = 16;
/// What "lately" is.
const SLOW_AFTER: Duration = Duration::from_secs(2);
/// Targets that are remembered although nothing is under way.
const MAX_TARGETS: usize = 10_000;
/// To all together that hang or failed last: half of what may be under way is for the others.
const MAX_OF_SUSPECTS: usize = MAX_IN_FLIGHT / 2;

/// The targets of this process.
#[derive(Debug, Default)]
pub(super) struct Targets(Mutex<HashMap<i64, Target>>);

#[derive(Debug)]
struct Target {
    circuit: Circuit,
    in_flight: usize,
    /// When a delivery last ended; before any has, when the first began.
    last_end: Instant,
    /// What answers take, in seconds: the moving average.
    usual: f64,
}

impl Target {
    fn most(&self) -> usize {
        let most = (self.usual * RATE).ceil();
        // Within the bounds, whatever it was.
        (most.clamp(LEAST_OF_TARGET as f64, MAX_OF_TARGET as f64)) as usize
    }

    fn is_slow(&self, now: Instant) -> bool {
        self.in_flight > 0 && now.saturating_duration_since(self.last_end) >= SLOW_AFTER
    }

    /// Whether it holds what it gets for long, or did so last.
    fn is_suspect(&self, now: Instant) -> bool {
        self.is_slow(now) || !self.circuit.is_clean()
    }

    fn is_busy(&self, now: Instant) -> bool {
        self.in_flight >= self.most() || self.is_slow(now) && self.in_flight >= MAX_OF_SLOW_TARGET
    }
}

/// Whether a delivery is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is; [`Targets::end`] is due.
    Send,
    /// Too many failed just before.
    CircuitOpen,
    /// There is nothing to send: the target is not asked, and nothing is known of it.
    Skip,
}

impl Targets {
    /// Targets to which no more may be sent now.
    pub(super) fn busy(&self, now: Instant) -> Vec<i64> {
        let targets = self.targets();
        let suspects = targets.values().filter(|target| target.is_suspect(now));
        let is_full = suspects.map(|target| target.in_flight).sum::<usize>() >= MAX_OF_SUSPECTS;
        let busy = targets
            .iter()
            .filter(|(_, target)| target.is_busy(now) || is_full && target.is_suspect(now));
        busy.map(|(name, _)| *name).collect()
    }

    /// A delivery is about to be sent.
    pub(super) fn begin(&self, name: i64, now: Instant) -> Admission {
        let mut targets = self.targets();
        if targets.len() >= MAX_TARGETS {
            targets.retain(|_, target| target.in_flight > 0);
        }
        let target = targets.entry(name).or_insert_with(|| Target {
            circuit: Circuit::default(),
            in_flight: 0,
            last_end: now,
            usual: 0.0,
        });
        if !target.circuit.try_acquire(now) {
            return Admission::CircuitOpen;
        }
        if target.in_flight == 0 {
            target.last_end = now;
        }
        target.in_flight += 1;
        Admission::Send
    }

    /// It has ended after `took`; `answered` says whether the target did, with a status below 500.
    pub(super) fn end(&self, name: i64, answered: bool, took: Duration, now: Instant) {
        let mut targets = self.targets();
        let Some(target) = targets.get_mut(&name) else {
            return;
        };
        target.in_flight = target.in_flight.saturating_sub(1);
        target.last_end = now;
        target.usual += NEWEST * (took.as_secs_f64() - target.usual);
        target.circuit.report(answered, now);
        if target.in_flight == 0 && target.circuit.is_clean() {
            targets.remove(&name);
        }
    }

    fn targets(&self) -> MutexGuard<'_, HashMap<i64, Target>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Begins deliveries until the target is busy; says how many are under way.
    fn fill(targets: &Targets, name: i64, now: Instant) -> usize {
        while !targets.busy(now).contains(&name) {
            assert_eq!(targets.begin(name, now), Admission::Send);
        }
        targets.targets()[&name].in_flight
    }

    #[test]
    fn a_quick_target_has_few_under_way_and_one_that_takes_long_has_many() {
        let (targets, now) = (Targets::default(), Instant::now());
        let (quick, long) = (1, 2);
        for (name, took) in [
            (quick, Duration::from_millis(4)),
            (long, Duration::from_secs(1)),
        ] {
            assert_eq!(fill(&targets, name, now), LEAST_OF_TARGET);
            for _ in 0..LEAST_OF_TARGET - 1 {
                targets.end(name, true, took, now);
            }
        }
        assert_eq!(fill(&targets, quick, now), LEAST_OF_TARGET);
        assert_eq!(fill(&targets, long, now), MAX_OF_TARGET);
    }

    #[test]
    fn a_target_that_hangs_gets_little_more() {
        let (targets, now) = (Targets::default(), Instant::now());
        fill(&targets, 1, now);
        targets.end(1, true, Duration::from_secs(1), now);
        for _ in 0..MAX_OF_SLOW_TARGET - LEAST_OF_TARGET + 1 {
            assert_eq!(targets.begin(1, now), Admission::Send);
        }
        assert!(targets.busy(now).is_empty(), "they may answer yet");
        assert_eq!(targets.busy(now + SLOW_AFTER), [1]);
    }

    #[test]
    fn those_that_hang_hold_half_of_what_may_be_under_way_at_most() {
        let (targets, now) = (Targets::default(), Instant::now());
        for name in 0..MAX_OF_SUSPECTS as i64 {
            assert_eq!(targets.begin(name, now), Admission::Send);
        }
        assert!(targets.busy(now).is_empty(), "they may answer yet");
        let later = now + SLOW_AFTER;
        assert_eq!(targets.begin(-1, later), Admission::Send);
        let busy = targets.busy(later);
        assert_eq!(busy.len(), MAX_OF_SUSPECTS);
        assert!(!busy.contains(&-1), "it has only just begun");
        targets.end(0, true, SLOW_AFTER, later);
        assert!(targets.busy(later).is_empty(), "there is room again");
    }

    #[test]
    fn a_target_that_only_fails_is_left_alone_and_then_probed() {
        let (targets, now) = (Targets::default(), Instant::now());
        let mut sent = 0;
        while targets.begin(1, now) == Admission::Send {
            targets.end(1, false, Duration::ZERO, now);
            sent += 1;
        }
        assert_eq!(sent, 10);
        let later = now + Duration::from_secs(5);
        assert_eq!(targets.begin(1, later), Admission::Send);
        assert_eq!(targets.begin(1, later), Admission::CircuitOpen);
        targets.end(1, true, Duration::ZERO, later);
        assert!(targets.targets().is_empty(), "nothing is known against it");
    }
}
