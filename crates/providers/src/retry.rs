//! The one place that tries a call again.
//!
//! A few tries close together bridge a hiccup. Whatever takes longer is not waited for here: the evaluation
//! goes back to PostgreSQL with a delay, and its slot does other work.

use std::future::Future;
use std::time::Duration;

use crate::error::CallError;

/// How often, and how long in between.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Tries at most, the first included.
    pub tries: u32,
    /// The longest first wait; it doubles with every try.
    pub base: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// A provider that asks for a longer wait than this gets it, but not here.
    pub longest_retry_after: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            tries: 3,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(8),
            longest_retry_after: Duration::from_secs(120),
        }
    }
}

impl Policy {
    /// How long to wait after a failed try, counted from 1; `None` when it is not to be tried again here.
    ///
    /// `chance` is from 0 to 1: full jitter, so that those who failed together do not come back together.
    #[must_use]
    pub fn wait(&self, try_number: u32, error: &CallError, chance: f64) -> Option<Duration> {
        if try_number >= self.tries || !error.kind.is_passing() {
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
            Some(asked) if asked <= self.cap => Some(asked + jittered),
            Some(_) => None,
        }
    }

    /// How long an evaluation is put aside after its calls failed for good, counted from 1.
    #[must_use]
    pub fn put_aside(&self, failures: u32, error: &CallError, chance: f64) -> Duration {
        let ceiling = self
            .cap
            .saturating_mul(1 << failures.saturating_sub(1).min(6));
        let jittered = ceiling.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
        let asked = error
            .retry_after
            .unwrap_or_default()
            .min(self.longest_retry_after);
        jittered.max(asked)
    }
}

/// Runs a call until it succeeds or the policy ends it. `noted` hears of every failed try.
///
/// # Errors
/// The last [`CallError`].
pub async fn run<T, F>(
    policy: &Policy,
    mut attempt: impl FnMut() -> F,
    mut noted: impl FnMut(&CallError),
) -> Result<T, CallError>
where
    F: Future<Output = Result<T, CallError>>,
{
    let mut try_number = 1;
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        noted(&error);
        let Some(wait) = policy.wait(try_number, &error, rand::random()) else {
            return Err(error);
        };
        tokio::time::sleep(wait).await;
        try_number += 1;
    }
}
