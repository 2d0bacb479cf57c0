//! The gate before every request of a judge call: whether it may be begun, and what it takes of a provider's limits, which
//! count over all workers together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::Limits;
use domain::circuit::CallOutcome;
use domain::period::milliseconds;
use domain::plan::Deployment;
use domain::timeline::{AttemptLog, AttemptRecord, Cause, RequestRecord, WaitReason};
use jiff::Timestamp;
use providers::retry::{
    Attempt, CallPermit, CallRoom, NoRoom, Observer, RequestTarget, RequestTrace,
};
use providers::{Breaker, CallError, Choices};
use queue::circuit::CircuitReport;
use queue::limiter::{CallEnd, Limiter};
use queue::progress::Waiting;
use service::metrics;
use service::telemetry::Annotate as _;
use storage::evaluations::Claimed;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Span;

use crate::Engine;
use crate::line::Line;
use crate::request_span;
use crate::slot::{LongWait, SLOT_PATIENCE, SlotHold};
use crate::spending::Spending;

/// The gate of one call, with all its tries.
pub(crate) struct CallGate<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) claimed: &'e Claimed,
    /// What the evaluation runs in.
    pub(crate) slot: &'e SlotHold,
    /// Which call it is.
    step: String,
    /// Since when it waits.
    since: Instant,
    started_at: Timestamp,
    history: Mutex<CallHistory<'e>>,
    /// Cancelled when a request is due that a worker which drains does not begin: it may not live to hear the answer,
    /// and that would be paid for twice.
    withheld: CancellationToken,
}

/// How a call went so far.
#[derive(Default)]
struct CallHistory<'s> {
    attempts: AttemptLog,
    /// What it spent between requests.
    waited: Duration,
    /// Why it waits now.
    waits_for: Option<WaitReason>,
    /// The request that is under way.
    request: Option<Span>,
    /// Whether there was one.
    has_begun: bool,
    /// While it waits for long.
    without_slot: Option<LongWait<'s>>,
}

impl<'e> CallGate<'e> {
    pub(crate) fn new(
        engine: &'e Engine,
        claimed: &'e Claimed,
        slot: &'e SlotHold,
        step: String,
    ) -> Self {
        Self {
            engine,
            claimed,
            slot,
            step,
            since: Instant::now(),
            started_at: Timestamp::now(),
            history: Mutex::default(),
            withheld: CancellationToken::new(),
        }
    }

    /// What it took, once the reply is there.
    pub(crate) fn record(&self) -> RequestRecord {
        let mut history = self.history();
        RequestRecord {
            started_at: self.started_at,
            took_ms: milliseconds(self.since.elapsed()),
            waited_ms: milliseconds(history.waited),
            attempts: history.attempts.take(),
        }
    }

    /// Why there is no reply, for the timeline.
    pub(crate) fn cause(&self, reason: Option<WaitReason>, error: Option<&CallError>) -> Cause {
        Cause {
            reason,
            step: Some(self.step.clone()),
            class: error.map(|error| error.as_str().to_owned()),
            status: error.and_then(CallError::status),
            attempts: self.history().attempts.take(),
        }
    }

    fn history(&self) -> MutexGuard<'_, CallHistory<'e>> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who watch what the evaluation waits for; `None`: it goes on.
    fn report(&self, waiting: Option<Waiting>) {
        let ownership = &self.claimed.ownership;
        let progress = &self.engine.progress;
        progress.waits(ownership.id, ownership.epoch, waiting);
    }

    /// Waits until a request may be begun at all. After a long silence the evaluation may be another's, who pays for this
    /// call as well.
    pub(crate) async fn may_begin(&self) {
        let Engine {
            liveness, drain, ..
        } = self.engine;
        if !liveness.is_alive().await || drain.has_begun() {
            self.withheld.cancel();
            std::future::pending::<()>().await;
        }
    }

    /// The call waits for room within limits while what is returned is there.
    pub(crate) fn waits_for_room(&self) -> WaitForRoom<'_, 'e> {
        self.waits(WaitReason::Limiter, Duration::ZERO);
        WaitForRoom {
            gate: self,
            since: Instant::now(),
        }
    }

    /// Done when a request is due that is not begun any more.
    pub(crate) async fn withheld(&self) {
        self.withheld.cancelled().await;
    }
}

impl Observer for CallGate<'_> {
    type Permit = Permit;
    type Reservation = Spending;

    async fn reserve(
        &self,
        deployment: &Deployment,
        estimate: Option<i64>,
    ) -> Result<Spending, String> {
        Spending::reserve(self.engine, self.claimed, deployment, estimate).await
    }

    async fn ready(&self) {
        self.history().without_slot = None;
        self.may_begin().await;
    }

    async fn admit(&self, request: &CallRoom<'_>) -> Result<Permit, NoRoom> {
        self.admitted(request).await
    }

    fn waits(&self, reason: WaitReason, pause: Duration) {
        let (before, failed) = {
            let mut history = self.history();
            history.waited += pause;
            if pause >= SLOT_PATIENCE && history.without_slot.is_none() {
                history.without_slot = Some(self.slot.waits_for_long());
            }
            let failed = match reason {
                WaitReason::RetryDelay | WaitReason::ProviderUnavailable => {
                    history.attempts.last().cloned()
                }
                _ => None,
            };
            (history.waits_for.replace(reason), failed)
        };
        // A wait for room is many short ones: told once, and nobody knows how many more.
        let is_known = reason != WaitReason::Limiter;
        if is_known || before != Some(reason) {
            let since = Timestamp::now();
            self.report(Some(Waiting {
                reason,
                step: self.step.clone(),
                since,
                until: is_known.then(|| since.checked_add(pause).ok()).flatten(),
                status: failed.as_ref().and_then(|attempt| attempt.status),
                class: failed.map(|attempt| attempt.result),
            }));
        }
    }

    fn begins(&self, target: &RequestTarget<'_>) -> RequestTrace {
        let (before, is_first) = {
            let mut history = self.history();
            let is_first = !std::mem::replace(&mut history.has_begun, true);
            (history.waits_for.take(), is_first)
        };
        if before.is_some() {
            self.report(None);
        }
        if is_first {
            let waited = self.since.elapsed();
            metrics::judge_call_overhead_seconds("send").record(waited.as_secs_f64());
        }
        let trace = request_span::begin(target);
        self.history().request = Some(trace.span.clone());
        trace
    }

    fn attempted(&self, tried: &Attempt<'_>) {
        let Attempt {
            provider, model, ..
        } = *tried;
        let result = match tried.result {
            Ok(_) => "replied",
            Err(error) if tried.is_renegotiation => {
                tracing::info!(provider, model, step = self.step, error = %error, "a judge call is made in another way");
                error.as_str()
            }
            Err(error) if error.is_no_capacity() => {
                tracing::info!(
                    provider,
                    model,
                    step = self.step,
                    tier = tried.tier,
                    "the cheaper tier has no capacity"
                );
                error.as_str()
            }
            Err(error) => {
                tracing::warn!(provider, model, step = self.step, kind = error.as_str(), error = %error, "a judge call failed");
                error.as_str()
            }
        };
        if let Some(asked) = tried.tier {
            let came = match tried.result {
                Ok(choices) if choices.first.service_tier.as_deref() == Some(asked) => "bought",
                Ok(_) => "bought_dearer",
                Err(error) if error.is_no_capacity() => "no_capacity",
                Err(_) => "failed",
            };
            metrics::service_tier_requests_total(asked, came).increment(1);
        }
        self.history().attempts.push(AttemptRecord {
            at: Timestamp::now() - tried.took,
            provider: provider.to_owned(),
            model: model.to_owned(),
            result: result.to_owned(),
            status: tried.result.err().and_then(CallError::status),
            took_ms: milliseconds(tried.took),
            service_tier: match tried.result {
                Ok(choices) => choices.first.service_tier.clone(),
                Err(_) => tried.tier.map(str::to_owned),
            },
        });
        self.history().request = None;
        request_span::end(tried);
        metrics::judge_called(provider, model, result, tried.result.is_ok());
        metrics::judge_call_seconds().record(tried.took.as_secs_f64());
        if let Ok(usage) = tried.result.map(Choices::usage) {
            // What nobody counted makes no series.
            for (direction, tokens) in [
                ("input", usage.input_tokens),
                ("cached_input", usage.cached_input_tokens),
                ("cache_write", usage.cache_write_tokens),
                ("output", usage.output_tokens),
            ] {
                if let Some(tokens) = tokens {
                    metrics::tokens(provider, model, direction, tokens);
                }
            }
            if let Some(cost) = usage
                .cost_nano_usd
                .and_then(|cost| u64::try_from(cost).ok())
            {
                metrics::cost_usd_total().increment_nano_usd(cost);
            }
        }
    }
}

/// That a call waits for room.
pub(crate) struct WaitForRoom<'g, 'e> {
    gate: &'g CallGate<'e>,
    since: Instant,
}

impl Drop for WaitForRoom<'_, '_> {
    fn drop(&mut self) {
        self.gate.history().waited += self.since.elapsed();
    }
}

/// A request that is under way then was broken off: its evaluation was taken away, or the worker leaves.
impl Drop for CallGate<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.history().request.take() {
            request.fail(request_span::BROKEN_OFF);
        }
    }
}

/// Room for one request within a provider's limits, given back when it is dropped: then the request has ended, or was broken
/// off.
pub(crate) struct Permit {
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) tasks: TaskTracker,
    pub(crate) account: String,
    pub(crate) limits: Limits,
    pub(crate) call: String,
    pub(crate) reserved: u64,
    /// What is not known is as estimated.
    pub(crate) used: u64,
    pub(crate) breaker: Breaker,
    /// Of the shared breaker, when it let the request in.
    pub(crate) generation: Option<u64>,
    /// How the request ended; `None`: it was not made, or broken off.
    pub(crate) outcome: Option<CallOutcome>,
    /// Of those who wait for the same limits.
    pub(crate) line: Option<Arc<Line>>,
}

impl Permit {
    /// There is nothing to give back.
    pub(crate) fn took_nothing(mut self) {
        self.call.clear();
    }
}

impl CallPermit for Permit {
    fn ended(&mut self, outcome: CallOutcome) {
        self.outcome = Some(outcome);
    }

    fn settle_tokens(&mut self, tokens: u64) {
        self.used = tokens;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.call.is_empty() {
            return;
        }
        let limiter = Arc::clone(&self.limiter);
        let (account, call) = (
            std::mem::take(&mut self.account),
            std::mem::take(&mut self.call),
        );
        let (limits, reserved, used) = (self.limits, self.reserved, self.used);
        let (breaker, generation, outcome) = (self.breaker.clone(), self.generation, self.outcome);
        let line = self.line.take();
        self.tasks.spawn(async move {
            let end = CallEnd {
                account: &account,
                limits: &limits,
                call: &call,
                reserved,
                used,
            };
            let report = CircuitReport {
                deployment: breaker.deployment(),
                generation,
                outcome,
            };
            breaker.adopt(limiter.settle(&end, Some(&report)).await);
            if let Some(line) = line {
                line.look_again();
            }
        });
    }
}
