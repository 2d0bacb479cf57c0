//! A model at a provider: one call, once, made in the way that this endpoint takes.

mod left_out;

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use judging::{Answer, JudgeCall, Message};

use self::left_out::LeftOut;
use crate::abilities::{Abilities, Sent};
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
    /// The same for every try of the same call, also after a crash.
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

    /// Makes one call, once: what the endpoint does not take is left out, and the call made without it. Of the wanted
    /// choices there may come fewer.
    pub(crate) async fn call(
        &self,
        provider: &Provider,
        question: Question<'_>,
        asked: &Asked,
        first_byte: Option<Duration>,
        context: &CallContext,
    ) -> Result<Choices, CallError> {
        let Question { call, wanted } = question;
        let is_chat = provider.options.api == Api::Chat;
        let most = self.choices(provider, call, wanted, asked);
        let sent = Sent {
            temperature: asked.has_temperature(call),
            choices: most > NonZeroU32::MIN,
            ..Sent::of(call, asked.output_bound.is_some(), is_chat)
        };
        let known = self.knowledge().abilities(Instant::now());
        let mut left_out = LeftOut::nothing_of(known);
        let (mut abilities, mut wanted) = (known, most);
        let (read, choices) = loop {
            let choices = asked.choices(call, wanted, abilities);
            let question = Question {
                call,
                wanted: choices,
            };
            let exchange = once(provider, question, asked, abilities, first_byte, context);
            let failed = match tokio::time::timeout(provider.options.call_timeout, exchange).await {
                Ok(Ok((read, was_streamed))) => {
                    abilities.streams &= self.knowledge().streams(was_streamed);
                    break (read, choices);
                }
                Ok(Err(failed)) => failed,
                Err(_) => outcome::of(Trigger::Silence, "the provider did not finish in time", ""),
            };
            match failed {
                // Some hold against a limit what all choices together may take: one of them may fit.
                Failed::Answer(Answer::ContextTooLong) if choices > NonZeroU32::MIN => {
                    wanted = NonZeroU32::MIN;
                }
                Failed::Answer(answer) => break (Read::no(answer, most), choices),
                Failed::Error(error) => {
                    let complaint = error.complaint.as_deref();
                    let lesson = complaint.and_then(|complaint| {
                        let knowledge = self.knowledge();
                        left_out.next(abilities, complaint, sent, &knowledge)
                    });
                    let Some(less) = lesson else {
                        let now = Instant::now();
                        let mut knowledge = self.knowledge();
                        knowledge.learned_nothing(known, abilities, now);
                        let is_failure = error.kind.is_passing() && error.kind != Kind::RateLimited;
                        if is_failure && choices > NonZeroU32::MIN {
                            knowledge.failed_at_several(now);
                        }
                        return Err(CallError {
                            said: error.said.map(|said| provider.masked(&said)),
                            ..error
                        });
                    };
                    abilities = less;
                }
            }
        };
        if read.has_text() {
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
        Ok(Choices::of(provider, &self.model, read))
    }
}

/// What is asked: a call, and how many choices are wanted of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'c> {
    pub(crate) call: &'c JudgeCall,
    pub(crate) wanted: NonZeroU32,
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
    let mut headers = vec![
        ("x-correlation-id", context.correlation_id.as_str()),
        ("idempotency-key", &context.idempotency_key),
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
    let with_logprobs = call.logprobs && abilities.logprobs;
    match options.api {
        Api::Chat => {
            gathered(
                provider,
                request,
                &call.messages,
                silence,
                chat::Completion::of(wanted),
                with_logprobs,
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
                with_logprobs,
            )
            .await
        }
    }
}

async fn gathered(
    provider: &Provider,
    request: reqwest::Request,
    asked: &[Message],
    silence: Silence,
    mut gather: impl Gather,
    with_logprobs: bool,
) -> Result<(Read, bool), Failed> {
    let was_streamed =
        transport::exchange(&provider.client, request, asked, silence, &mut gather).await?;
    let read = gather.read(with_logprobs);
    let read = read.map_err(|broken| transport::failed(broken, asked))?;
    Ok((read, was_streamed))
}
