//! The stand-in while Redis does not answer: the same limits within this process, at a part of their rates.
//!
//! All workers together stay at half of what is allowed: none knows how many the others are by now, nor whether
//! only its own way to Redis is broken.

mod bucket;
mod starvation_guard;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::Limits;

use super::{Admission, MAX_CALL, MAX_TOKENS, NEXT_CHECK};
use bucket::{Bucket, Rate};
use starvation_guard::StarvationGuard;

/// What this process lets through on its own. Time is passed in; one that lies back adds nothing.
#[derive(Debug, Default)]
pub(super) struct LocalFallback {
    accounts: HashMap<String, Account>,
}

#[derive(Debug, Default)]
struct Account {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    head: Option<StarvationGuard>,
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

impl LocalFallback {
    /// Begins with empty buckets; calls under way stay.
    pub(super) fn restart(&mut self) {
        self.accounts.retain(|_, account| !account.calls.is_empty());
        for account in self.accounts.values_mut() {
            (account.requests, account.tokens) = (None, None);
            account.head = None;
        }
    }

    /// As [`crate::Redis::admit`].
    pub(super) fn admit(
        &mut self,
        asking: AdmissionRequest<'_>,
        tokens: u64,
        longest: Duration,
    ) -> Admission {
        let AdmissionRequest {
            limits, call, now, ..
        } = asking;
        let account = self.accounts.entry(asking.account.to_owned()).or_default();
        account.calls.retain(|_, place| place.expires > now);
        if account.calls.contains_key(call) {
            return Admission::Admitted;
        }
        let workers = asking.workers.max(1);
        let tokens = tokens.min(MAX_TOKENS);
        let requests_rate = super::requests(limits).map(|rate| Rate::of_requests(rate, workers));
        let tokens_rate = super::tokens(limits).map(|rate| Rate::of_tokens(rate, workers));
        let requests = Bucket::at(&mut account.requests, requests_rate, now);
        let reserved = Bucket::at(&mut account.tokens, tokens_rate, now);

        let mut after = Duration::ZERO;
        if let Some((bucket, rate)) = &requests {
            after = after.max(bucket.wait(*rate, 1));
        }
        let mut head = account.head.filter(|head| head.until > now);
        // Whether this call is the head if it has to wait.
        let mut leads = false;
        if let Some((bucket, rate)) = &reserved {
            let wait = bucket.wait(*rate, tokens);
            after = after.max(wait);
            match &head {
                Some(head) if head.is_before(tokens, *rate) => {
                    if head.holds {
                        after = after.max(head.until - now);
                    }
                }
                head => leads = head.is_some() || !wait.is_zero(),
            }
        }
        let places = super::concurrency(limits).map(|places| places / (2 * u64::from(workers)));
        if places.is_some_and(|places| account.calls.len() as u64 >= places.max(1)) {
            let first = account.calls.values().map(|place| place.expires).min();
            let expires = first.map_or(NEXT_CHECK, |first| first.duration_since(now));
            after = after.max(expires.min(NEXT_CHECK));
        }
        if leads {
            let rate = tokens_rate.filter(|_| !after.is_zero());
            head = rate.map(|rate| StarvationGuard::of(head, (tokens, rate), now, after));
        }
        account.head = head;
        if !after.is_zero() {
            return Admission::Later { after };
        }
        if let Some((bucket, _)) = requests {
            bucket.take(1);
        }
        let took_tokens = reserved.is_some();
        if let Some((bucket, _)) = reserved {
            bucket.take(tokens);
        }
        self.occupy(asking, longest, took_tokens);
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
        let Some(account) = self.accounts.get_mut(asking.account) else {
            return;
        };
        let Some(place) = account.calls.remove(asking.call) else {
            return;
        };
        let workers = asking.workers.max(1);
        let rate = super::tokens(asking.limits).map(|rate| Rate::of_tokens(rate, workers));
        if let Some((bucket, rate)) = Bucket::at(&mut account.tokens, rate, asking.now)
            && place.took_tokens
        {
            bucket.settle(rate, reserved.min(MAX_TOKENS), used.min(MAX_TOKENS));
        }
    }
}
