//! How many tries again a provider is asked: a share of the first tries, so that an outage does not multiply traffic.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What is there at the beginning, and what comes back in [`RESERVE`] seconds without any call.
const RESERVE: f64 = 10.0;
/// The most that is saved up.
const MAX_SAVED: f64 = 1_000.0;

/// The tries again that are left.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Tries again for each first try.
    share: f64,
    left: Mutex<(f64, Instant)>,
}

impl Budget {
    pub(crate) fn new(share: f64, now: Instant) -> Self {
        Self {
            share,
            left: Mutex::new((RESERVE, now)),
        }
    }

    /// A call was tried for the first time.
    pub(crate) fn earn(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.0 = (left.0 + self.share).min(MAX_SAVED);
    }

    /// Takes one try again; false when there is none left.
    pub(crate) fn spend(&self, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (tries, since) = *left;
        // With few calls a share of them is nothing: a second gives one back, up to the reserve.
        let back = now.saturating_duration_since(since).as_secs_f64();
        let tries = tries.max((tries + back).min(RESERVE));
        let has_one = tries >= 1.0;
        *left = (if has_one { tries - 1.0 } else { tries }, now);
        has_one
    }

    /// Gives back a try again that was not made after all.
    pub(crate) fn refund(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.0 = (left.0 + 1.0).min(MAX_SAVED);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spent(budget: &Budget, now: Instant) -> usize {
        (0..5_000).take_while(|_| budget.spend(now)).count()
    }

    #[test]
    fn is_a_share_of_first_tries_and_a_reserve() {
        let now = Instant::now();
        let budget = Budget::new(0.5, now);
        assert_eq!(spent(&budget, now), 10);
        (0..200).for_each(|_| budget.earn());
        assert_eq!(spent(&budget, now), 100);
        assert_eq!(spent(&budget, now), 0);
    }

    #[test]
    fn time_gives_back_the_reserve_and_no_more() {
        let now = Instant::now();
        let budget = Budget::new(0.5, now);
        spent(&budget, now);
        assert_eq!(spent(&budget, now + Duration::from_secs(3)), 3);
        assert_eq!(spent(&budget, now + Duration::from_hours(1)), 10);
    }

    #[test]
    fn takes_back_what_was_not_used() {
        let now = Instant::now();
        let budget = Budget::new(0.0, now);
        assert_eq!(spent(&budget, now), 10);
        budget.refund();
        assert_eq!(spent(&budget, now), 1);
    }

    #[test]
    fn is_not_saved_up_without_end() {
        let now = Instant::now();
        let budget = Budget::new(0.5, now);
        (0..100_000).for_each(|_| budget.earn());
        assert_eq!(spent(&budget, now), 1_000);
    }
}
