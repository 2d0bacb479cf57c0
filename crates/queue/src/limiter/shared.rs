//! The limiter and the breakers as their callers see them: Redis, and this process alone while Redis does not answer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::fallback::{AdmissionRequest, LocalFallback};
use super::{Admission, CallEnd, CallRequest, Decision};
use crate::circuit::{CircuitQuery, CircuitReport};
use crate::connection::Redis;
use crate::error::Result;
use domain::Limits;
use domain::circuit::Circuit;

/// While Redis does not answer, one call in this time still asks it, and may wait for its time-out.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// So many ends are kept that Redis did not hear of; what is beyond expires by itself.
const MAX_UNHEARD: usize = 10_000;
/// So many of them are told with each command that Redis answers.
const TOLD_AT_ONCE: usize = 64;

/// Lets calls to providers in, over all processes together as long as Redis answers.
#[derive(Debug)]
pub struct Limiter {
    redis: Redis,
    workers: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    local: LocalFallback,
    /// When Redis is to be asked again; `None` while it answers.
    next_probe: Option<Instant>,
    /// Ends of calls that Redis let in, or may have, and did not hear of: it keeps their places until they are told, as it may have kept
    /// its data.
    unheard: VecDeque<UnheardEnd>,
}

#[derive(Debug)]
struct UnheardEnd {
    account: String,
    limits: Limits,
    call: String,
    reserved: u64,
    used: u64,
}

impl UnheardEnd {
    fn of(end: &CallEnd<'_>) -> Self {
        Self {
            account: end.account.to_owned(),
            limits: *end.limits,
            call: end.call.to_owned(),
            reserved: end.reserved,
            used: end.used,
        }
    }

    fn end(&self) -> CallEnd<'_> {
        CallEnd {
            account: &self.account,
            limits: &self.limits,
            call: &self.call,
            reserved: self.reserved,
            used: self.used,
        }
    }
}

impl Limiter {
    /// For one worker, until [`Limiter::set_workers`] says how many there are.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            workers: AtomicU32::new(1),
            state: Mutex::new(State {
                local: LocalFallback::default(),
                next_probe: None,
                unheard: VecDeque::new(),
            }),
        }
    }

    /// How many workers there are, as last known: while Redis does not answer, each takes its part of half the
    /// limits. 0 counts as 1.
    pub fn set_workers(&self, workers: u32) {
        self.workers.store(workers, Ordering::Relaxed);
    }

    /// Whether Redis did not answer last time, so that this process limits its calls on its own.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.state().next_probe.is_some()
    }

    /// As [`Redis::admit`]. Where Redis does not answer, the limits are this process's own, and no breaker is asked: then
    /// the caller's own decides. That Redis does not answer takes as long to be seen as a command's time-out.
    pub async fn admit(
        &self,
        request: &CallRequest<'_>,
        breaker: Option<&CircuitQuery<'_>>,
    ) -> Decision {
        let local = |admission| Decision {
            admission,
            circuit: None,
        };
        if request.limits.is_empty() && breaker.is_none() {
            return local(Admission::Admitted);
        }
        let own = self.request(request.account, request.limits, request.call);
        if self.may_probe()
            && let Some(decision) = self.record(self.redis.admit(request, breaker).await)
        {
            self.tell_unheard().await;
            if decision.admission == Admission::Admitted && !request.limits.is_empty() {
                self.state().local.occupy(own, request.longest, false);
            }
            return decision;
        }
        if request.limits.is_empty() {
            return local(Admission::Admitted);
        }
        let own = AdmissionRequest {
            now: Instant::now(),
            ..own
        };
        local(
            self.state()
                .local
                .admit(own, request.tokens, request.longest),
        )
    }

    /// As [`Redis::settle`]. Where Redis does not answer it is told when it does again; what it says of a breaker is dropped.
    pub async fn settle(
        &self,
        end: &CallEnd<'_>,
        breaker: Option<&CircuitReport<'_>>,
    ) -> Option<Circuit> {
        let asking = self.request(end.account, end.limits, end.call);
        self.state().local.settle(asking, end.reserved, end.used);
        // Also for a call that was let in here: Redis may have let it in and been too late to say so.
        let heard = if self.is_local() {
            None
        } else {
            self.record(self.redis.settle(end, breaker).await)
        };
        let mut state = self.state();
        if heard.is_none() && !end.limits.is_empty() && state.unheard.len() < MAX_UNHEARD {
            state.unheard.push_back(UnheardEnd::of(end));
        }
        heard.flatten()
    }

    /// Tells Redis of ends that it did not hear of, as far as it answers.
    async fn tell_unheard(&self) {
        for _ in 0..TOLD_AT_ONCE {
            let Some(unheard) = self.state().unheard.pop_front() else {
                return;
            };
            if self
                .record(self.redis.settle(&unheard.end(), None).await)
                .is_none()
            {
                self.state().unheard.push_front(unheard);
                return;
            }
        }
    }

    /// As [`Redis::circuits`]; `None` where Redis does not answer.
    pub async fn circuits(&self, deployments: &[String]) -> Option<Vec<Circuit>> {
        if !self.may_probe() {
            return None;
        }
        self.record(self.redis.circuits(deployments).await)
    }

    fn request<'a>(
        &self,
        account: &'a str,
        limits: &'a Limits,
        call: &'a str,
    ) -> AdmissionRequest<'a> {
        AdmissionRequest {
            account,
            limits,
            call,
            workers: self.workers.load(Ordering::Relaxed),
            now: Instant::now(),
        }
    }

    /// Everybody while Redis answers, else one at a time.
    fn may_probe(&self) -> bool {
        let now = Instant::now();
        match &mut self.state().next_probe {
            None => true,
            Some(at) if *at <= now => {
                *at = now + PROBE_INTERVAL;
                true
            }
            Some(_) => false,
        }
    }

    fn record<T>(&self, answer: Result<T>) -> Option<T> {
        let mut state = self.state();
        let was_local = state.next_probe.is_some();
        match answer {
            Ok(answer) => {
                state.next_probe = None;
                if was_local {
                    tracing::warn!(
                        "limits and breakers of providers hold over all processes again"
                    );
                }
                Some(answer)
            }
            Err(error) => {
                state.next_probe = Some(Instant::now() + PROBE_INTERVAL);
                if !was_local {
                    state.local.restart();
                    tracing::warn!(%error, "limits and breakers of providers hold for this process alone: Redis does not answer");
                }
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
