//! The largest call that waits for tokens: smaller ones let it pass once it was promised them in vain.

use std::time::{Duration, Instant};

use super::bucket::Rate;
use crate::limiter::GUARD_TTL;

/// The call that is waited for; another of its size may take its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct StarvationGuard {
    tokens: u64,
    /// When it was first to get in.
    promised: Instant,
    /// When nobody waits for it any more.
    pub(super) until: Instant,
    /// Whether the promise was not kept: then smaller calls wait.
    pub(super) holds: bool,
}

impl StarvationGuard {
    /// Whether a call with so many tokens is smaller, of what fits into the bucket.
    pub(super) fn is_before(&self, tokens: u64, rate: Rate) -> bool {
        rate.need(tokens) < rate.need(self.tokens)
    }

    /// A call that is not smaller waits.
    pub(super) fn of(
        before: Option<Self>,
        (tokens, rate): (u64, Rate),
        now: Instant,
        after: Duration,
    ) -> Self {
        let same = before.filter(|head| rate.need(head.tokens) == rate.need(tokens));
        Self {
            tokens,
            promised: same.map_or(now + after, |head| head.promised),
            until: now + after + GUARD_TTL,
            holds: same.is_some_and(|head| head.holds || now >= head.promised),
        }
    }
}
