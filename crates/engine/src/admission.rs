//! Leave for one request: of the breaker that all workers share, and room within the limits of its provider.
//!
//! Who finds no room waits in line. After five seconds its evaluation gives up its slot where all its calls wait, and goes on
//! waiting without one; after half a minute it waits in PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use providers::retry::{CallRoom, NoRoom};
use queue::circuit::CircuitQuery;
use queue::limiter::{Admission, CallRequest};
use service::metrics;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::call_gate::{CallGate, Permit};
use crate::line::Line;
use crate::slot::SLOT_PATIENCE;

/// Who is first in line looks at least so often: what others give back nobody can foresee.
const NEXT_LOOK: Duration = Duration::from_secs(1);

impl CallGate<'_> {
    /// Asks for leave, and waits in line for room for as long as the request may.
    pub(crate) async fn admitted(&self, request: &CallRoom<'_>) -> Result<Permit, NoRoom> {
        if request.limits.is_empty() {
            return self.ask(request, None).await;
        }
        let begun = Instant::now();
        let line = self.engine.lines.of(request.provider);
        let asked = if line.is_empty() {
            self.ask(request, Some(&line)).await
        } else {
            Err(NoRoom::LimitReached(Duration::ZERO))
        };
        let admitted = match asked {
            Err(NoRoom::LimitReached(after)) if !request.patience.is_zero() => {
                self.wait_in(&line, request, begun, after).await
            }
            Err(NoRoom::LimitReached(after)) => Err(NoRoom::LimitReached(after.max(NEXT_LOOK))),
            decided => decided,
        };
        if admitted.is_ok() {
            metrics::limiter_wait_seconds().record(begun.elapsed().as_secs_f64());
        }
        admitted
    }

    async fn wait_in(
        &self,
        line: &Arc<Line>,
        request: &CallRoom<'_>,
        begun: Instant,
        after: Duration,
    ) -> Result<Permit, NoRoom> {
        let place = line.join(self.claimed.priority, &self.claimed.ownership.tenant);
        let _waiting = self.waits_for_room();
        let mut next_look = begun + after.min(NEXT_LOOK);
        let (slot_until, until) = (begun + SLOT_PATIENCE, begun + request.patience);
        let mut without_slot = None;
        loop {
            let now = Instant::now();
            if now >= until {
                return Err(NoRoom::LimitReached(NEXT_LOOK));
            }
            if without_slot.is_none() && now >= slot_until {
                without_slot = Some(self.slot.waits_for_long());
            }
            let next = if without_slot.is_none() {
                until.min(slot_until)
            } else {
                until
            };
            if !place.is_first() {
                if timeout_at(next, place.look()).await.is_ok() {
                    next_look = Instant::now();
                }
                continue;
            }
            if next_look > now {
                if timeout_at(next.min(next_look), place.look()).await.is_ok() {
                    next_look = Instant::now();
                }
                continue;
            }
            // A provider may have asked for a pause meanwhile.
            if request.breaker.is_shut() {
                return Err(NoRoom::BreakerOpen);
            }
            self.may_begin().await;
            match self.ask(request, Some(line)).await {
                Err(NoRoom::LimitReached(after)) => {
                    next_look = Instant::now() + after.min(NEXT_LOOK);
                }
                Ok(permit) => {
                    place.let_in();
                    return Ok(permit);
                }
                Err(refused) => return Err(refused),
            }
        }
    }

    /// Asks once.
    async fn ask(
        &self,
        request: &CallRoom<'_>,
        line: Option<&Arc<Line>>,
    ) -> Result<Permit, NoRoom> {
        let limiter = &self.engine.limiter;
        let breaker = request.breaker;
        // There before it is asked: whoever is broken off meanwhile gives back what Redis may have taken.
        let mut permit = Permit {
            limiter: Arc::clone(limiter),
            tasks: self.engine.tasks.clone(),
            account: request.provider.to_owned(),
            limits: request.limits,
            // A try, not a step: each takes room of its own.
            call: Uuid::now_v7().to_string(),
            reserved: request.tokens,
            used: 0,
            breaker: breaker.clone(),
            generation: None,
            outcome: None,
            line: line.map(Arc::clone),
        };
        let query = CircuitQuery {
            deployment: breaker.deployment(),
            known: breaker.known(),
        };
        let asked = CallRequest {
            account: request.provider,
            limits: &request.limits,
            call: &permit.call,
            tokens: request.tokens,
            longest: request.longest,
            priority: self.claimed.priority,
        };
        let begun = Instant::now();
        let decision = limiter.admit(&asked, Some(&query)).await;
        metrics::judge_call_overhead_seconds("admit").record(begun.elapsed().as_secs_f64());
        breaker.adopt(decision.circuit);
        match decision.admission {
            Admission::Later { after } => {
                permit.took_nothing();
                Err(NoRoom::LimitReached(after))
            }
            Admission::Barred => {
                permit.took_nothing();
                Err(NoRoom::BreakerOpen)
            }
            Admission::Admitted => {
                permit.used = request.tokens;
                permit.generation = decision.circuit.map(|circuit| circuit.generation);
                Ok(permit)
            }
        }
    }
}
