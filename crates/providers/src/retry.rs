//! The one place that asks again: at the same deployment, at the next one, or not now.
//!
//! A few tries close together bridge a hiccup. Whatever takes longer is not waited for here: the evaluation goes back
//! to PostgreSQL with a delay, and its slot does other work.

mod policy;
mod seen;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use domain::Limits;
use domain::plan::Deployment;
use judging::{JudgeCall, Usage};

use self::policy::LONGEST_WAIT;
pub use self::policy::Policy;
use self::seen::{Came, Seen};
use crate::breaker::{Shut, Why};
use crate::choices::Choices;
use crate::deployment::Asked;
use crate::directory::{Providers, Target};
use crate::endpoint::{CallContext, Question};
use crate::error::{CallError, Kind};

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
    /// The call took so many tokens. Not said where that is not known.
    fn used(&mut self, tokens: u64);
}

/// A try that has ended.
#[derive(Debug)]
pub struct Tried<'t> {
    /// The provider that was asked.
    pub provider: &'t str,
    /// The provider's name of the model.
    pub model: &'t str,
    /// What came of it: what the request took, however many choices it brought.
    pub result: Result<Usage, &'t CallError>,
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

impl Providers {
    /// Makes a call at the first deployment that replies. Of the `wanted` choices there may come fewer: who does not
    /// give several is asked for one.
    ///
    /// # Errors
    /// [`NoReply`], which says what to do about it.
    pub async fn ask(
        &self,
        call: &JudgeCall,
        wanted: NonZeroU32,
        route: &[Deployment],
        context: &CallContext,
        policy: &Policy,
        observer: &(impl Observer + Sync),
    ) -> Result<Choices, NoReply> {
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
                    !seen.said_no.contains(&other.place)
                        && seen.rests(other.place, policy, now).is_none()
                        && other.endpoint.breaker.is_free(now)
                };
                let asking = Asking {
                    question: Question { call, wanted },
                    context,
                    policy,
                    is_last: !others.iter().any(is_free),
                };
                let came = match seen.rests(target.place, policy, now) {
                    Some(shut) => Came::Shut(shut),
                    None => at(target, &asking, seen.tries(target.place), observer).await,
                };
                if let Some(choices) = seen.take(came, target, policy) {
                    return Ok(choices);
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
    question: Question<'a>,
    context: &'a CallContext,
    policy: &'a Policy,
    /// Whether none of the deployments behind this one can be asked now.
    is_last: bool,
}

/// Tries one deployment. `tries` says how often this call was tried there.
async fn at(
    target: &Target<'_>,
    asking: &Asking<'_>,
    tries: &mut u32,
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
    // Whether the budget was charged for the try that is about to be made.
    let mut is_charged = false;
    loop {
        observer.ready().await;
        let leave = match endpoint.breaker.enter(Instant::now()) {
            Ok(leave) => leave,
            Err(shut) => {
                if is_charged {
                    provider.budget.refund();
                }
                return Came::Shut(shut);
            }
        };
        // After a pause it is a try again as well. Before room is taken, which does not all come back.
        if *tries > 0 && !is_charged {
            is_charged = provider.budget.spend(Instant::now());
            if !is_charged {
                return Came::Shut(Shut {
                    until: Instant::now(),
                    why: Why::Full,
                });
            }
        }
        let limits = provider.options.limits;
        let mut room = None;
        if !limits.is_empty() {
            let Question { call, wanted } = asking.question;
            let choices = endpoint.choices(provider, call, wanted, &asked);
            let tokens = asked.tokens(call, choices);
            let longest = provider.options.call_timeout;
            match observer
                .admit(&provider.name, limits, tokens, longest)
                .await
            {
                Ok(given) => room = Some(given),
                Err(after) => {
                    if is_charged {
                        provider.budget.refund();
                    }
                    return Came::Shut(Shut {
                        until: Instant::now() + after,
                        why: Why::Full,
                    });
                }
            }
        }
        if *tries == 0 {
            provider.budget.earn();
        }
        *tries += 1;
        let begun = Instant::now();
        let question = asking.question;
        let call = endpoint.call(provider, question, &asked, first_byte, asking.context);
        let result = call.await;
        let pause = leave.report(result.as_ref().err(), Instant::now(), rand::random());
        observer.tried(&Tried {
            provider: &provider.name,
            model: &deployment.model,
            result: result.as_ref().map(Choices::usage),
            took: begun.elapsed(),
        });
        let tokens = result.as_ref().ok().and_then(|choices| choices.tokens);
        if let (Some(room), Some(tokens)) = (&mut room, tokens) {
            room.used(tokens);
        }
        drop(room);
        let error = match result {
            Ok(choices) => return Came::Reply(choices),
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
        let Some(wait) = asking.policy.wait(*tries, &error, rand::random()) else {
            return Came::Error(error);
        };
        is_charged = provider.budget.spend(Instant::now());
        if !is_charged {
            return Came::Spent(error);
        }
        tokio::time::sleep(wait).await;
    }
}
