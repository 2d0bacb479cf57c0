//! How often, and how long in between.

use std::time::Duration;

use crate::error::CallError;

/// How often, and how long in between.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Tries at most, the first included.
    pub tries: u32,
    /// The longest first wait; it doubles with every try.
    pub base: Duration,
    /// The longest wait that is ours to choose.
    pub cap: Duration,
    /// The longest wait that a provider may ask for here; a longer one is for the evaluation to wait.
    pub longest_retry_after: Duration,
    /// How long an evaluation is put aside when its calls have failed; four times as long each time.
    pub requeue_base: Duration,
}

/// After so long it is looked again, whatever a provider asked for.
pub(super) const MAX_WAIT: Duration = Duration::from_mins(10);

/// How long a call waits for room within limits at most; a longer wait is for the evaluation.
const LIMIT_PATIENCE: Duration = Duration::from_secs(30);

impl Policy {
    /// How long a call waits for room within limits, by `chance` from 0 to 1: those that came together do not leave the line
    /// together, which would then be empty until they are back.
    pub(super) fn limit_patience(&self, chance: f64) -> Duration {
        let patience = LIMIT_PATIENCE.min(self.longest_retry_after);
        patience.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }

    /// How long to wait after a failed try, counted from 1; `None` when it is not to be tried again there.
    ///
    /// `chance` is from 0 to 1: full jitter, so that those who failed together do not come back together.
    #[must_use]
    pub fn wait(&self, try_number: u32, error: &CallError, chance: f64) -> Option<Duration> {
        if try_number >= self.tries || !error.kind.is_transient() {
            return None;
        }
        let ceiling = self
            .base
            .saturating_mul(1 << try_number.saturating_sub(1).min(16))
            .min(self.cap);
        let jittered = ceiling.mul_f64(chance.clamp(0.0, 1.0));
        match error.retry_after {
            None => Some(jittered),
            // Never earlier than asked, and spread out behind it.
            Some(asked) if asked <= self.longest_retry_after => Some(asked + jittered),
            Some(_) => None,
        }
    }

    /// How long an evaluation is put aside after its calls failed for good, counted from 1. Five times, with
    /// the defaults: 15 s, 1 min, 4 min, 16 min bridge an outage of a quarter of an hour.
    #[must_use]
    pub fn requeue_delay(&self, failures: u32, error: &CallError, chance: f64) -> Duration {
        let ceiling = self
            .requeue_base
            .saturating_mul(4_u32.saturating_pow(failures.saturating_sub(1).min(8)));
        let jittered = ceiling.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
        let asked = error.retry_after.unwrap_or_default().min(MAX_WAIT);
        jittered.max(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const POLICY: Policy = Policy {
        tries: 3,
        base: Duration::from_millis(500),
        cap: Duration::from_secs(8),
        longest_retry_after: Duration::from_secs(120),
        requeue_base: Duration::from_secs(15),
    };

    fn failed(kind: ErrorKind, retry_after: Option<u64>) -> CallError {
        CallError {
            retry_after: retry_after.map(Duration::from_secs),
            ..CallError::new(kind, "failed")
        }
    }

    #[test]
    fn waits_grow_and_end() {
        let error = failed(ErrorKind::Unavailable, None);
        assert_eq!(
            POLICY.wait(1, &error, 1.0),
            Some(Duration::from_millis(500))
        );
        assert_eq!(
            POLICY.wait(2, &error, 1.0),
            Some(Duration::from_millis(1000))
        );
        assert_eq!(POLICY.wait(2, &error, 0.0), Some(Duration::ZERO));
        assert_eq!(POLICY.wait(3, &error, 1.0), None);
        assert_eq!(
            Policy {
                tries: 100,
                ..POLICY
            }
            .wait(99, &error, 1.0),
            Some(Duration::from_secs(8))
        );
    }

    #[test]
    fn what_is_refused_for_good_is_not_tried_again() {
        assert_eq!(
            POLICY.wait(1, &failed(ErrorKind::Rejected, None), 1.0),
            None
        );
    }

    #[test]
    fn a_provider_is_never_asked_earlier_than_it_asks_for() {
        let soon = failed(ErrorKind::RateLimited, Some(100));
        assert_eq!(POLICY.wait(1, &soon, 0.0), Some(Duration::from_secs(100)));
        let late = failed(ErrorKind::RateLimited, Some(600));
        assert_eq!(POLICY.wait(1, &late, 0.0), None);
        assert_eq!(
            POLICY.requeue_delay(1, &late, 0.0),
            Duration::from_secs(600)
        );
    }

    #[test]
    fn an_evaluation_is_put_aside_for_longer_each_time() {
        let error = failed(ErrorKind::Unavailable, None);
        let seconds: Vec<u64> = (1..=4)
            .map(|failures| POLICY.requeue_delay(failures, &error, 1.0).as_secs())
            .collect();
        assert_eq!(seconds, [15, 60, 240, 960]);
    }
}
