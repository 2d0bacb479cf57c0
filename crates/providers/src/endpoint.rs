//! A model at a provider: one call, once, made in the way that this endpoint takes.

mod degradation;
mod exchange;

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use judging::{Answer, JudgeCall};

use self::degradation::Degradation;
use self::exchange::{RequestBounds, once};
use crate::activity::Activity;
use crate::batch_tier;
use crate::breaker::Breaker;
use crate::cache::{Marks, PrefixUses};
use crate::capabilities::{Capabilities, RequestFeatures};
use crate::choices::Choices;
use crate::deployment::RequestSettings;
use crate::endpoint_capabilities::EndpointCapabilities;
use crate::error::{CallError, Complaint, ErrorKind};
use crate::outcome::{self, Failed, Trigger};
use crate::parsed_response::ParsedResponse;
use crate::provider::Provider;
use domain::Tenant;
use domain::routing::Api;

/// What travels with a call besides the question.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// For whom it is made; the provider is not told.
    pub tenant: Tenant,
    /// Of the request that brought the evaluation.
    pub correlation_id: String,
    /// Of the call, the same after a crash. A request adds a digest of its body.
    pub idempotency_key: String,
    /// When the evaluation's time is over.
    pub ends_at: Instant,
}

/// A model at a provider.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) model: String,
    pub(crate) breaker: Breaker,
    pub(crate) activity: Activity,
    knowledge: Mutex<EndpointCapabilities>,
    prefixes: Mutex<PrefixUses>,
}

impl Endpoint {
    /// Of a model, with the name that the deployment has in all workers.
    pub(crate) fn new(model: &str, deployment: &str) -> Self {
        Self {
            model: model.to_owned(),
            breaker: Breaker::new(deployment),
            activity: Activity::default(),
            knowledge: Mutex::default(),
            prefixes: Mutex::default(),
        }
    }

    pub(crate) fn knowledge(&self) -> MutexGuard<'_, EndpointCapabilities> {
        self.knowledge
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything is known of it that is worth keeping.
    pub(crate) fn is_known(&self, now: Instant) -> bool {
        !self.breaker.is_free(now) || self.knowledge().has_answered()
    }

    /// How many of the wanted choices one request asks it for, as far as is known of it.
    pub(crate) fn choices(
        &self,
        provider: &Provider,
        call: &JudgeCall,
        wanted: NonZeroU32,
        asked: &RequestSettings,
    ) -> NonZeroU32 {
        let now = Instant::now();
        let mut knowledge = self.knowledge();
        let known = knowledge.abilities(now);
        if provider.options.api == Api::Chat && knowledge.may_give_several(now) {
            asked.choices(call, wanted, known)
        } else {
            NonZeroU32::MIN
        }
    }

    /// Makes one request. What the endpoint does not take, the course leaves out of the next one.
    pub(crate) async fn request(
        &self,
        provider: &Provider,
        course: &mut Attempts,
        asked: &RequestSettings,
        first_byte: Option<Duration>,
        (call, context, traceparent): (&JudgeCall, &CallContext, Option<&str>),
    ) -> AttemptResult {
        let Attempts { abilities, .. } = *course;
        let choices = asked.choices(call, course.wanted, abilities);
        let question = EndpointRequest {
            call,
            wanted: choices,
        };
        let marks = if abilities.cache_control {
            course.marks
        } else {
            Marks::default()
        };
        // A tier is slow by contract.
        let tier = asked.tier_of(abilities);
        let options = &provider.options;
        let bounds = RequestBounds {
            call: tier.map_or(options.call_timeout, |tier| tier.longest),
            first_byte: tier
                .map(|tier| tier.longest)
                .or(first_byte)
                .unwrap_or(options.first_byte_timeout),
        };
        let exchange = Box::pin(once(
            provider,
            (question, marks),
            asked,
            abilities,
            bounds,
            (context, traceparent),
        ));
        let failed = match tokio::time::timeout(bounds.call, exchange).await {
            Ok(Ok((read, was_streamed))) => {
                course.abilities.streams &= self.knowledge().streams(was_streamed);
                self.learn(provider, course, &read, choices);
                let tier = tier.map(|tier| &*tier.name);
                return AttemptResult::Reply(Choices::of(provider, &self.model, read, tier));
            }
            Ok(Err(failed)) => failed,
            Err(_) => outcome::of(Trigger::Silence, "the provider did not finish in time", ""),
        };
        match failed {
            // Where something that was sent is what it complains of, that may be all.
            Failed::Answer(Answer::ContextTooLong, Some(complaint))
                if course.abilities.without(&complaint, course.sent).is_some()
                    && self.is_lesson(course, &refused(complaint.clone()), choices) =>
            {
                AttemptResult::Again(refused(complaint))
            }
            // Some hold against a limit what all choices together may take: one of them may fit.
            Failed::Answer(Answer::ContextTooLong, _) if choices > NonZeroU32::MIN => {
                course.wanted = NonZeroU32::MIN;
                let message = "the provider has no room for several choices of this length";
                AttemptResult::Again(CallError::new(ErrorKind::Rejected, message))
            }
            Failed::Answer(answer, _) => {
                let read = ParsedResponse::refusal_of(answer, course.most);
                AttemptResult::Reply(Choices::of(provider, &self.model, read, None))
            }
            Failed::Error(error) => {
                let error = CallError {
                    is_no_capacity: tier.is_some() && batch_tier::is_no_capacity(&error),
                    said: error.said.map(|said| provider.masked(&said)),
                    ..error
                };
                if self.is_lesson(course, &error, choices) {
                    AttemptResult::Again(error)
                } else {
                    AttemptResult::Error(error)
                }
            }
        }
    }

    /// Whether a refusal is answered by asking for less.
    fn is_lesson(&self, course: &mut Attempts, error: &CallError, choices: NonZeroU32) -> bool {
        let now = Instant::now();
        let mut knowledge = self.knowledge();
        if error.is_confused {
            knowledge.record_confused_stream();
        }
        let complaint = error.complaint.as_deref();
        // Who says the same in one piece is not asked for one each time.
        let complaint = complaint.filter(|_| !error.is_confused || knowledge.may_guess(now));
        // Who had enough for now, or wants money, says nothing of the way in which it was asked.
        let is_of_request = !matches!(error.kind, ErrorKind::RateLimited | ErrorKind::Unauthorized);
        let complaint = complaint.filter(|_| is_of_request);
        let less = complaint.and_then(|complaint| {
            let Attempts {
                abilities, sent, ..
            } = *course;
            course.left_out.next(abilities, complaint, sent, &knowledge)
        });
        if let Some(less) = less {
            course.abilities = less;
            return true;
        }
        if error.is_unended {
            knowledge.record_unfinished_stream(now);
        }
        knowledge.learned_nothing(course.known, course.abilities, now);
        let is_failure = error.kind.is_transient() && error.kind != ErrorKind::RateLimited;
        if is_failure && choices > NonZeroU32::MIN {
            knowledge.record_choices_failure(now);
        }
        false
    }

    /// Learns from an answer.
    fn learn(
        &self,
        provider: &Provider,
        course: &Attempts,
        read: &ParsedResponse,
        choices: NonZeroU32,
    ) {
        if !read.has_text() {
            return;
        }
        let Attempts {
            known,
            mut abilities,
            sent,
            ..
        } = *course;
        let mut knowledge = self.knowledge();
        let now = Instant::now();
        abilities.streams |= known.streams && !knowledge.may_forgo_streams();
        if abilities != known {
            tracing::info!(
                provider = provider.name,
                model = self.model,
                ?abilities,
                "learned what an endpoint takes"
            );
            knowledge.learned(known, abilities, now);
        }
        if choices > NonZeroU32::MIN {
            knowledge.record_choices(choices, read.choice_count, now);
        }
        // Of several texts one is enough to say whether it hears what it is asked for.
        let text = read.whole_texts().find(|text| text.contains('{'));
        if let Some(text) = text.or_else(|| read.whole_texts().next()) {
            knowledge.record_remote(abilities, sent, text, now);
        }
    }

    /// How a call begins here, as far as is known what the endpoint takes.
    pub(crate) fn attempts(
        &self,
        provider: &Provider,
        EndpointRequest { call, wanted }: EndpointRequest<'_>,
        asked: &RequestSettings,
    ) -> Attempts {
        let is_chat = provider.options.api == Api::Chat;
        let most = self.choices(provider, call, wanted, asked);
        let now = Instant::now();
        let known = self.knowledge().abilities(now);
        let takes_marks = is_chat && provider.options.cache_control && known.cache_control;
        let marks = if takes_marks {
            let mut prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
            Marks::where_they_pay(call, &mut prefixes, now)
        } else {
            Marks::default()
        };
        Attempts {
            known,
            abilities: known,
            most,
            wanted: most,
            marks,
            sent: RequestFeatures {
                cache_control: marks.in_blocks(),
                temperature: asked.has_temperature(call),
                service_tier: asked.tier.is_some(),
                choices: most > NonZeroU32::MIN,
                ..RequestFeatures::of(call, asked.output_bound.is_some(), is_chat)
            },
            left_out: Degradation::nothing_of(known),
        }
    }
}

/// A refusal that was taken for an answer.
fn refused(complaint: Box<Complaint>) -> CallError {
    CallError {
        complaint: Some(complaint),
        ..CallError::new(
            ErrorKind::Rejected,
            "the provider does not take what was sent",
        )
    }
}

/// How a call goes at an endpoint: what its requests leave out, refusal by refusal.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// What was known of the endpoint at the beginning.
    known: Capabilities,
    /// What the next request asks for.
    abilities: Capabilities,
    /// How many choices the first request asked for, and the next one asks for.
    most: NonZeroU32,
    wanted: NonZeroU32,
    sent: RequestFeatures,
    /// Which beginnings are marked for the provider's cache.
    marks: Marks,
    left_out: Degradation,
}

impl Attempts {
    /// How many choices the next request asks for.
    pub(crate) fn choices(&self, call: &JudgeCall, asked: &RequestSettings) -> NonZeroU32 {
        asked.choices(call, self.wanted, self.abilities)
    }

    /// The cheaper tier that the next request asks for.
    pub(crate) fn tier<'a>(&self, asked: &'a RequestSettings) -> Option<&'a str> {
        asked.tier_of(self.abilities).map(|tier| &*tier.name)
    }

    /// Whether the next request marks what the provider is to keep.
    pub(crate) fn has_marks(&self) -> bool {
        self.abilities.cache_control && self.marks.any()
    }

    /// Whether it was refused so far, and goes on where it was.
    pub(crate) fn has_begun(&self) -> bool {
        self.abilities != self.known || self.wanted != self.most
    }
}

/// What came of one request.
pub(crate) enum AttemptResult {
    Reply(Choices),
    /// It was refused, and the next one asks for less.
    Again(CallError),
    Error(CallError),
}

impl AttemptResult {
    /// What it cost in nano-USD; `None`: nobody knows.
    pub(crate) fn cost(&self) -> Option<i64> {
        match self {
            Self::Reply(choices) if choices.tokens == Some(0) => Some(0),
            Self::Reply(choices) => choices.usage().cost_nano_usd,
            // What was broken off or not heard to its end may be paid for.
            Self::Error(error) if error.may_be_paid() => None,
            Self::Again(_) | Self::Error(_) => Some(0),
        }
    }

    /// How many tokens of the limits it took; `None`: nobody knows.
    pub(crate) fn tokens(&self) -> Option<u64> {
        match self {
            Self::Reply(choices) => choices.tokens,
            Self::Again(_) => Some(0),
            Self::Error(error) if error.is_no_capacity => Some(0),
            Self::Error(_) => None,
        }
    }
}

/// What is asked: a call, and how many choices are wanted of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndpointRequest<'c> {
    pub(crate) call: &'c JudgeCall,
    pub(crate) wanted: NonZeroU32,
}
