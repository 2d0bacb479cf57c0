//! A model at a provider: one call, once, made in the way that this endpoint takes.

mod left_out;

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use judging::{Answer, JudgeCall, Message};
use sha2::{Digest as _, Sha256};

use self::left_out::LeftOut;
use crate::abilities::{Abilities, JsonBy, Sent};
use crate::answer::{Gather, Read};
use crate::breaker::Breaker;
use crate::choices::Choices;
use crate::deployment::Asked;
use crate::error::{CallError, Kind};
use crate::knowledge::Knowledge;
use crate::options::Api;
use crate::outcome::{self, Failed, Trigger};
use crate::provider::Provider;
use crate::transport::{self, Silence};
use crate::{chat, responses};

/// What travels with a call besides the question.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// Of the request that brought the evaluation.
    pub correlation_id: String,
    /// The trace that the call belongs to.
    pub traceparent: Option<String>,
    /// Of the call, the same after a crash. A request adds a digest of its body.
    pub idempotency_key: String,
}

/// A model at a provider.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) model: String,
    pub(crate) breaker: Breaker,
    knowledge: Mutex<Knowledge>,
}

impl Endpoint {
    pub(crate) fn new(model: &str) -> Self {
        Self {
            model: model.to_owned(),
            breaker: Breaker::new(),
            knowledge: Mutex::default(),
        }
    }

    pub(crate) fn knowledge(&self) -> MutexGuard<'_, Knowledge> {
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
        asked: &Asked,
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
        course: &mut Course,
        asked: &Asked,
        first_byte: Option<Duration>,
        (call, context): (&JudgeCall, &CallContext),
    ) -> Answered {
        let Course { abilities, .. } = *course;
        let choices = asked.choices(call, course.wanted, abilities);
        let question = Question {
            call,
            wanted: choices,
        };
        let exchange = once(provider, question, asked, abilities, first_byte, context);
        let failed = match tokio::time::timeout(provider.options.call_timeout, exchange).await {
            Ok(Ok((read, was_streamed))) => {
                course.abilities.streams &= self.knowledge().streams(was_streamed);
                self.learn(provider, course, &read, choices);
                return Answered::Reply(Choices::of(provider, &self.model, read));
            }
            Ok(Err(failed)) => failed,
            Err(_) => outcome::of(Trigger::Silence, "the provider did not finish in time", ""),
        };
        match failed {
            // Some hold against a limit what all choices together may take: one of them may fit.
            Failed::Answer(Answer::ContextTooLong) if choices > NonZeroU32::MIN => {
                course.wanted = NonZeroU32::MIN;
                let message = "the provider has no room for several choices of this length";
                Answered::Again(CallError::new(Kind::Rejected, message))
            }
            Failed::Answer(answer) => {
                let read = Read::no(answer, course.most);
                Answered::Reply(Choices::of(provider, &self.model, read))
            }
            Failed::Error(error) => {
                let error = CallError {
                    said: error.said.map(|said| provider.masked(&said)),
                    ..error
                };
                if self.is_lesson(course, &error, choices) {
                    Answered::Again(error)
                } else {
                    Answered::Error(error)
                }
            }
        }
    }

    /// Whether a refusal is answered by asking for less.
    fn is_lesson(&self, course: &mut Course, error: &CallError, choices: NonZeroU32) -> bool {
        let now = Instant::now();
        let mut knowledge = self.knowledge();
        let complaint = error.complaint.as_deref();
        let less = complaint.and_then(|complaint| {
            let Course {
                abilities, sent, ..
            } = *course;
            course.left_out.next(abilities, complaint, sent, &knowledge)
        });
        if let Some(less) = less {
            course.abilities = less;
            return true;
        }
        if error.is_unended {
            knowledge.left_unended(now);
        }
        knowledge.learned_nothing(course.known, course.abilities, now);
        let is_failure = error.kind.is_passing() && error.kind != Kind::RateLimited;
        if is_failure && choices > NonZeroU32::MIN {
            knowledge.failed_at_several(now);
        }
        false
    }

    /// Learns from an answer.
    fn learn(&self, provider: &Provider, course: &Course, read: &Read, choices: NonZeroU32) {
        if !read.has_text() {
            return;
        }
        let Course {
            known,
            abilities,
            sent,
            ..
        } = *course;
        let mut knowledge = self.knowledge();
        let now = Instant::now();
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
            knowledge.gave(choices, read.held, now);
        }
        // Of several texts one is enough to say whether it hears what it is asked for.
        let text = read.whole_texts().find(|text| text.contains('{'));
        if let Some(text) = text.or_else(|| read.whole_texts().next()) {
            knowledge.heard(abilities, sent, text, now);
        }
    }

    /// How a call begins here, as far as is known what the endpoint takes.
    pub(crate) fn course(
        &self,
        provider: &Provider,
        Question { call, wanted }: Question<'_>,
        asked: &Asked,
    ) -> Course {
        let is_chat = provider.options.api == Api::Chat;
        let most = self.choices(provider, call, wanted, asked);
        let known = self.knowledge().abilities(Instant::now());
        Course {
            known,
            abilities: known,
            most,
            wanted: most,
            sent: Sent {
                temperature: asked.has_temperature(call),
                choices: most > NonZeroU32::MIN,
                ..Sent::of(call, asked.output_bound.is_some(), is_chat)
            },
            left_out: LeftOut::nothing_of(known),
        }
    }
}

/// How a call goes at an endpoint: what its requests leave out, refusal by refusal.
#[derive(Debug)]
pub(crate) struct Course {
    /// What was known of the endpoint at the beginning.
    known: Abilities,
    /// What the next request asks for.
    abilities: Abilities,
    /// How many choices the first request asked for, and the next one asks for.
    most: NonZeroU32,
    wanted: NonZeroU32,
    sent: Sent,
    left_out: LeftOut,
}

impl Course {
    /// How many choices the next request asks for.
    pub(crate) fn choices(&self, call: &JudgeCall, asked: &Asked) -> NonZeroU32 {
        asked.choices(call, self.wanted, self.abilities)
    }

    /// Whether it was refused so far, and goes on where it was.
    pub(crate) fn has_begun(&self) -> bool {
        self.abilities != self.known || self.wanted != self.most
    }
}

/// What came of one request.
pub(crate) enum Answered {
    Reply(Choices),
    /// It was refused, and the next one asks for less.
    Again(CallError),
    Error(CallError),
}

/// What is asked: a call, and how many choices are wanted of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'c> {
    pub(crate) call: &'c JudgeCall,
    pub(crate) wanted: NonZeroU32,
}

/// The key of a request: that of its call, and a digest of its body. Whoever keeps answers by their keys must not
/// answer another question with them, and the same body has the same key, also after a crash.
fn key(of_call: &str, body: &[u8]) -> String {
    const BYTES: usize = 8;
    let digest = Sha256::digest(body);
    let digest = digest.iter().take(BYTES);
    digest.fold(format!("{of_call}."), |key, byte| {
        format!("{key}{byte:02x}")
    })
}

/// One exchange.
async fn once(
    provider: &Provider,
    question: Question<'_>,
    asked: &Asked,
    abilities: Abilities,
    first_byte: Option<Duration>,
    context: &CallContext,
) -> Result<(Read, bool), Failed> {
    let Question { call, wanted } = question;
    let options = &provider.options;
    let body = match options.api {
        Api::Chat => serde_json::to_vec(&chat::Request::of(call, wanted, asked, abilities)),
        Api::Responses => serde_json::to_vec(&responses::Request::of(call, asked, abilities)),
    };
    let body = body.map_err(|problem| {
        outcome::of(
            Trigger::NoRequest,
            format!("the request cannot be made: {problem}"),
            "",
        )
    })?;
    let key = key(&context.idempotency_key, &body);
    let mut headers = vec![
        ("x-correlation-id", context.correlation_id.as_str()),
        ("idempotency-key", &key),
    ];
    headers.extend(
        context
            .traceparent
            .iter()
            .map(|trace| ("traceparent", trace.as_str())),
    );
    let request = provider.request(body, &headers)?;
    let silence = if abilities.streams {
        Silence {
            first_byte: first_byte.unwrap_or(options.first_byte_timeout),
            chunk: options.chunk_timeout,
        }
    } else {
        // Who answers in one piece is silent until the end.
        Silence {
            first_byte: options.call_timeout,
            chunk: options.call_timeout,
        }
    };
    let function = call.format.json().map(|(name, _)| name);
    let wanted_of_it = Wanted {
        logprobs: call.logprobs && abilities.logprobs,
        function: function.filter(|_| abilities.json == JsonBy::Tool),
    };
    match options.api {
        Api::Chat => {
            gathered(
                provider,
                request,
                &call.messages,
                silence,
                chat::Completion::of(wanted),
                wanted_of_it,
            )
            .await
        }
        Api::Responses => {
            gathered(
                provider,
                request,
                &call.messages,
                silence,
                responses::Response::default(),
                wanted_of_it,
            )
            .await
        }
    }
}

/// What is looked for in an answer.
#[derive(Clone, Copy)]
struct Wanted<'c> {
    logprobs: bool,
    /// The function that is to be called.
    function: Option<&'c str>,
}

async fn gathered(
    provider: &Provider,
    request: reqwest::Request,
    asked: &[Message],
    silence: Silence,
    mut gather: impl Gather,
    wanted: Wanted<'_>,
) -> Result<(Read, bool), Failed> {
    let was_streamed =
        transport::exchange(&provider.client, request, asked, silence, &mut gather).await?;
    let read = gather.read(wanted.logprobs, wanted.function);
    let read = read.map_err(|broken| transport::failed(broken, asked))?;
    Ok((read, was_streamed))
}
