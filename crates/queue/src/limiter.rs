//! The limiter: what a provider may be asked for, over all processes together.
//!
//! Two keys an account:
//!
//! - `limit:buckets:<account>`, a hash: two token buckets, each a level and the time it was true (`requests`,
//!   `requests_at`, `tokens`, `tokens_at`; microseconds since 1970 on Redis' clock). Gone when idle for twice the
//!   time that the buckets need to fill, at least an hour: after a quiet minute the first call does not wait.
//! - `limit:calls:<account>`, a sorted set: the calls under way by the time their places expire. `+` before a
//!   name says that the call took tokens, `-` that it did not. Gone with its last place.
//!
//! The hash also names the largest call that waits for tokens (`head`, its `head_promised` and `head_until`, and whether
//! it `head_holds`). Once it looked again when it was to get in, and smaller ones had taken what came in, smaller ones
//! wait until it is in, or has not looked again for 10 s: else it would never see a full bucket.
//!
//! A bucket holds what the rate gives in 6 s, and at least one request. One that is not there starts empty, so
//! that over any time at most a bucket and what the rate gives in that time is let through, whenever Redis loses
//! its data. The places alone are forgotten with it: calls under way at that moment are not counted any more.
//!
//! Both operations are one script, sent as it is with every call: nothing has to be loaded again after a restart
//! or a `SCRIPT FLUSH`. Both may be executed twice for one call, as the client may send a command again.

mod fallback;
mod shared;

use std::time::Duration;

use domain::Limits;
use fred::prelude::*;

use crate::connection::Redis;
use crate::error::Result;
use crate::key_type::KeyType;

pub use shared::Limiter;

/// Whether a call may be made.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Now. What it needs is taken, and its end has to be told.
    Admitted,
    /// Not now; nothing is taken.
    Later {
        /// When what is missing will be there, if nobody else takes it before.
        after: Duration,
    },
}

const SCRIPT: &str = include_str!("limiter/script.lua");

/// What the rate gives in this time fits into a bucket: long enough for the unevenness of a fleet of workers,
/// short against the minute that providers count by. The script has the same.
const BUCKET_WINDOW: Duration = Duration::from_secs(6);
/// With these two, the script's levels and what is missing stay below 2^53, up to which Lua's numbers are whole.
const MAX_PER_MINUTE: u64 = 600_000_000;
const MAX_TOKENS: u64 = 50_000_000;
/// While all places are taken: how long until the next look, as one may come back at any time.
const NEXT_CHECK: Duration = Duration::from_secs(1);
/// No call lasts longer.
const MAX_CALL: Duration = Duration::from_secs(24 * 3600);

/// Requests a minute; 0 counts as 1, more than 600 million as that many.
fn requests(limits: &Limits) -> Option<u64> {
    let rate = limits.requests_per_minute?;
    Some(u64::from(rate).clamp(1, MAX_PER_MINUTE))
}

/// Tokens a minute, within the same bounds.
fn tokens(limits: &Limits) -> Option<u64> {
    Some(limits.tokens_per_minute?.clamp(1, MAX_PER_MINUTE))
}

/// Calls at once; 0 counts as 1.
fn concurrency(limits: &Limits) -> Option<u64> {
    Some(u64::from(limits.concurrency?).max(1))
}

impl Redis {
    /// Asks for one call to an account: all that is limited is taken, or nothing.
    ///
    /// `call` names this one try and nothing else ever: the same name once more is the same call, and is let in
    /// without taking anything. `tokens` is the estimate, of which 50 million count at most. An estimate that is
    /// larger than the bucket waits for a full one and leaves it below zero. `longest` is how long the call may be
    /// under way, a day at most; then its place comes back by itself.
    ///
    /// What has passed since the last call counts at the rates of this one. Without limits Redis is not asked.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]: the call may have been let in all the same.
    pub async fn admit(
        &self,
        account: &str,
        limits: &Limits,
        call: &str,
        tokens: u64,
        longest: Duration,
    ) -> Result<Admission> {
        let longest = micros(longest.min(MAX_CALL));
        let asked = ("admit", call, tokens.min(MAX_TOKENS), longest);
        let wait = self.limit(account, limits, asked).await?;
        Ok(match wait {
            0 => Admission::Admitted,
            wait => Admission::Later {
                after: Duration::from_micros(wait),
            },
        })
    }

    /// Says that a call has ended: gives back its place and the tokens it reserved and did not use, or takes
    /// those it used beyond; these take the bucket to minus what it holds at most.
    ///
    /// A call that is not known (ended before, its place expired, Redis lost its data) gets nothing back and
    /// still pays for what it used beyond. The request is not given back.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]: its place comes back by itself, its tokens may be lost.
    pub async fn settle(
        &self,
        account: &str,
        limits: &Limits,
        call: &str,
        reserved: u64,
        used: u64,
    ) -> Result<()> {
        // As they were counted at the admission.
        let (reserved, used) = (reserved.min(MAX_TOKENS), used.min(MAX_TOKENS));
        let told = ("settle", call, reserved, used);
        self.limit(account, limits, told).await.map(drop)
    }

    async fn limit(
        &self,
        account: &str,
        limits: &Limits,
        (act, call, first, second): (&str, &str, u64, u64),
    ) -> Result<u64> {
        if limits.is_empty() {
            return Ok(0);
        }
        let keys = ["buckets", "calls"].map(|kind| self.key(&format!("limit:{kind}:{account}")));
        let set = [requests(limits), tokens(limits), concurrency(limits)];
        let [requests, tokens, places] = set.map(|limit| limit.unwrap_or(0).to_string());
        let (act, call) = (act.to_owned(), call.to_owned());
        let (first, second) = (first.to_string(), second.to_string());
        let args = vec![act, call, requests, tokens, places, first, second];
        let [buckets, calls] = &keys;
        let typed = [
            (buckets.as_str(), KeyType::Hash),
            (calls.as_str(), KeyType::SortedSet),
        ];
        self.on(&typed, || {
            self.client.eval(SCRIPT, keys.to_vec(), args.clone())
        })
        .await
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
