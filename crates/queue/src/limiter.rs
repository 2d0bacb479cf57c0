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
//! it `head_holds`, and its `head_priority`: an interactive call passes a batch). Once it looked again when it was to get in, and smaller ones had taken what came in, smaller ones
//! wait until it is in, or has not looked again for 10 s: else it would never see a full bucket.
//!
//! While an interactive call waits for room, those of batches do not get any: `urgent_until` of the hash says until when
//! it is to have looked again.
//!
//! A bucket holds what the rate gives in 6 s, and at least one request. One that is not there starts empty, so
//! that over any time at most a bucket and what the rate gives in that time is let through, whenever Redis loses
//! its data. The places alone are forgotten with it: calls under way at that moment are not counted any more.
//!
//! The breaker of the deployment that is called ([`crate::circuit`]) is asked in the same round trip.
//!
//! Both operations are one script, called by its digest and sent whole where a server does not know it: after a restart
//! or a `SCRIPT FLUSH`. Both may be executed twice for one call, as the client may send a command again.

mod fallback;
mod shared;

use std::time::Duration;

use domain::circuit::{CallOutcome, Circuit};
use domain::{Limits, Priority};

use crate::circuit::{self, CircuitQuery, CircuitReport};
use crate::connection::Redis;
use crate::error::Result;
use crate::key_type::KeyType;
use crate::script::Script;

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
    /// Not now, as the breaker says; nothing is taken.
    Barred,
}

/// A call that asks for room.
#[derive(Debug, Clone, Copy)]
pub struct CallRequest<'a> {
    /// Whose limits count.
    pub account: &'a str,
    /// The limits.
    pub limits: &'a Limits,
    /// Names this one try and nothing else ever: the same name once more is the same call, and is let in without taking
    /// anything.
    pub call: &'a str,
    /// The estimate, of which 50 million count at most.
    pub tokens: u64,
    /// How long the call may be under way, a day at most; then its place comes back by itself.
    pub longest: Duration,
    /// How soon it is wanted.
    pub priority: Priority,
}

/// A call that has ended.
#[derive(Debug, Clone, Copy)]
pub struct CallEnd<'a> {
    /// Whose limits count.
    pub account: &'a str,
    /// The limits.
    pub limits: &'a Limits,
    /// Its name at the admission.
    pub call: &'a str,
    /// The estimate at the admission.
    pub reserved: u64,
    /// The tokens that it took.
    pub used: u64,
}

/// What was decided about a call.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be made.
    pub admission: Admission,
    /// How the breaker is; `None` where none was asked, or Redis does not answer.
    pub circuit: Option<Circuit>,
}

static SCRIPT: Script = Script::new(concat!(
    include_str!("circuit/functions.lua"),
    include_str!("limiter/script.lua")
));

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

/// What the script takes besides the limits, and what it brought: the microseconds to wait, and the breaker.
struct Operation<'a> {
    act: &'static str,
    call: &'a str,
    numbers: [u64; 2],
    deployment: Option<&'a str>,
    of_circuit: [String; 2],
    priority: Option<Priority>,
}

impl Redis {
    /// Asks for one call to an account: all that is limited is taken, and leave of the breaker, or nothing.
    ///
    /// An estimate that is larger than the bucket waits for a full one and leaves it below zero. What has passed since
    /// the last call counts at the rates of this one. Without limits and a breaker Redis is not asked.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]: the call may have been let in all the same.
    pub async fn admit(
        &self,
        request: &CallRequest<'_>,
        breaker: Option<&CircuitQuery<'_>>,
    ) -> Result<Decision> {
        let longest = micros(request.longest.min(MAX_CALL));
        let known = breaker.and_then(|breaker| breaker.known);
        let operation = Operation {
            act: "admit",
            call: request.call,
            numbers: [request.tokens.min(MAX_TOKENS), longest],
            deployment: breaker.map(|breaker| breaker.deployment),
            of_circuit: [
                known.map_or(0, |(openings, _)| openings).to_string(),
                known.map_or("", |(_, why)| circuit::reason(why)).to_owned(),
            ],
            priority: Some(request.priority),
        };
        let (wait, circuit) = self
            .limit(request.account, request.limits, operation)
            .await?;
        let admission = match u64::try_from(wait) {
            Ok(0) => Admission::Admitted,
            Ok(wait) => Admission::Later {
                after: Duration::from_micros(wait),
            },
            Err(_) => Admission::Barred,
        };
        Ok(Decision { admission, circuit })
    }

    /// Says that a call has ended: gives back its place and the tokens it reserved and did not use, or takes
    /// those it used beyond; these take the bucket to minus what it holds at most. Returns how the breaker is then.
    ///
    /// A call that is not known (ended before, its place expired, Redis lost its data) gets nothing back and
    /// still pays for what it used beyond. The request is not given back.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]: its place comes back by itself, its tokens may be lost, and the breaker may not have
    /// counted it.
    pub async fn settle(
        &self,
        end: &CallEnd<'_>,
        breaker: Option<&CircuitReport<'_>>,
    ) -> Result<Option<Circuit>> {
        let generation = breaker.and_then(|breaker| breaker.generation);
        let outcome = breaker.and_then(|breaker| breaker.outcome);
        let operation = Operation {
            act: "settle",
            call: end.call,
            // As they were counted at the admission.
            numbers: [end.reserved.min(MAX_TOKENS), end.used.min(MAX_TOKENS)],
            deployment: breaker.map(|breaker| breaker.deployment),
            of_circuit: [
                generation.map_or_else(|| "-1".to_owned(), |generation| generation.to_string()),
                outcome.map_or("", CallOutcome::as_str).to_owned(),
            ],
            priority: None,
        };
        let (_, circuit) = self.limit(end.account, end.limits, operation).await?;
        Ok(circuit)
    }

    async fn limit(
        &self,
        account: &str,
        limits: &Limits,
        operation: Operation<'_>,
    ) -> Result<(i64, Option<Circuit>)> {
        if limits.is_empty() && operation.deployment.is_none() {
            return Ok((0, None));
        }
        let breaker = operation.deployment.map(|name| self.circuit_key(name));
        let mut keys = ["buckets", "calls"]
            .map(|kind| self.key(&format!("limit:{kind}:{account}")))
            .to_vec();
        keys.extend(breaker);
        let set = [requests(limits), tokens(limits), concurrency(limits)];
        let mut args = vec![operation.act.to_owned(), operation.call.to_owned()];
        args.extend(set.map(|limit| limit.unwrap_or(0).to_string()));
        args.extend(operation.numbers.map(|number| number.to_string()));
        args.extend(operation.of_circuit);
        args.extend(
            operation
                .priority
                .map(|priority| priority.as_str().to_owned()),
        );
        let types = [KeyType::Hash, KeyType::SortedSet, KeyType::Hash];
        let typed: Vec<_> = keys.iter().map(String::as_str).zip(types).collect();
        let (wait, told): (i64, Vec<i64>) = self
            .on(&typed, || self.run(&SCRIPT, keys.clone(), args.clone()))
            .await?;
        let circuit = match told.as_slice() {
            [] => None,
            told => Some(circuit::read(told)?),
        };
        Ok((wait, circuit))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
