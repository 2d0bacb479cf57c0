//! Whether an endpoint may be asked now: a circuit breaker, and the pause that the provider itself asks for.
//!
//! Each worker has its own. The breaker works in two steps, as those of gobreaker and Temporal do: a call asks for
//! leave, and afterwards says how it went.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{CallError, Kind};

/// Over what time calls are counted, and in parts of what length.
const WINDOW: Duration = Duration::from_secs(30);
const PART: Duration = Duration::from_secs(3);
/// More parts than this are older than the window.
const PARTS: usize = 11;
/// With fewer calls than this nothing is concluded.
const FEWEST: u32 = 20;
/// How long it is open first; twice as long each further time.
const FIRST_OPEN: Duration = Duration::from_secs(5);
/// How long it is open at most.
const LONGEST_OPEN: Duration = Duration::from_mins(1);
/// When to look again while another call tries whether the endpoint is back.
const PROBE: Duration = Duration::from_secs(1);
/// The first pause after a refusal that names none; twice as long each further time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// After so long an endpoint is asked again, whatever it asked for: limits are lifted.
const LONGEST_SHARED: Duration = Duration::from_mins(2);

/// The state of a breaker, as its metric has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls are made.
    Closed,
    /// One call tries whether the endpoint is back.
    HalfOpen,
    /// No calls are made.
    Open,
}

/// That an endpoint may not be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shut {
    /// When to look again.
    pub(crate) until: Instant,
    /// Why.
    pub(crate) why: Why,
}

/// Why an endpoint may not be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The breaker is open because calls failed, or a probe is under way.
    Open,
    /// It is open because the provider does not know us.
    Unknown,
    /// The provider asked for a pause.
    Paused,
    /// The provider's limits leave no room.
    Full,
}

/// The breaker of one endpoint; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Breaker(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    gate: Gate,
    parts: VecDeque<Part>,
    /// For how long it opens next.
    open_for: Duration,
    limited_until: Option<Instant>,
    /// Refusals in a row.
    refusals: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Gate {
    Closed,
    Open { until: Instant, why: Why },
    Probing { why: Why },
}

#[derive(Debug)]
struct Part {
    since: Instant,
    calls: u32,
    failures: u32,
    /// Of the calls, those that the provider had no room for.
    refusals: u32,
}

/// Leave for one call. Dropped without a report it changes nothing.
#[derive(Debug)]
pub(crate) struct Leave {
    breaker: Breaker,
    is_probe: bool,
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            gate: Gate::Closed,
            parts: VecDeque::new(),
            open_for: FIRST_OPEN,
            limited_until: None,
            refusals: 0,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for leave for one call.
    pub(crate) fn enter(&self, now: Instant) -> Result<Leave, Shut> {
        let mut inner = self.inner();
        if let Some(until) = inner.limited_until.filter(|until| *until > now) {
            return Err(Shut {
                until,
                why: Why::Paused,
            });
        }
        let is_probe = match inner.gate {
            Gate::Closed => false,
            Gate::Open { until, why } if until > now => return Err(Shut { until, why }),
            Gate::Open { why, .. } => {
                inner.gate = Gate::Probing { why };
                true
            }
            Gate::Probing { why } => {
                return Err(Shut {
                    until: now + PROBE,
                    why,
                });
            }
        };
        Ok(Leave {
            breaker: self.clone(),
            is_probe,
        })
    }

    /// Whether a call would be let in, without asking for leave.
    pub(crate) fn is_free(&self, now: Instant) -> bool {
        let inner = self.inner();
        let is_limited = inner.limited_until.is_some_and(|until| until > now);
        !is_limited
            && match inner.gate {
                Gate::Closed => true,
                Gate::Open { until, .. } => until <= now,
                Gate::Probing { .. } => false,
            }
    }

    /// Its state at a moment.
    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match self.inner().gate {
            Gate::Closed => BreakerState::Closed,
            Gate::Open { until, .. } if until > now => BreakerState::Open,
            Gate::Open { .. } | Gate::Probing { .. } => BreakerState::HalfOpen,
        }
    }
}

impl Leave {
    /// Says how the call went; `chance` from 0 to 1 spreads pauses out. Returns for how long this call is to wait,
    /// where the provider has no room for it.
    pub(crate) fn report(
        mut self,
        error: Option<&CallError>,
        now: Instant,
        chance: f64,
    ) -> Option<Duration> {
        let was_probe = std::mem::take(&mut self.is_probe);
        self.breaker.inner().report(was_probe, error, now, chance)
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        // A probe that was broken off leaves the question open: the next call asks it.
        if self.is_probe {
            let mut inner = self.breaker.inner();
            if let Gate::Probing { why } = inner.gate {
                inner.gate = Gate::Open {
                    until: Instant::now(),
                    why,
                };
            }
        }
    }
}

impl Inner {
    fn report(
        &mut self,
        was_probe: bool,
        error: Option<&CallError>,
        now: Instant,
        chance: f64,
    ) -> Option<Duration> {
        match error.map(|error| error.kind) {
            // Whoever does not know us will not know the next call either.
            Some(Kind::Unauthorized) => self.open(Why::Unknown, now, chance),
            Some(Kind::Unavailable | Kind::TimedOut | Kind::Garbled) => {
                let part = self.part(now);
                part.calls += 1;
                part.failures += 1;
                let fails = self.gate == Gate::Closed && self.fails(now);
                if was_probe || fails {
                    self.open(Why::Open, now, chance);
                }
            }
            // Whoever answers is there, whatever it says.
            None | Some(Kind::RateLimited | Kind::Rejected) => {
                if was_probe {
                    self.gate = Gate::Closed;
                    self.parts.clear();
                    self.open_for = FIRST_OPEN;
                }
                self.part(now).calls += 1;
            }
        }
        match error {
            Some(error) if error.kind == Kind::RateLimited => {
                Some(self.pause(error.retry_after, now, chance))
            }
            _ => {
                self.refusals = 0;
                None
            }
        }
    }

    fn open(&mut self, why: Why, now: Instant, chance: f64) {
        // Several calls that were under way together open it once.
        if matches!(self.gate, Gate::Open { until, .. } if until > now) {
            return;
        }
        let jittered = self.open_for.mul_f64(1.0 + chance.clamp(0.0, 1.0) / 10.0);
        self.gate = Gate::Open {
            until: now + jittered,
            why,
        };
        self.open_for = (self.open_for * 2).min(LONGEST_OPEN);
        self.parts.clear();
    }

    /// How long a call waits that there was no room for. One refusal among many answers is about that call; once they
    /// are a third of the latest calls, nobody asks until then.
    fn pause(&mut self, asked: Option<Duration>, now: Instant, chance: f64) -> Duration {
        let doubled = FIRST_PAUSE * 2_u32.pow(self.refusals.min(8));
        self.refusals = self.refusals.saturating_add(1);
        let own = doubled.min(LONGEST_PAUSE).mul_f64(0.5 + chance / 2.0);
        let pause = asked.unwrap_or(own);
        let part = self.part(now);
        part.refusals += 1;
        if part.refusals * 3 >= part.calls {
            let until = now + pause.min(LONGEST_SHARED);
            self.limited_until = self.limited_until.max(Some(until));
        }
        pause
    }

    /// Where a call is counted now.
    fn part(&mut self, now: Instant) -> &mut Part {
        let has_one = self
            .parts
            .back()
            .is_some_and(|part| now.saturating_duration_since(part.since) < PART);
        if !has_one {
            self.parts.push_back(Part {
                since: now,
                calls: 0,
                failures: 0,
                refusals: 0,
            });
            if self.parts.len() > PARTS {
                self.parts.pop_front();
            }
        }
        let last = self.parts.len() - 1;
        &mut self.parts[last]
    }

    /// Whether too many of the latest calls failed.
    fn fails(&self, now: Instant) -> bool {
        let recent = |part: &&Part| now.saturating_duration_since(part.since) < WINDOW;
        let parts = self.parts.iter().filter(recent);
        let (calls, failures) = parts.fold((0, 0), |(calls, failures), part| {
            (calls + part.calls, failures + part.failures)
        });
        calls >= FEWEST && failures * 2 >= calls
    }
}

#[cfg(test)]
mod tests;
