//! The limiter as its callers see it: Redis, and this process alone while Redis does not answer.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Admission;
use super::fallback::{AdmissionRequest, LocalFallback};
use crate::connection::Redis;
use crate::error::Result;
use domain::Limits;

/// While Redis does not answer, one call in this time still asks it, and may wait for its time-out.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

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

    /// As [`Redis::admit`], and by this process alone where Redis does not answer. That it does not takes as long
    /// to be seen as a command's time-out.
    pub async fn admit(
        &self,
        account: &str,
        limits: &Limits,
        call: &str,
        tokens: u64,
        longest: Duration,
    ) -> Admission {
        if limits.is_empty() {
            return Admission::Admitted;
        }
        if self.may_probe() {
            let answer = self.redis.admit(account, limits, call, tokens, longest);
            if let Some(admission) = self.record(answer.await) {
                if admission == Admission::Admitted {
                    let asking = self.request(account, limits, call);
                    self.state().local.occupy(asking, longest, false);
                }
                return admission;
            }
        }
        let asking = self.request(account, limits, call);
        self.state().local.admit(asking, tokens, longest)
    }

    /// As [`Redis::settle`]. Where Redis does not answer this is dropped, and the call's place expires.
    pub async fn settle(
        &self,
        account: &str,
        limits: &Limits,
        call: &str,
        reserved: u64,
        used: u64,
    ) {
        let asking = self.request(account, limits, call);
        self.state().local.settle(asking, reserved, used);
        // Also for a call that was let in here: Redis may have let it in and been too late to say so.
        if !self.is_local() {
            let answer = self.redis.settle(account, limits, call, reserved, used);
            self.record(answer.await);
        }
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
                    tracing::warn!("calls are limited over all processes again");
                }
                Some(answer)
            }
            Err(error) => {
                state.next_probe = Some(Instant::now() + PROBE_INTERVAL);
                if !was_local {
                    state.local.restart();
                    tracing::warn!(%error, "calls are limited by this process alone: Redis does not answer");
                }
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
