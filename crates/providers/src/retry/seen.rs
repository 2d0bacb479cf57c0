//! What was seen of the deployments of a route, and what it comes to.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::plan::Deployment;
use judging::{Answer, Usage};

use super::{LONGEST_WAIT, NoReply, Policy};
use crate::breaker::{Shut, Why};
use crate::choices::Choices;
use crate::directory::Target;
use crate::endpoint::Course;
use crate::error::CallError;

/// What came of one deployment.
pub(super) enum Came {
    Reply(Choices),
    Error(CallError),
    /// It may not be asked, or not again, until then; with what it says of that.
    Shut(Shut, Option<String>),
    /// There would be another try, but the provider's budget for them is used up.
    Spent(CallError),
}

impl Came {
    /// It may not be asked until then, as is known of it.
    pub(super) fn shut(shut: Shut) -> Self {
        Self::Shut(shut, None)
    }
}

/// What was seen of the deployments of a route so far.
#[derive(Default)]
pub(super) struct Seen {
    /// The places of those that are not asked again: a typed no, or a refusal.
    pub(super) said_no: Vec<usize>,
    /// The first typed no.
    no: Option<Choices>,
    /// What all typed nos took that were, or may have been, paid for.
    paid: Option<Usage>,
    refused: Option<CallError>,
    /// By place.
    visits: BTreeMap<usize, Visits>,
    /// What was said by who can be asked again first.
    said: Option<String>,
    /// How often it was waited for something else than room.
    waits: u32,
    // What follows is of the present round.
    failed: Option<CallError>,
    spent: Option<CallError>,
    /// Who can be asked again first.
    shut: Option<(Shut, String)>,
    /// The first of those that were asked as often as they may be for now.
    used_up: Option<(Shut, String)>,
}

/// What there was of this call at one deployment.
#[derive(Debug, Default)]
pub(super) struct Visits {
    /// Requests that were made.
    pub(super) requests: u32,
    /// Those of them that were no lesson.
    pub(super) tries: u32,
    /// What its requests leave out so far.
    pub(super) course: Option<Course>,
    /// What it said when it asked for a pause.
    said: Option<String>,
    /// The pause that it asked for may be about this call alone: then its breaker does not know of it.
    not_before: Option<Instant>,
}

impl Seen {
    pub(super) fn begin_round(&mut self) {
        (self.failed, self.spent) = (None, None);
        (self.shut, self.used_up) = (None, None);
    }

    /// What there was of this call at a place.
    pub(super) fn visits(&mut self, place: usize) -> &mut Visits {
        self.visits.entry(place).or_default()
    }

    /// Whether a place is not asked now, whatever its breaker says: it asked for a pause, or was asked often enough.
    pub(super) fn rests(&self, place: usize, policy: &Policy, now: Instant) -> Option<Shut> {
        let visits = self.visits.get(&place)?;
        let is_early = visits.not_before.is_some_and(|until| until > now);
        (is_early || visits.tries >= policy.tries).then(|| Shut {
            until: visits.not_before.unwrap_or(now),
            why: Why::Paused,
        })
    }

    /// Takes what came of a deployment; a reply ends everything.
    pub(super) fn take(
        &mut self,
        came: Came,
        target: &Target<'_>,
        policy: &Policy,
    ) -> Option<Choices> {
        match came {
            Came::Reply(choices) => {
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
                self.said_no.push(target.place);
                self.no.get_or_insert(choices);
            }
            Came::Error(error) if error.kind.is_passing() => {
                self.failed.get_or_insert(error);
            }
            Came::Error(error) => {
                self.said_no.push(target.place);
                self.refused.get_or_insert(error);
            }
            Came::Spent(error) => {
                self.spent.get_or_insert(error);
            }
            Came::Shut(shut, said) => {
                let visits = self.visits.entry(target.place).or_default();
                if shut.why == Why::Paused {
                    visits.not_before = Some(shut.until);
                }
                visits.said = said.or_else(|| visits.said.take());
                let soonest = if visits.tries >= policy.tries {
                    &mut self.used_up
                } else {
                    &mut self.shut
                };
                if is_sooner(&shut, soonest.as_ref()) {
                    let why = match shut.why {
                        Why::Paused => "asks for a pause",
                        Why::Open => "failed too often and is left alone for a while",
                        Why::Unknown => "does not take the key, or has no money left",
                        Why::Full => "has no room within its limits",
                    };
                    let Deployment {
                        provider, model, ..
                    } = target.deployment;
                    self.said = visits.said.clone().filter(|_| shut.why == Why::Paused);
                    *soonest = Some((shut, format!("`{model}` at {provider} {why}")));
                }
            }
        }
        None
    }

    /// How long to wait here before all deployments are asked once more; `None` when that is for the evaluation.
    pub(super) fn patience(
        &mut self,
        policy: &Policy,
        round: u32,
        begun: Instant,
    ) -> Option<Duration> {
        let (shut, _) = self.shut.as_ref()?;
        // What was paid for would be bought again.
        if self.paid.is_some() || (shut.why == Why::Unknown && !self.said_no.is_empty()) {
            return None;
        }
        // To look whether there is room costs no call, however often.
        if shut.why != Why::Full {
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
        let wait = shut.until.saturating_duration_since(now) + ceiling.mul_f64(rand::random());
        let bound = match shut.why {
            Why::Paused | Why::Full => policy.longest_retry_after,
            Why::Open | Why::Unknown => policy.cap,
        };
        (now.duration_since(begun) + wait <= bound).then_some(wait)
    }

    /// What it comes to when no deployment replied. What could still be had elsewhere counts for more than a no, unless
    /// that was paid for, or nobody knows when.
    pub(super) fn end(self, policy: &Policy) -> Result<Choices, NoReply> {
        let said = self.said;
        let waits = |after: Duration, reason| {
            Err(NoReply::Waits {
                after: after.min(LONGEST_WAIT),
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
        let why = shut.as_ref().map(|(shut, _)| shut.why);
        let is_back_soon = matches!(why, Some(Why::Paused | Why::Full));
        if let Some(error) = self.failed.filter(|_| !is_back_soon) {
            return Err(NoReply::Failed(error));
        }
        if why == Some(Why::Unknown) || (why.is_none() && self.spent.is_none()) {
            match (self.no, self.refused) {
                (Some(no), _) => return Ok(no),
                (None, Some(error)) => return Err(NoReply::Refused(error)),
                (None, None) => {}
            }
        }
        if let Some((shut, reason)) = shut {
            let after = shut.until.saturating_duration_since(Instant::now());
            let after = after.max(policy.cap) + policy.cap.mul_f64(rand::random());
            return waits(after, reason);
        }
        let after = policy.put_aside.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        let error = self.spent.map(|error| error.message).unwrap_or_default();
        waits(after, format!("too many calls are tried again; {error}"))
    }
}

fn is_sooner(shut: &Shut, other: Option<&(Shut, String)>) -> bool {
    other.is_none_or(|(other, _)| shut.until < other.until)
}

/// What two requests took together. The cost is not known where that of one of them is not.
fn sum(one: Usage, other: Usage) -> Usage {
    let costs = one.cost_nano_usd.zip(other.cost_nano_usd);
    Usage {
        input_tokens: one.input_tokens.saturating_add(other.input_tokens),
        output_tokens: one.output_tokens.saturating_add(other.output_tokens),
        cost_nano_usd: costs.map(|(one, other)| one.saturating_add(other)),
    }
}
