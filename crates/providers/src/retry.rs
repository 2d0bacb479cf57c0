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
use self::seen::{Came, Seen, Visits};
use crate::breaker::{Shut, Why};
use crate::choices::Choices;
use crate::deployment::Asked;
use crate::directory::{Providers, Target};
use crate::endpoint::{Answered, CallContext, Course, Question};
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

    /// A request has ended, whatever came of it.
    fn tried(&self, tried: &Tried<'_>);
}

/// Room for one call.
pub trait Room {
    /// The call took so many tokens. Not said where that is not known.
    fn used(&mut self, tokens: u64);
}

/// A request that has ended.
#[derive(Debug)]
pub struct Tried<'t> {
    /// The provider that was asked.
    pub provider: &'t str,
    /// The provider's name of the model.
    pub model: &'t str,
    /// What came of it: what the request took, however many choices it brought.
    pub result: Result<Usage, &'t CallError>,
    /// Whether it was refused for the way in which it asked, and is made again in another.
    pub is_lesson: bool,
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
        /// What the provider says of it, shortened: for the record, and not for a log.
        said: Option<String>,
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
                    said: None,
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
                    Some(shut) => Came::shut(shut),
                    None => at(target, &asking, seen.visits(target.place), observer).await,
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

/// Tries one deployment, where this call may have been before. Every request passes the same gate: leave of the breaker,
/// the budget, room within limits; and every one is told of.
async fn at(
    target: &Target<'_>,
    asking: &Asking<'_>,
    visits: &mut Visits,
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
    // Whether the budget was charged for the request that is about to be made.
    let mut is_charged = false;
    loop {
        observer.ready().await;
        let leave = match endpoint.breaker.enter(Instant::now()) {
            Ok(leave) => leave,
            Err(shut) => {
                if is_charged {
                    provider.budget.refund();
                }
                return Came::shut(shut);
            }
        };
        // After a pause it is a request again as well. Before room is taken, which does not all come back.
        if visits.requests > 0 && !is_charged {
            is_charged = provider.budget.spend(Instant::now());
            if !is_charged {
                return Came::shut(Shut {
                    until: Instant::now(),
                    why: Why::Full,
                });
            }
        }
        let call = asking.question.call;
        let kept = visits.course.take().filter(Course::has_begun);
        let course = kept.unwrap_or_else(|| endpoint.course(provider, asking.question, &asked));
        let course = visits.course.insert(course);
        let limits = provider.options.limits;
        let mut room = None;
        if !limits.is_empty() {
            let tokens = asked.tokens(call, course.choices(call, &asked));
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
                    return Came::shut(Shut {
                        until: Instant::now() + after,
                        why: Why::Full,
                    });
                }
            }
        }
        if visits.requests == 0 {
            provider.budget.earn();
        }
        visits.requests += 1;
        let begun = Instant::now();
        let question = (call, asking.context);
        let answered = endpoint.request(provider, course, &asked, first_byte, question);
        let answered = answered.await;
        let (result, failure) = match &answered {
            Answered::Reply(choices) => (Ok(choices.usage()), None),
            // Whoever refuses in a way that can be answered is there.
            Answered::Again(error) => (Err(error), None),
            Answered::Error(error) => (Err(error), Some(error)),
        };
        let pause = leave.report(failure, Instant::now(), rand::random());
        observer.tried(&Tried {
            provider: &provider.name,
            model: &deployment.model,
            result,
            is_lesson: matches!(answered, Answered::Again(_)),
            took: begun.elapsed(),
        });
        let tokens = match &answered {
            Answered::Reply(choices) => choices.tokens,
            Answered::Again(_) => Some(0),
            Answered::Error(_) => None,
        };
        if let (Some(room), Some(tokens)) = (&mut room, tokens) {
            room.used(tokens);
        }
        drop(room);
        let error = match answered {
            Answered::Reply(choices) => {
                visits.tries += 1;
                return Came::Reply(choices);
            }
            Answered::Again(error) => {
                is_charged = provider.budget.spend(Instant::now());
                if !is_charged {
                    return Came::Spent(error);
                }
                continue;
            }
            Answered::Error(error) => error,
        };
        visits.tries += 1;
        match error.kind {
            // The loop over the deployments comes back to it after the pause.
            Kind::RateLimited => {
                let shut = Shut {
                    until: Instant::now() + pause.unwrap_or_default(),
                    why: Why::Paused,
                };
                return Came::Shut(shut, error.said);
            }
            Kind::Unauthorized | Kind::Rejected => return Came::Error(error),
            Kind::TimedOut if !asking.is_last => return Came::Error(error),
            Kind::TimedOut | Kind::Unavailable | Kind::Garbled => {}
        }
        let Some(wait) = asking.policy.wait(visits.tries, &error, rand::random()) else {
            return Came::Error(error);
        };
        is_charged = provider.budget.spend(Instant::now());
        if !is_charged {
            return Came::Spent(error);
        }
        tokio::time::sleep(wait).await;
    }
}
