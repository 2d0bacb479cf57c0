//! Circuit breakers of deployments, over all processes together.
//!
//! One key a deployment:
//!
//! - `breaker:<deployment>`, a hash. `state` (`closed`, `open`, `half_open`; not there: closed), `reason` (`failing`,
//!   `unauthorized`), `until` (when the time that it is open is over, or the probe is given up), `since` (when it was last
//!   closed, or stopped being so), `generation` (when it last opened or closed; 0: never), `openings` (in a row), `probe`
//!   (the call that tries); times in microseconds since 1970 on Redis' clock. `calls0` to `calls10`: the window, each
//!   `part:calls:failures` of three seconds. Gone a minute after the last call where it never opened, else after
//!   a quarter of an hour.
//!
//! It opens when half of at least 20 calls within 30 s failed, or at once when the key is refused: for 5 s, then 10, 20, 40,
//! and 60 from then on. When that is over the next call that asks is the probe, over all processes together; the
//! others wait until it has ended, or for 90 s, when its process has died. What the deployment has no room for
//! (`rate_limited`) does not count, and a probe that hears it has found somebody there. A call that was let in before the
//! breaker last opened or closed does not count either.
//!
//! Whether a call may be made is asked in the script of the [limiter](crate::limiter), in one round trip: what the breaker
//! refuses takes nothing of the limits, and what the limits refuse is no probe. Who knew a breaker as open that Redis
//! has lost, says so, and becomes the probe.

use std::time::Duration;

use domain::circuit::{CallOutcome, Circuit};
use domain::deployment_state::{BreakerState, RefusalReason};

use crate::connection::Redis;
use crate::error::{Error, Result};
use crate::key_type::KeyType;
use crate::script::Script;

static SCRIPT: Script = Script::new(concat!(
    include_str!("circuit/functions.lua"),
    include_str!("circuit/look.lua")
));

/// A breaker that is asked for leave.
#[derive(Debug, Clone, Copy)]
pub struct CircuitQuery<'a> {
    /// Names the deployment.
    pub deployment: &'a str,
    /// How often in a row it opened and why, where the worker knows it as not closed.
    pub known: Option<(u32, RefusalReason)>,
}

/// What a breaker is told at the end of a call.
#[derive(Debug, Clone, Copy)]
pub struct CircuitReport<'a> {
    /// Names the deployment.
    pub deployment: &'a str,
    /// [`Circuit::generation`] at the admission; `None`: Redis was not there to let it in.
    pub generation: Option<u64>,
    /// How it ended; `None`: it was not made, or broken off.
    pub outcome: Option<CallOutcome>,
}

impl Redis {
    /// How the breakers of these deployments are, in this order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn circuits(&self, deployments: &[String]) -> Result<Vec<Circuit>> {
        if deployments.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = deployments
            .iter()
            .map(|name| self.circuit_key(name))
            .collect();
        let typed: Vec<_> = keys
            .iter()
            .map(|key| (key.as_str(), KeyType::Hash))
            .collect();
        let told: Vec<Vec<i64>> = self
            .on(&typed, || self.run(&SCRIPT, keys.clone(), Vec::new()))
            .await?;
        told.iter().map(|told| read(told)).collect()
    }

    pub(crate) fn circuit_key(&self, deployment: &str) -> String {
        self.key(&format!("breaker:{deployment}"))
    }
}

/// How a breaker is, as scripts tell it.
pub(crate) fn read(told: &[i64]) -> Result<Circuit> {
    let &[state, reason, after, age, generation, openings, is_probe] = told else {
        return Err(Error::Refused(format!("a breaker told {told:?}")));
    };
    let micros = |value: i64| u64::try_from(value).ok().map(Duration::from_micros);
    Ok(Circuit {
        state: match state {
            1 => BreakerState::Closed,
            2 => BreakerState::HalfOpen,
            _ => BreakerState::Open,
        },
        reason: match reason {
            0 => None,
            1 => Some(RefusalReason::Failing),
            _ => Some(RefusalReason::Unauthorized),
        },
        retry_after: micros(after).unwrap_or_default(),
        age: micros(age),
        generation: u64::try_from(generation).unwrap_or_default(),
        openings: u32::try_from(openings).unwrap_or_default(),
        is_probe: is_probe == 1,
    })
}

/// The reason as Redis has it.
pub(crate) fn reason(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Unauthorized => "unauthorized",
        RefusalReason::Failing | RefusalReason::RateLimited => "failing",
    }
}
