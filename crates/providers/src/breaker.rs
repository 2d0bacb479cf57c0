//! Whether an endpoint may be asked now: a circuit breaker, and the pause that the provider itself asks for.
//!
//! All workers share one, which an observer asks together with the limits (`queue::circuit`); here is what was last heard
//! of it, so that nobody asks while it is open. While it cannot be asked each worker has its own, which is here. It works in
//! two steps, as those of gobreaker and Temporal do: a call asks for leave, and afterwards says how it went.

mod heard;
mod permit;
mod told;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::circuit::Circuit as SharedCircuit;
use domain::deployment_state::{BreakerState, RefusalReason};

use self::heard::Heard;
pub(crate) use self::permit::Permit;
pub(crate) use self::told::{Reason, Rejected, outcome};
use crate::error::{CallError, ErrorKind};

/// Over what time calls are counted, and in parts of what length.
const WINDOW: Duration = Duration::from_secs(30);
const BUCKET_LENGTH: Duration = Duration::from_secs(3);
/// More parts than this are older than the window.
const MAX_BUCKETS: usize = 11;
/// With fewer calls than this nothing is concluded.
const MIN_CALLS: u32 = 20;
/// How long it is open first; twice as long each further time.
const FIRST_OPEN: Duration = Duration::from_secs(5);
/// How long it is open at most.
const MAX_OPEN: Duration = Duration::from_mins(1);
/// When to look again while another call tries whether the endpoint is back.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// The first pause after a refusal that names none; twice as long each further time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(8);
/// After so long an endpoint is asked again, whatever it asked for: limits are lifted.
const MAX_SHARED_PAUSE: Duration = Duration::from_mins(2);

/// The breaker of one endpoint; clones share it.
#[derive(Debug, Clone)]
pub struct Breaker {
    deployment: Arc<str>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    /// What was last heard of the breaker that all workers share; `None`: it cannot be asked, and this one decides.
    shared: Option<Heard>,
    circuit: Circuit,
    buckets: VecDeque<Bucket>,
    /// For how long it opens next.
    open_for: Duration,
    limited_until: Option<Instant>,
    /// Refusals in a row.
    refusals: u32,
    /// When it last stopped being closed, or became so again.
    changed_at: Option<Instant>,
    /// When the present pause began.
    paused_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Circuit {
    Closed,
    Open { until: Instant, why: Reason },
    Probing { why: Reason },
}

#[derive(Debug)]
struct Bucket {
    since: Instant,
    calls: u32,
    failures: u32,
    /// Of the calls, those that the provider had no room for.
    refusals: u32,
}

impl Breaker {
    /// Of a deployment, by a name that is the same in all workers.
    pub(crate) fn new(deployment: &str) -> Self {
        let inner = Inner {
            shared: None,
            circuit: Circuit::Closed,
            buckets: VecDeque::new(),
            open_for: FIRST_OPEN,
            limited_until: None,
            refusals: 0,
            changed_at: None,
            paused_at: None,
        };
        Self {
            deployment: deployment.into(),
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Names the deployment, in all workers.
    #[must_use]
    pub fn deployment(&self) -> &str {
        &self.deployment
    }

    /// How often in a row it opened and why, where it is not known to be closed: for a shared breaker that was lost.
    #[must_use]
    pub fn known(&self) -> Option<(u32, RefusalReason)> {
        self.inner().known()
    }

    /// Whether it is known here that no call is to be made, as it may be since one began to wait for room.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.inner().own_rejection(Instant::now()).is_some()
    }

    /// Takes what the shared breaker is; `None`: it cannot be asked.
    pub fn adopt(&self, circuit: Option<SharedCircuit>) {
        self.inner().adopt(circuit, Instant::now());
    }

    /// Whether the shared breaker decides.
    pub(crate) fn is_shared(&self) -> bool {
        self.inner().shared.is_some()
    }

    /// Why the shared breaker let a call not in.
    pub(crate) fn rejection(&self, now: Instant) -> Rejected {
        let inner = self.inner();
        let heard = || inner.shared.as_ref().and_then(|heard| heard.rejected(now));
        // It was closed meanwhile.
        inner.own_rejection(now).or_else(heard).unwrap_or(Rejected {
            retry_at: now,
            reason: Reason::Open,
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for leave for one call, as far as is known here.
    pub(crate) fn try_acquire(&self, now: Instant) -> Result<Permit, Rejected> {
        let mut inner = self.inner();
        if let Some(rejected) = inner.own_rejection(now) {
            return Err(rejected);
        }
        if let Some(heard) = &inner.shared {
            return match heard.rejected(now) {
                Some(rejected) => Err(rejected),
                None => Ok(Permit {
                    breaker: self.clone(),
                    is_probe: false,
                }),
            };
        }
        let is_probe = match inner.circuit {
            Circuit::Closed => false,
            Circuit::Open { why, .. } => {
                inner.circuit = Circuit::Probing { why };
                true
            }
            Circuit::Probing { why } => {
                return Err(Rejected {
                    retry_at: now + PROBE_INTERVAL,
                    reason: why,
                });
            }
        };
        Ok(Permit {
            breaker: self.clone(),
            is_probe,
        })
    }

    /// Whether a call would be let in, without asking for leave.
    pub(crate) fn is_free(&self, now: Instant) -> bool {
        let inner = self.inner();
        let is_limited = inner.limited_until.is_some_and(|until| until > now);
        if let Some(heard) = &inner.shared {
            return !is_limited && heard.rejected(now).is_none();
        }
        !is_limited
            && match inner.circuit {
                Circuit::Closed => true,
                Circuit::Open { until, .. } => until <= now,
                Circuit::Probing { .. } => false,
            }
    }

    /// Whether calls are made, why not, and since when; `None`: since it is known.
    pub(crate) fn standing(
        &self,
        now: Instant,
    ) -> (BreakerState, Option<RefusalReason>, Option<Instant>) {
        let inner = self.inner();
        let (state, why, changed_at) = match (inner.circuit, &inner.shared) {
            (_, Some(heard)) => heard.standing(now),
            (Circuit::Closed, None) => (BreakerState::Closed, None, inner.changed_at),
            (Circuit::Open { until, why }, None) if until > now => {
                (BreakerState::Open, Some(why.told()), inner.changed_at)
            }
            (Circuit::Open { why, .. } | Circuit::Probing { why }, None) => {
                (BreakerState::HalfOpen, Some(why.told()), inner.changed_at)
            }
        };
        match state {
            BreakerState::Closed if inner.limited_until.is_some_and(|until| until > now) => {
                let why = Some(RefusalReason::RateLimited);
                (BreakerState::Paused, why, inner.paused_at)
            }
            _ => (state, why, changed_at),
        }
    }
}

impl Inner {
    fn known(&self) -> Option<(u32, RefusalReason)> {
        match (&self.shared, self.circuit) {
            (Some(heard), _) => heard.known(),
            (None, Circuit::Closed) => None,
            (None, Circuit::Open { why, .. } | Circuit::Probing { why }) => Some((1, why.told())),
        }
    }

    /// Why no call is to be made, apart from the shared breaker.
    fn own_rejection(&self, now: Instant) -> Option<Rejected> {
        if let Some(until) = self.limited_until.filter(|until| *until > now) {
            return Some(Rejected {
                retry_at: until,
                reason: Reason::Paused,
            });
        }
        match self.circuit {
            Circuit::Open { until, why } if self.shared.is_none() && until > now => {
                Some(Rejected {
                    retry_at: until,
                    reason: why,
                })
            }
            _ => None,
        }
    }

    fn adopt(&mut self, circuit: Option<SharedCircuit>, now: Instant) {
        // Redis has lost it: who asks next says so there, and is the one that tries.
        if circuit.is_some_and(|circuit| circuit.generation == 0) && self.known().is_some() {
            return;
        }
        let heard = circuit.map(|circuit| Heard { circuit, at: now });
        match (&self.shared, heard.is_some()) {
            // It goes on from what all knew, by what this worker has met lately.
            (Some(heard), false) => {
                self.circuit = heard.as_own();
                self.changed_at = heard.since();
                self.open_for = FIRST_OPEN;
            }
            (None, true) => self.circuit = Circuit::Closed,
            _ => {}
        }
        self.shared = heard;
    }

    fn report(
        &mut self,
        was_probe: bool,
        error: Option<&CallError>,
        now: Instant,
        chance: f64,
    ) -> Option<Duration> {
        match error.map(|error| error.kind) {
            // Whoever does not know us will not know the next call either.
            Some(ErrorKind::Unauthorized) => {
                if self.shared.is_none() {
                    self.open(Reason::Unauthorized, now, chance);
                }
            }
            Some(ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Garbled) => {
                let part = self.current_bucket(now);
                part.calls += 1;
                part.failures += 1;
                let fails = self.circuit == Circuit::Closed && self.is_failing(now);
                if self.shared.is_none() && (was_probe || fails) {
                    self.open(Reason::Open, now, chance);
                }
            }
            // Whoever answers is there, whatever it says.
            None | Some(ErrorKind::RateLimited | ErrorKind::Rejected) => {
                if was_probe {
                    self.changed_at = Some(now);
                    self.circuit = Circuit::Closed;
                    self.buckets.clear();
                    self.open_for = FIRST_OPEN;
                }
                self.current_bucket(now).calls += 1;
            }
        }
        match error {
            Some(error) if error.kind == ErrorKind::RateLimited => {
                Some(self.pause(error.retry_after, now, chance))
            }
            _ => {
                self.refusals = 0;
                None
            }
        }
    }

    fn open(&mut self, why: Reason, now: Instant, chance: f64) {
        // Several calls that were under way together open it once.
        if matches!(self.circuit, Circuit::Open { until, .. } if until > now) {
            return;
        }
        if self.circuit == Circuit::Closed {
            self.changed_at = Some(now);
        }
        let jittered = self.open_for.mul_f64(1.0 + chance.clamp(0.0, 1.0) / 10.0);
        self.circuit = Circuit::Open {
            until: now + jittered,
            why,
        };
        self.open_for = (self.open_for * 2).min(MAX_OPEN);
        self.buckets.clear();
    }

    /// How long a call waits that there was no room for. One refusal among many answers is about that call; once they
    /// are a third of the latest calls, nobody asks until then.
    fn pause(&mut self, asked: Option<Duration>, now: Instant, chance: f64) -> Duration {
        let doubled = FIRST_PAUSE * 2_u32.pow(self.refusals.min(8));
        self.refusals = self.refusals.saturating_add(1);
        let own = doubled.min(MAX_PAUSE).mul_f64(0.5 + chance / 2.0);
        let pause = asked.unwrap_or(own);
        let part = self.current_bucket(now);
        part.refusals += 1;
        if part.refusals * 3 >= part.calls {
            let until = now + pause.min(MAX_SHARED_PAUSE);
            if self.limited_until.is_none_or(|before| before <= now) {
                self.paused_at = Some(now);
            }
            self.limited_until = self.limited_until.max(Some(until));
        }
        pause
    }

    /// Where a call is counted now.
    fn current_bucket(&mut self, now: Instant) -> &mut Bucket {
        let has_one = self
            .buckets
            .back()
            .is_some_and(|part| now.saturating_duration_since(part.since) < BUCKET_LENGTH);
        if !has_one {
            self.buckets.push_back(Bucket {
                since: now,
                calls: 0,
                failures: 0,
                refusals: 0,
            });
            if self.buckets.len() > MAX_BUCKETS {
                self.buckets.pop_front();
            }
        }
        let last = self.buckets.len() - 1;
        &mut self.buckets[last]
    }

    /// Whether too many of the latest calls failed.
    fn is_failing(&self, now: Instant) -> bool {
        let recent = |part: &&Bucket| now.saturating_duration_since(part.since) < WINDOW;
        let parts = self.buckets.iter().filter(recent);
        let (calls, failures) = parts.fold((0, 0), |(calls, failures), part| {
            // What there was no room for says nothing of whether it fails.
            let counted = part.calls.saturating_sub(part.refusals);
            (calls + counted, failures + part.failures)
        });
        calls >= MIN_CALLS && failures * 2 >= calls
    }
}

#[cfg(test)]
mod tests;
