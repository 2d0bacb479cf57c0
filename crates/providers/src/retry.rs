//! The one place that asks again: at the same deployment, at the next one, or not now.
//!
//! A few tries close together bridge a hiccup. Whatever takes longer is not waited for here: the evaluation goes back
//! to PostgreSQL with a delay, and its slot does other work.

mod attempts;
mod observer;
mod policy;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use domain::plan::Deployment;
use domain::timeline::WaitReason;
use judging::JudgeCall;
use tracing::Instrument as _;

use self::attempts::{DeploymentAttempts, Outcome, RouteAttempts};
pub use self::observer::{
    Attempt, CallPermit, CallRoom, CostReservation, NoRoom, Observer, RequestTarget, RequestTrace,
};
use self::policy::MAX_WAIT;
pub use self::policy::Policy;
use crate::batch_tier;
use crate::breaker::{self, Reason, Rejected};
use crate::choices::Choices;
use crate::deployment::RequestSettings;
use crate::endpoint::{AttemptResult, Attempts, CallContext, EndpointRequest};
use crate::error::{CallError, ErrorKind};
use crate::registry::{Providers, ResolvedDeployment};

/// When to look again for a provider that is no longer in the settings.
const MISSING_PROVIDER_RETRY: Duration = Duration::from_secs(30);

/// How long room is waited for at the last of several deployments, before all are asked again.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq)]
pub enum CallFailure {
    /// Every deployment refused for good, or there is none.
    Refused(CallError),
    /// It was tried and failed; worth another attempt later, and counted.
    Failed(CallError),
    /// There is no money for it, in these words.
    OverBudget(String),
    /// Nobody could be asked now. Not counted: nothing was wrong with it.
    Unavailable {
        /// When to try again.
        after: Duration,
        /// Why.
        why: WaitReason,
        /// Why, for people.
        reason: String,
        /// What the provider says of it, shortened: for the record, and not for a log.
        said: Option<String>,
    },
}

impl Providers {
    /// Makes a call at the first deployment that replies. Of the `wanted` choices there may come fewer: who does not
    /// give several is asked for one.
    ///
    /// # Errors
    /// [`CallFailure`], which says what to do about it.
    pub async fn ask(
        &self,
        call: &JudgeCall,
        wanted: NonZeroU32,
        route: &[Deployment],
        context: &CallContext,
        policy: &Policy,
        observer: &(impl Observer + Sync),
    ) -> Result<Choices, CallFailure> {
        if route.is_empty() {
            let message = format!("no provider is set up for the model `{}`", call.model);
            return Err(CallFailure::Refused(CallError::new(
                ErrorKind::Rejected,
                message,
            )));
        }
        let begun = Instant::now();
        let chance = rand::random();
        let mut round = 1;
        let mut seen = RouteAttempts::default();
        loop {
            let targets = self.targets(route);
            if targets.is_empty() {
                return Err(CallFailure::Unavailable {
                    after: MISSING_PROVIDER_RETRY,
                    why: WaitReason::ProviderMissing,
                    reason: format!(
                        "the settings no longer have the provider of `{}`",
                        call.model
                    ),
                    said: None,
                });
            }
            for target in &targets {
                target.endpoint.activity.asked_by(&context.tenant);
            }
            seen.begin_round();
            for (nth, target) in targets.iter().enumerate() {
                if seen.excluded.contains(&target.index) {
                    continue;
                }
                let now = Instant::now();
                let others = targets.get(nth + 1..).unwrap_or_default();
                let is_free = |other: &ResolvedDeployment<'_>| {
                    !seen.excluded.contains(&other.index)
                        && seen.cooling_down(other.index, policy, now).is_none()
                        && other.endpoint.breaker.is_free(now)
                };
                let is_last = !others.iter().any(is_free);
                let asking = RouteCall {
                    question: EndpointRequest { call, wanted },
                    context,
                    policy,
                    is_last,
                    may_wait: !seen.has_paid(),
                    patience: match targets.len() {
                        _ if !is_last => Duration::ZERO,
                        1 => policy
                            .limit_patience(chance)
                            .saturating_sub(begun.elapsed()),
                        // Another one may have room sooner.
                        _ => SHORT_PATIENCE,
                    },
                };
                let came = match seen.cooling_down(target.index, policy, now) {
                    Some(shut) => Outcome::rejected_outcome(shut),
                    None => at(target, &asking, seen.deployment(target.index), observer).await,
                };
                if let Outcome::NoCapacity(after, said) = came {
                    let Deployment {
                        provider, model, ..
                    } = target.deployment;
                    return Err(CallFailure::Unavailable {
                        after,
                        why: WaitReason::NoCapacity,
                        reason: format!(
                            "the cheaper tier of `{model}` at {provider} has no capacity"
                        ),
                        said,
                    });
                }
                if let Some(choices) = seen.take(came, target, policy) {
                    return Ok(choices);
                }
            }
            let Some((why, wait)) = seen.next_wait(policy, round, (begun, chance)) else {
                return seen.end(policy);
            };
            observer.waits(why, wait);
            let waits = targets
                .first()
                .map(|target| target.endpoint.activity.waits());
            tokio::time::sleep(wait).await;
            drop(waits);
            round += 1;
        }
    }
}

/// What is asked, and how.
struct RouteCall<'a> {
    question: EndpointRequest<'a>,
    context: &'a CallContext,
    policy: &'a Policy,
    /// Whether none of the deployments behind this one can be asked now.
    is_last: bool,
    /// Whether nothing is lost when the call is left for later.
    may_wait: bool,
    /// For how long it waits for room within limits.
    patience: Duration,
}

/// Tries one deployment, where this call may have been before. Every request passes the same gate: leave of the breaker,
/// the budget, room within limits; and every one is told of.
async fn at(
    target: &ResolvedDeployment<'_>,
    asking: &RouteCall<'_>,
    visits: &mut DeploymentAttempts,
    observer: &(impl Observer + Sync),
) -> Outcome {
    let ResolvedDeployment {
        provider,
        endpoint,
        deployment,
        ..
    } = target;
    let time_left = || {
        asking
            .context
            .ends_at
            .saturating_duration_since(Instant::now())
    };
    let tier_within = |left: Duration| {
        let tier = deployment.batch_tier.as_ref().filter(|_| asking.may_wait)?;
        batch_tier::request(tier, left, provider.options.call_timeout)
    };
    let first_byte = deployment.first_byte_ms.map(Duration::from_millis);
    // Whether the budget was charged for the request that is about to be made.
    let mut is_charged = false;
    loop {
        observer.ready().await;
        let leave = match endpoint.breaker.try_acquire(Instant::now()) {
            Ok(leave) => leave,
            Err(shut) => {
                if is_charged {
                    provider.budget.refund();
                }
                return Outcome::rejected_outcome(shut);
            }
        };
        // After a pause it is a request again as well. Before room is taken, which does not all come back.
        if visits.requests > 0 && !is_charged {
            is_charged = provider.budget.spend(Instant::now());
            if !is_charged {
                return Outcome::rejected_outcome(Rejected {
                    retry_at: Instant::now(),
                    reason: Reason::LimitReached,
                });
            }
        }
        // Room is waited for meanwhile, where there are limits.
        let wait = if provider.options.limits.is_empty() {
            Duration::ZERO
        } else {
            asking.patience
        };
        let left = time_left().saturating_sub(wait);
        let tier = tier_within(left).filter(|_| !visits.at_usual_tier);
        let asked = RequestSettings::of(deployment).at_tier(tier);
        let call = asking.question.call;
        let kept = visits.course.take().filter(Attempts::has_begun);
        let course = kept.unwrap_or_else(|| endpoint.attempts(provider, asking.question, &asked));
        let course = visits.course.insert(course);
        let usual = provider.options.call_timeout;
        let request = CallRoom {
            provider: &provider.name,
            limits: provider.options.limits,
            tokens: asked.tokens(call, course.choices(call, &asked)),
            longest: asked.tier.as_ref().map_or(usual, |tier| tier.longest),
            patience: asking.patience,
            breaker: &endpoint.breaker,
        };
        let waits = (!request.limits.is_empty()).then(|| endpoint.activity.waits());
        // Large, and over before the provider is waited for.
        let admitted = Box::pin(observer.admit(&request)).await;
        drop(waits);
        let mut room = match admitted {
            Ok(room) => room,
            Err(refused) => {
                if is_charged {
                    provider.budget.refund();
                }
                return Outcome::rejected_outcome(match refused {
                    NoRoom::LimitReached(after) => Rejected {
                        retry_at: Instant::now() + after,
                        reason: Reason::LimitReached,
                    },
                    NoRoom::BreakerOpen => endpoint.breaker.rejection(Instant::now()),
                });
            }
        };
        let estimate = asked.estimate(
            call,
            course.choices(call, &asked),
            course.has_marks(),
            provider.options.prices.get(&deployment.model),
        );
        let reservation = match Box::pin(observer.reserve(deployment, estimate)).await {
            Ok(reservation) => reservation,
            Err(reason) => {
                if is_charged {
                    provider.budget.refund();
                }
                room.settle_tokens(0);
                return Outcome::OverBudget(reason);
            }
        };
        visits.requests += 1;
        let trace = observer.begins(&RequestTarget {
            provider: &provider.name,
            model: &deployment.model,
            host: provider.url.host_str(),
            port: provider.url.port_or_known_default(),
        });
        let begun = Instant::now();
        let tier = course.tier(&asked).map(str::to_owned);
        let question = (call, asking.context, trace.traceparent.as_deref());
        let under_way = endpoint.activity.requests();
        let answered = Box::pin(endpoint.request(provider, course, &asked, first_byte, question));
        let answered = answered.instrument(trace.span.clone()).await;
        drop(under_way);
        let (result, failure) = match &answered {
            AttemptResult::Reply(choices) => (Ok(choices), None),
            // Whoever refuses in a way that can be answered is there.
            AttemptResult::Again(error) => (Err(error), None),
            AttemptResult::Error(error) => (Err(error), Some(error)),
        };
        // A cheaper tier may have no capacity, and is slow by contract: that says nothing of the usual one.
        let is_of_tier = |error: &CallError| {
            tier.is_some() && (error.is_no_capacity || error.kind == ErrorKind::TimedOut)
        };
        let is_counted = !failure.is_some_and(is_of_tier);
        let failure = failure.filter(|_| is_counted);
        // What is not counted is made again as the first.
        if visits.requests == 1 && is_counted {
            provider.budget.earn();
        }
        if let Some(error) = failure {
            endpoint.activity.failed(error);
        }
        let pause = if is_counted {
            room.ended(breaker::outcome(failure));
            leave.report(failure, Instant::now(), rand::random())
        } else {
            drop(leave);
            None
        };
        observer.attempted(&Attempt {
            provider: &provider.name,
            model: &deployment.model,
            result,
            is_renegotiation: matches!(answered, AttemptResult::Again(_)),
            took: begun.elapsed(),
            tier: tier.as_deref(),
            span: &trace.span,
        });
        drop(trace);
        let tokens = answered.tokens();
        if let Some(tokens) = tokens.filter(|tokens| *tokens > 0) {
            endpoint.activity.took_tokens(tokens);
        }
        if let Some(tokens) = tokens {
            room.settle_tokens(tokens);
        }
        drop(room);
        if let Some(cost) = answered.cost() {
            reservation.settle_cost(cost);
        }
        let error = match answered {
            AttemptResult::Reply(choices) => {
                visits.tries += 1;
                return Outcome::Reply(choices);
            }
            AttemptResult::Again(error) => {
                is_charged = provider.budget.spend(Instant::now());
                if !is_charged {
                    return Outcome::BudgetExhausted(error);
                }
                continue;
            }
            AttemptResult::Error(error) => error,
        };
        if is_of_tier(&error) {
            let chance = rand::random::<f64>();
            let asked_for = error.retry_after.unwrap_or_default().min(MAX_WAIT);
            let after = asking
                .policy
                .requeue_base
                .mul_f64(1.0 + chance)
                .max(asked_for);
            if error.is_no_capacity && tier_within(time_left().saturating_sub(after)).is_some() {
                return Outcome::NoCapacity(after, error.said);
            }
            // In time for the evaluation's end, and as if it had not been asked.
            visits.at_usual_tier = true;
            visits.course = None;
            visits.requests -= 1;
            is_charged = false;
            continue;
        }
        visits.tries += 1;
        match error.kind {
            // The loop over the deployments comes back to it after the pause.
            ErrorKind::RateLimited => {
                let shut = Rejected {
                    retry_at: Instant::now() + pause.unwrap_or_default(),
                    reason: Reason::Paused,
                };
                return Outcome::Shut(shut, error.said);
            }
            ErrorKind::Unauthorized | ErrorKind::Rejected => return Outcome::Error(error),
            ErrorKind::TimedOut if !asking.is_last => return Outcome::Error(error),
            ErrorKind::TimedOut | ErrorKind::Unavailable | ErrorKind::Garbled => {}
        }
        let Some(wait) = asking.policy.wait(visits.tries, &error, rand::random()) else {
            return Outcome::Error(error);
        };
        is_charged = provider.budget.spend(Instant::now());
        if !is_charged {
            return Outcome::BudgetExhausted(error);
        }
        observer.waits(error.wait_reason(), wait);
        tokio::time::sleep(wait).await;
    }
}
