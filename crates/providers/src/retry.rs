//! The one place that asks again: at the same deployment, at the next one, or not now.
//!
//! A few tries close together bridge a hiccup. Whatever takes longer is not waited for here: the evaluation goes back
//! to PostgreSQL with a delay, and its slot does other work.

mod policy;

use std::time::{Duration, Instant};

use domain::plan::Deployment;
use judging::{Answer, JudgeCall, Reply, Usage};

use self::policy::LONGEST_WAIT;
pub use self::policy::Policy;
use crate::breaker::{Shut, Why};
use crate::deployment::Asked;
use crate::directory::{Providers, Target};
use crate::endpoint::CallContext;
use crate::error::{CallError, Kind};
use crate::provider::Limits;

/// When to look again for a provider that is no longer in the settings.
const GONE: Duration = Duration::from_secs(30);

/// What a caller has to say to tries, and hears of them.
pub trait Observer {
    /// Room for one call within a provider's limits; dropping it gives it back.
    type Room: Room + Send;

    /// Waits until a call may be begun at all.
    fn ready(&self) -> impl Future<Output = ()> + Send;

    /// Asks for room within the limits of a provider, which has some, for a call of about so many tokens that takes no
    /// longer than `longest`.
    ///
    /// # Errors
    /// How long to wait before it is asked for again.
    fn admit(
        &self,
        provider: &str,
        limits: Limits,
        tokens: u64,
        longest: Duration,
    ) -> impl Future<Output = Result<Self::Room, Duration>> + Send;

    /// A try has ended.
    fn tried(&self, tried: &Tried<'_>);
}

/// Room for one call.
pub trait Room {
    /// The call took so many tokens.
    fn used(&mut self, tokens: u64);
}

/// A try that has ended.
#[derive(Debug)]
pub struct Tried<'t> {
    /// The provider that was asked.
    pub provider: &'t str,
    /// The provider's name of the model.
    pub model: &'t str,
    /// What came of it.
    pub result: Result<&'t Reply, &'t CallError>,
    /// How long it took.
    pub took: Duration,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq)]
pub enum NoReply {
    /// Every deployment refused for good, or there is none.
    Refused(CallError),
    /// It was tried and failed; worth another attempt later, and counted.
    Failed(CallError),
    /// Nobody could be asked now. Not counted: nothing was wrong with it.
    Waits {
        /// When to try again.
        after: Duration,
        /// Why, for people.
        reason: String,
    },
}

/// What came of one deployment.
enum Came {
    Reply(Reply),
    Error(CallError),
    /// It may not be asked, or not again, until then.
    Shut(Shut),
    /// There would be another try, but the provider's budget for them is used up.
    Spent(CallError),
}

/// What was seen of the deployments of a route so far.
#[derive(Default)]
struct Seen {
    /// The places of those that are not asked again: a typed no, or a refusal.
    said_no: Vec<usize>,
    /// A typed no.
    no: Option<Reply>,
    refused: Option<CallError>,
    /// The places of those that were asked, and not only found shut.
    asked: Vec<usize>,
    // What follows is of the present round.
    failed: Option<CallError>,
    spent: Option<CallError>,
    shut: Option<(Shut, String)>,
}

impl Providers {
    /// Makes a call at the first deployment that replies.
    ///
    /// # Errors
    /// [`NoReply`], which says what to do about it.
    pub async fn ask(
        &self,
        call: &JudgeCall,
        route: &[Deployment],
        context: &CallContext,
        policy: &Policy,
        observer: &(impl Observer + Sync),
    ) -> Result<Reply, NoReply> {
        if route.is_empty() {
            let message = format!("no provider is set up for the model `{}`", call.model);
            return Err(NoReply::Refused(CallError::new(Kind::Rejected, message)));
        }
        let begun = Instant::now();
        let mut round = 1;
        let mut seen = Seen::default();
        loop {
            let targets = self.targets(route);
            if targets.is_empty() {
                return Err(NoReply::Waits {
                    after: GONE,
                    reason: format!(
                        "the settings no longer have the provider of `{}`",
                        call.model
                    ),
                });
            }
            seen.begin_round();
            for (nth, target) in targets.iter().enumerate() {
                if seen.said_no.contains(&target.place) {
                    continue;
                }
                let now = Instant::now();
                let others = targets.get(nth + 1..).unwrap_or_default();
                let is_free = |other: &Target<'_>| {
                    !seen.said_no.contains(&other.place) && other.endpoint.breaker.is_free(now)
                };
                let asking = Asking {
                    call,
                    context,
                    policy,
                    is_last: !others.iter().any(is_free),
                };
                let mut was_asked = seen.asked.contains(&target.place);
                let came = at(target, &asking, &mut was_asked, observer).await;
                if was_asked {
                    seen.asked.push(target.place);
                }
                if let Some(reply) = seen.take(came, target) {
                    return Ok(reply);
                }
            }
            let Some(wait) = seen.patience(policy, round, begun) else {
                return seen.end(policy);
            };
            tokio::time::sleep(wait).await;
            round += 1;
        }
    }
}

/// What is asked, and how.
struct Asking<'a> {
    call: &'a JudgeCall,
    context: &'a CallContext,
    policy: &'a Policy,
    /// Whether none of the deployments behind this one can be asked now.
    is_last: bool,
}

/// Tries one deployment. `was_asked` says whether this call was tried there before.
async fn at(
    target: &Target<'_>,
    asking: &Asking<'_>,
    was_asked: &mut bool,
    observer: &(impl Observer + Sync),
) -> Came {
    let Target {
        provider,
        endpoint,
        deployment,
        ..
    } = target;
    let asked = Asked::of(deployment);
    let first_byte = deployment.first_byte_ms.map(Duration::from_millis);
    let mut try_number = 1;
    loop {
        observer.ready().await;
        let leave = match endpoint.breaker.enter(Instant::now()) {
            Ok(leave) => leave,
            Err(shut) => return Came::Shut(shut),
        };
        let limits = provider.options.limits;
        let mut room = None;
        if !limits.is_empty() {
            let tokens = asked.tokens(asking.call);
            let longest = provider.options.call_timeout;
            match observer
                .admit(&provider.name, limits, tokens, longest)
                .await
            {
                Ok(given) => room = Some(given),
                Err(after) => {
                    return Came::Shut(Shut {
                        until: Instant::now() + after,
                        why: Why::Full,
                    });
                }
            }
        }
        if !*was_asked {
            provider.budget.earn();
            *was_asked = true;
        } else if try_number == 1 && !provider.budget.spend(Instant::now()) {
            // After a pause it is a try again as well.
            return Came::Shut(Shut {
                until: Instant::now(),
                why: Why::Full,
            });
        }
        let begun = Instant::now();
        let call = endpoint.call(provider, asking.call, &asked, first_byte, asking.context);
        let result = call.await;
        let pause = leave.report(result.as_ref().err(), Instant::now(), rand::random());
        observer.tried(&Tried {
            provider: &provider.name,
            model: &deployment.model,
            result: result.as_ref(),
            took: begun.elapsed(),
        });
        if let (Some(room), Ok(reply)) = (&mut room, &result) {
            room.used(reply.usage.input_tokens + reply.usage.output_tokens);
        }
        drop(room);
        let error = match result {
            Ok(reply) => return Came::Reply(reply),
            Err(error) => error,
        };
        match error.kind {
            // The loop over the deployments comes back to it after the pause.
            Kind::RateLimited => {
                return Came::Shut(Shut {
                    until: Instant::now() + pause.unwrap_or_default(),
                    why: Why::Paused,
                });
            }
            Kind::Unauthorized | Kind::Rejected => return Came::Error(error),
            Kind::TimedOut if !asking.is_last => return Came::Error(error),
            Kind::TimedOut | Kind::Unavailable | Kind::Garbled => {}
        }
        let Some(wait) = asking.policy.wait(try_number, &error, rand::random()) else {
            return Came::Error(error);
        };
        if !provider.budget.spend(Instant::now()) {
            return Came::Spent(error);
        }
        tokio::time::sleep(wait).await;
        try_number += 1;
    }
}

impl Seen {
    fn begin_round(&mut self) {
        (self.failed, self.spent, self.shut) = (None, None, None);
    }

    /// Takes what came of a deployment; a reply ends everything.
    fn take(&mut self, came: Came, target: &Target<'_>) -> Option<Reply> {
        match came {
            Came::Reply(reply) => match reply.answer {
                Answer::Text { .. } | Answer::Refused { .. } => return Some(self.paid(reply)),
                // Another deployment may have a larger context, or another filter.
                Answer::ContextTooLong | Answer::ContentFiltered => {
                    self.said_no.push(target.place);
                    self.no.get_or_insert(reply);
                }
            },
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
            Came::Shut(shut) => {
                let sooner = self
                    .shut
                    .as_ref()
                    .is_none_or(|(other, _)| shut.until < other.until);
                if sooner {
                    let why = match shut.why {
                        Why::Paused => "asks for a pause",
                        Why::Open => "failed too often and is left alone for a while",
                        Why::Unknown => "does not take the key, or has no money left",
                        Why::Full => "has no room within its limits",
                    };
                    let Deployment {
                        provider, model, ..
                    } = target.deployment;
                    self.shut = Some((shut, format!("`{model}` at {provider} {why}")));
                }
            }
        }
        None
    }

    /// A reply with what a typed no before it cost as well.
    fn paid(&self, mut reply: Reply) -> Reply {
        if let Some(no) = self
            .no
            .as_ref()
            .map(|no| no.usage)
            .filter(|no| no.input_tokens > 0)
        {
            let costs = reply.usage.cost_nano_usd.zip(no.cost_nano_usd);
            reply.usage = Usage {
                input_tokens: reply.usage.input_tokens + no.input_tokens,
                output_tokens: reply.usage.output_tokens + no.output_tokens,
                cost_nano_usd: costs.map(|(reply, no)| reply.saturating_add(no)),
            };
        }
        reply
    }

    /// How long to wait here before all deployments are asked once more; `None` when that is for the evaluation.
    fn patience(&self, policy: &Policy, round: u32, begun: Instant) -> Option<Duration> {
        let (shut, _) = self.shut.as_ref()?;
        if self.is_paid() || (shut.why == Why::Unknown && !self.said_no.is_empty()) {
            return None;
        }
        // To look whether there is room costs no call.
        if shut.why != Why::Full && round >= policy.tries {
            return None;
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

    /// Whether a typed no was paid for: it would be bought again.
    fn is_paid(&self) -> bool {
        self.no.as_ref().is_some_and(|no| no.usage.input_tokens > 0)
    }

    /// What it comes to when no deployment replied. What could still be had elsewhere counts for more than a no, unless
    /// that was paid for, or nobody knows when.
    fn end(self, policy: &Policy) -> Result<Reply, NoReply> {
        let waits = |after: Duration, reason| {
            Err(NoReply::Waits {
                after: after.min(LONGEST_WAIT),
                reason,
            })
        };
        if self.is_paid()
            && let Some(no) = self.no
        {
            return Ok(no);
        }
        let why = self.shut.as_ref().map(|(shut, _)| shut.why);
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
        if let Some((shut, reason)) = self.shut {
            let after = shut.until.saturating_duration_since(Instant::now());
            let after = after.max(policy.cap) + policy.cap.mul_f64(rand::random());
            return waits(after, reason);
        }
        let after = policy.put_aside.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        let error = self.spent.map(|error| error.message).unwrap_or_default();
        waits(after, format!("too many calls are tried again; {error}"))
    }
}
