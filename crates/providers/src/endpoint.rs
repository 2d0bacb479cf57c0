//! A model at a provider: one call, once, made in the way that this endpoint takes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use judging::{Answer, JudgeCall, Message, Reply, Usage};

use crate::abilities::{Abilities, Sent};
use crate::answer::{Gather, Read, Tokens};
use crate::breaker::Breaker;
use crate::deployment::Asked;
use crate::error::{CallError, Complaint};
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

/// No call is asked in more ways than this.
const MOST_LESSONS: u32 = 16;

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

    /// Makes one call, once: what the endpoint does not take is left out, and the call made without it.
    pub(crate) async fn call(
        &self,
        provider: &Provider,
        call: &JudgeCall,
        asked: &Asked,
        first_byte: Option<Duration>,
        context: &CallContext,
    ) -> Result<Reply, CallError> {
        let is_chat = provider.options.api == Api::Chat;
        let sent = Sent {
            temperature: asked.has_temperature(call),
            ..Sent::of(call, asked.output_bound.is_some(), is_chat)
        };
        let known = self.knowledge().abilities(Instant::now());
        let mut lessons = Lessons {
            base: known,
            guesses: 0,
            left: MOST_LESSONS,
        };
        let mut abilities = known;
        let read = loop {
            let exchange = once(provider, call, asked, abilities, first_byte, context);
            let failed = match tokio::time::timeout(provider.options.call_timeout, exchange).await {
                Ok(Ok((read, was_streamed))) => {
                    abilities.streams &= self.knowledge().streams(was_streamed);
                    break read;
                }
                Ok(Err(failed)) => failed,
                Err(_) => outcome::of(Trigger::Silence, "the provider did not finish in time", ""),
            };
            match failed {
                Failed::Answer(answer) => break Read::no(answer),
                Failed::Error(error) => {
                    let complaint = error.complaint.as_deref();
                    let lesson = complaint.and_then(|complaint| {
                        lessons.next(abilities, complaint, sent, || {
                            self.knowledge().may_guess(Instant::now())
                        })
                    });
                    let Some(less) = lesson else {
                        self.knowledge()
                            .learned_nothing(known, abilities, Instant::now());
                        return Err(CallError {
                            said: error.said.map(|said| provider.masked(&said)),
                            ..error
                        });
                    };
                    abilities = less;
                }
            }
        };
        if let Answer::Text { text, cut_off } = &read.answer {
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
            if !cut_off {
                knowledge.heard(abilities, sent, text, now);
            }
        }
        Ok(reply(provider, &self.model, read))
    }
}

/// What a call leaves out after refusals.
struct Lessons {
    /// Without what was complained of so far.
    base: Abilities,
    /// What was guessed since.
    guesses: usize,
    left: u32,
}

impl Lessons {
    /// What to leave out after a refusal; `None` when it is about something else.
    fn next(
        &mut self,
        tried: Abilities,
        complaint: &Complaint,
        sent: Sent,
        may_guess: impl FnOnce() -> bool,
    ) -> Option<Abilities> {
        self.left = self.left.checked_sub(1)?;
        if tried.without(complaint, sent).is_some() {
            // What was left out by a guess was none of it.
            self.base = self.base.without(complaint, sent)?;
            self.guesses = 0;
            return Some(self.base);
        }
        // A refusal that says nothing may be about anything; an endpoint that has answered before means something
        // else by it.
        let is_wordless = matches!(complaint.status, 400 | 422);
        if !is_wordless || !may_guess() {
            return None;
        }
        self.guesses += 1;
        self.base.guess(self.guesses - 1, sent)
    }
}

/// One exchange.
async fn once(
    provider: &Provider,
    call: &JudgeCall,
    asked: &Asked,
    abilities: Abilities,
    first_byte: Option<Duration>,
    context: &CallContext,
) -> Result<(Read, bool), Failed> {
    let options = &provider.options;
    let body = match options.api {
        Api::Chat => serde_json::to_vec(&chat::Request::of(call, asked, abilities)),
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
                chat::Completion::default(),
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
    Ok((gather.read(with_logprobs)?, was_streamed))
}

fn reply(provider: &Provider, model: &str, read: Read) -> Reply {
    let tokens = read.tokens.unwrap_or(Tokens {
        input: 0,
        cached_input: 0,
        output: 0,
    });
    let price = provider.options.prices.get(model);
    Reply {
        answer: read.answer,
        provider: provider.name.clone(),
        model: read.model.unwrap_or_else(|| model.to_owned()),
        usage: Usage {
            input_tokens: tokens.input,
            output_tokens: tokens.output,
            // What is not known is not guessed.
            cost_nano_usd: read.tokens.and(price).map(|price| price.of(tokens)),
        },
        logprobs: read.logprobs,
    }
}
