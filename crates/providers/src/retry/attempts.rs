//! What was seen of the deployments of a route, and what it comes to.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::plan::Deployment;
use domain::timeline::WaitReason;
use judging::{Answer, Usage};

use super::{CallFailure, MAX_WAIT, Policy};
use crate::breaker::{Reason, Rejected};
use crate::choices::Choices;
use crate::endpoint::Attempts;
use crate::error::CallError;
use crate::registry::ResolvedDeployment;

/// What came of one deployment.
pub(super) enum Outcome {
    Reply(Choices),
    Error(CallError),
    /// It may not be asked, or not again, until then; with what it says of that.
    Shut(Rejected, Option<String>),
    /// There is no money for a request there.
    OverBudget(String),
    /// Its cheaper tier has no capacity, and there is time to ask for it again, after so long; with what it says.
    NoCapacity(Duration, Option<String>),
    /// There would be another try, but the provider's budget for them is used up.
    BudgetExhausted(CallError),
}

impl Outcome {
    /// It may not be asked until then, as is known of it.
    pub(super) fn rejected_outcome(shut: Rejected) -> Self {
        Self::Shut(shut, None)
    }
}

/// What was seen of the deployments of a route so far.
#[derive(Default)]
pub(super) struct RouteAttempts {
    /// The places of those that are not asked again: a typed no, or a refusal.
    pub(super) excluded: Vec<usize>,
    /// The first typed no.
    no: Option<Choices>,
    /// What all typed nos took that were, or may have been, paid for.
    paid: Option<Usage>,
    refused: Option<CallError>,
    /// Why there was no money for the first that would have taken some.
    over_budget: Option<String>,
    /// By place.
    visits: BTreeMap<usize, DeploymentAttempts>,
    /// What was said by who can be asked again first.
    said: Option<String>,
    /// How often it was waited for something else than room.
    waits: u32,
    // What follows is of the present round.
    failed: Option<CallError>,
    spent: Option<CallError>,
    /// Who can be asked again first.
    shut: Option<(Rejected, String)>,
    /// The first of those that were asked as often as they may be for now.
    used_up: Option<(Rejected, String)>,
}

/// What there was of this call at one deployment.
#[derive(Debug, Default)]
pub(super) struct DeploymentAttempts {
    /// Requests that were made.
    pub(super) requests: u32,
    /// Those of them that were no lesson.
    pub(super) tries: u32,
    /// What its requests leave out so far.
    pub(super) course: Option<Attempts>,
    /// Whether it is asked at the usual tier from now on.
    pub(super) at_usual_tier: bool,
    /// What it said when it asked for a pause.
    said: Option<String>,
    /// The pause that it asked for may be about this call alone: then its breaker does not know of it.
    not_before: Option<Instant>,
}

impl RouteAttempts {
    pub(super) fn begin_round(&mut self) {
        (self.failed, self.spent) = (None, None);
        (self.shut, self.used_up) = (None, None);
    }

    /// Whether an answer that is of no use was paid for, or may have been: it is not to be bought again.
    pub(super) fn has_paid(&self) -> bool {
        self.paid.is_some()
    }

    /// What there was of this call at a place.
    pub(super) fn deployment(&mut self, place: usize) -> &mut DeploymentAttempts {
        self.visits.entry(place).or_default()
    }

    /// Whether a place is not asked now, whatever its breaker says: it asked for a pause, or was asked often enough.
    pub(super) fn cooling_down(
        &self,
        place: usize,
        policy: &Policy,
        now: Instant,
    ) -> Option<Rejected> {
        let visits = self.visits.get(&place)?;
        let is_early = visits.not_before.is_some_and(|until| until > now);
        (is_early || visits.tries >= policy.tries).then(|| Rejected {
            retry_at: visits.not_before.unwrap_or(now),
            reason: Reason::Paused,
        })
    }

    /// Takes what came of a deployment; a reply ends everything.
    pub(super) fn take(
        &mut self,
        came: Outcome,
        target: &ResolvedDeployment<'_>,
        policy: &Policy,
    ) -> Option<Choices> {
        match came {
            Outcome::Reply(choices) => {
                let is_no = |answer: &Answer| {
                    matches!(answer, Answer::ContextTooLong | Answer::ContentFiltered)
                };
                if !choices.iter().all(|reply| is_no(&reply.answer)) {
                    return Some(match self.paid {
                        None => choices,
                        Some(nos) => {
                            let usage = sum(choices.usage(), nos);
                            choices.with_usage(usage)
                        }
                    });
                }
                if choices.tokens != Some(0) {
                    let usage = choices.usage();
                    self.paid = Some(self.paid.map_or(usage, |nos| sum(nos, usage)));
                }
                // Another deployment may have a larger context, or another filter.
                self.excluded.push(target.index);
                self.no.get_or_insert(choices);
            }
            Outcome::Error(error) if error.kind.is_transient() => {
                self.failed.get_or_insert(error);
            }
            Outcome::Error(error) => {
                self.excluded.push(target.index);
                self.refused.get_or_insert(error);
            }
            Outcome::OverBudget(reason) => {
                // Another deployment may be cheaper.
                self.excluded.push(target.index);
                self.over_budget.get_or_insert(reason);
            }
            // The caller ends the call by it.
            Outcome::NoCapacity(..) => {}
            Outcome::BudgetExhausted(error) => {
                self.spent.get_or_insert(error);
            }
            Outcome::Shut(shut, said) => {
                let visits = self.visits.entry(target.index).or_default();
                if shut.reason == Reason::Paused {
                    visits.not_before = Some(shut.retry_at);
                }
                visits.said = said.or_else(|| visits.said.take());
                let soonest = if visits.tries >= policy.tries {
                    &mut self.used_up
                } else {
                    &mut self.shut
                };
                if is_sooner(&shut, soonest.as_ref()) {
                    let why = match shut.reason {
                        Reason::Paused => "asks for a pause",
                        Reason::Open => "failed too often and is left alone for a while",
                        Reason::Unauthorized => "does not take the key, or has no money left",
                        Reason::LimitReached => "has no room within its limits",
                    };
                    let Deployment {
                        provider, model, ..
                    } = target.deployment;
                    self.said = visits
                        .said
                        .clone()
                        .filter(|_| shut.reason == Reason::Paused);
                    *soonest = Some((shut, format!("`{model}` at {provider} {why}")));
                }
            }
        }
        None
    }

    /// How long to wait here before all deployments are asked once more; `None` when that is for the evaluation.
    pub(super) fn next_wait(
        &mut self,
        policy: &Policy,
        round: u32,
        (begun, chance): (Instant, f64),
    ) -> Option<(WaitReason, Duration)> {
        let (shut, _) = self.shut.as_ref()?;
        // Who is left alone for a while is waited for in PostgreSQL: the slot does other work.
        if matches!(shut.reason, Reason::Open | Reason::Unauthorized) {
            return None;
        }
        // What was paid for would be bought again.
        if self.paid.is_some() {
            return None;
        }
        // To look whether there is room costs no call, however often.
        if shut.reason != Reason::LimitReached {
            self.waits += 1;
            if self.waits >= policy.tries {
                return None;
            }
        }
        // What has failed by itself was tried as often as it may be.
        if self.failed.is_some() || self.spent.is_some() {
            return None;
        }
        let now = Instant::now();
        // Those who wait together do not come back together, and less often the longer they wait.
        let ceiling = policy
            .base
            .saturating_mul(1 << round.min(16))
            .min(policy.cap);
        let wait = shut.retry_at.saturating_duration_since(now) + ceiling.mul_f64(rand::random());
        let bound = match shut.reason {
            Reason::LimitReached => policy.limit_patience(chance),
            _ => policy.longest_retry_after,
        };
        (now.duration_since(begun) + wait <= bound).then(|| (wait_reason(shut.reason), wait))
    }

    /// What it comes to when no deployment replied. What could still be had elsewhere counts for more than a no, unless
    /// that was paid for, or nobody knows when.
    pub(super) fn end(self, policy: &Policy) -> Result<Choices, CallFailure> {
        let said = self.said;
        let waits = |after: Duration, why, reason| {
            Err(CallFailure::Unavailable {
                after: after.min(MAX_WAIT),
                why,
                reason,
                said,
            })
        };
        if let Some(usage) = self.paid
            && let Some(no) = self.no
        {
            return Ok(no.with_usage(usage));
        }
        let shut = match (self.shut, self.used_up) {
            (Some(shut), Some(other)) if is_sooner(&other.0, Some(&shut)) => Some(other),
            (shut, used_up) => shut.or(used_up),
        };
        let why = shut.as_ref().map(|(shut, _)| shut.reason);
        let is_back_soon = matches!(why, Some(Reason::Paused | Reason::LimitReached));
        if let Some(error) = self.failed.filter(|_| !is_back_soon) {
            return Err(CallFailure::Failed(error));
        }
        if why == Some(Reason::Unauthorized) || (why.is_none() && self.spent.is_none()) {
            match (self.no, self.over_budget, self.refused) {
                (Some(no), ..) => return Ok(no),
                (None, Some(reason), _) => return Err(CallFailure::OverBudget(reason)),
                (None, None, Some(error)) => return Err(CallFailure::Refused(error)),
                (None, None, None) => {}
            }
        }
        if let Some((shut, reason)) = shut {
            let after = shut.retry_at.saturating_duration_since(Instant::now());
            let after = after.max(policy.cap) + policy.cap.mul_f64(rand::random());
            return waits(after, wait_reason(shut.reason), reason);
        }
        let after = policy
            .requeue_base
            .mul_f64(0.5 + rand::random::<f64>() / 2.0);
        let error = self.spent.map(|error| error.message).unwrap_or_default();
        let reason = format!("too many calls are tried again; {error}");
        waits(after, WaitReason::RetryBudget, reason)
    }
}

fn wait_reason(reason: Reason) -> WaitReason {
    match reason {
        Reason::Paused => WaitReason::RateLimited,
        Reason::Open => WaitReason::BreakerOpen,
        Reason::Unauthorized => WaitReason::ProviderUnauthorized,
        Reason::LimitReached => WaitReason::Limiter,
    }
}

fn is_sooner(shut: &Rejected, other: Option<&(Rejected, String)>) -> bool {
    other.is_none_or(|(other, _)| shut.retry_at < other.retry_at)
}

/// What two requests took together: not known where that of one of them is not.
fn sum(one: Usage, other: Usage) -> Usage {
    let costs = one.cost_nano_usd.zip(other.cost_nano_usd);
    let tokens = |one: Option<u64>, other: Option<u64>| {
        let both = one.zip(other);
        both.map(|(one, other)| one.saturating_add(other))
    };
    Usage {
        input_tokens: tokens(one.input_tokens, other.input_tokens),
        cached_input_tokens: tokens(one.cached_input_tokens, other.cached_input_tokens),
        cache_write_tokens: tokens(one.cache_write_tokens, other.cache_write_tokens),
        output_tokens: tokens(one.output_tokens, other.output_tokens),
        cost_nano_usd: costs.map(|(one, other)| one.saturating_add(other)),
    }
}
