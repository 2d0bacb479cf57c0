//! The stand-in while Redis does not answer: token buckets within this process, at a part of the rates.
//!
//! All workers together stay at half of what is allowed: none knows how many the others are by now, nor whether
//! only its own way to Redis is broken. Nothing keeps a place in the line for a large call, as the script does: an
//! outage is short.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::Limits;

use super::{Admission, BUCKET_WINDOW, MAX_CALL, MAX_TOKENS, NEXT_CHECK};

/// What this process lets through on its own. Time is passed in; one that lies back adds nothing.
#[derive(Debug, Default)]
pub(super) struct LocalFallback {
    accounts: HashMap<String, Account>,
}

#[derive(Debug, Default)]
struct Account {
    requests: Bucket,
    tokens: Bucket,
    calls: HashMap<String, ConcurrencySlot>,
}

/// Of a call under way.
#[derive(Debug)]
struct ConcurrencySlot {
    expires: Instant,
    /// From the bucket here.
    took_tokens: bool,
}

/// Who asks, when.
#[derive(Debug, Clone, Copy)]
pub(super) struct AdmissionRequest<'a> {
    pub(super) account: &'a str,
    pub(super) limits: &'a Limits,
    pub(super) call: &'a str,
    /// How many workers share the limits; 0 counts as 1.
    pub(super) workers: u32,
    pub(super) now: Instant,
}

impl AdmissionRequest<'_> {
    /// The part of a limit that is this worker's.
    fn share(&self, limit: u64) -> f64 {
        limit as f64 / (2.0 * f64::from(self.workers.max(1)))
    }
}

impl LocalFallback {
    /// Begins with empty buckets; calls under way stay.
    pub(super) fn restart(&mut self) {
        self.accounts.retain(|_, account| !account.calls.is_empty());
        for account in self.accounts.values_mut() {
            (account.requests, account.tokens) = Default::default();
        }
    }

    /// As [`crate::Redis::admit`].
    pub(super) fn admit(
        &mut self,
        asking: AdmissionRequest<'_>,
        tokens: u64,
        longest: Duration,
    ) -> Admission {
        let now = asking.now;
        let account = self.accounts.entry(asking.account.to_owned()).or_default();
        account.calls.retain(|_, place| place.expires > now);
        if account.calls.contains_key(asking.call) {
            return Admission::Admitted;
        }
        let tokens = tokens.min(MAX_TOKENS);
        let requests_rate = super::requests(asking.limits).map(|rate| asking.share(rate));
        let tokens_rate = super::tokens(asking.limits).map(|rate| asking.share(rate));
        let mut after = Duration::ZERO;
        if let Some(rate) = requests_rate {
            after = account.requests.wait(rate, 1.0, 1, now);
        }
        if let Some(rate) = tokens_rate {
            after = after.max(account.tokens.wait(rate, 0.0, tokens, now));
        }
        let places = super::concurrency(asking.limits).map(|limit| asking.share(limit).max(1.0));
        if places.is_some_and(|places| count(account.calls.len() as u64 + 1) > places) {
            let first = account.calls.values().map(|place| place.expires).min();
            let expires = first.map_or(NEXT_CHECK, |first| first.duration_since(now));
            after = after.max(expires.min(NEXT_CHECK));
        }
        if !after.is_zero() {
            return Admission::Later { after };
        }
        if requests_rate.is_some() {
            account.requests.level -= 1.0;
        }
        if tokens_rate.is_some() {
            account.tokens.level -= count(tokens);
        }
        self.occupy(asking, longest, tokens_rate.is_some());
        Admission::Admitted
    }

    /// Counts a call that is under way, also one that Redis let in: it still is when Redis is gone.
    pub(super) fn occupy(
        &mut self,
        asking: AdmissionRequest<'_>,
        longest: Duration,
        took_tokens: bool,
    ) {
        let account = self.accounts.entry(asking.account.to_owned()).or_default();
        account.calls.retain(|_, place| place.expires > asking.now);
        let place = ConcurrencySlot {
            expires: asking.now + longest.min(MAX_CALL),
            took_tokens,
        };
        account.calls.insert(asking.call.to_owned(), place);
    }

    /// As [`crate::Redis::settle`], for a call that was let in here; another changes nothing.
    pub(super) fn settle(&mut self, asking: AdmissionRequest<'_>, reserved: u64, used: u64) {
        let account = self.accounts.get_mut(asking.account);
        let place = account.and_then(|account| {
            let place = account.calls.remove(asking.call)?;
            place.took_tokens.then_some(&mut account.tokens)
        });
        if let Some(bucket) = place {
            bucket.settle(reserved.min(MAX_TOKENS), used.min(MAX_TOKENS));
        }
    }
}

/// A token bucket: empty at first.
#[derive(Debug, Default)]
struct Bucket {
    level: f64,
    capacity: f64,
    /// When the level was true.
    at: Option<Instant>,
}

impl Bucket {
    /// How long until so much is there at a rate a minute, or the bucket is full: it holds what the rate gives in the
    /// window, and at least `least`.
    fn wait(&mut self, per_minute: f64, least: f64, wanted: u64, now: Instant) -> Duration {
        let per_second = per_minute / 60.0;
        self.capacity = (per_second * BUCKET_WINDOW.as_secs_f64()).max(least);
        // Who asks took the time before the lock: of two, the later one may come first.
        let since = self
            .at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.at = self.at.max(Some(now));
        self.level = (self.level + per_second * since.as_secs_f64()).min(self.capacity);
        let missing = count(wanted).min(self.capacity) - self.level;
        // Up to a whole microsecond, but not for what rounding lost.
        let micros = (missing / per_second * 1e6 - 1e-3).ceil();
        Duration::from_micros(micros.max(0.0) as u64)
    }

    /// Gives back what was reserved and not used, or takes what was used beyond, down to minus a bucket.
    fn settle(&mut self, reserved: u64, used: u64) {
        let least = self.level.min(-self.capacity);
        let level = self.level + count(reserved) - count(used);
        self.level = level.clamp(least, self.capacity.max(least));
    }
}

fn count(number: u64) -> f64 {
    number as f64
}
