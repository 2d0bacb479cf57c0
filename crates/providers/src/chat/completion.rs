//! The completion, as far as we use it: one JSON document, or the chunks of a stream.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::message::Said;
use crate::answer::{End, Gather, Heard, Read, Tokens, Told, no_answer};
use crate::logprobs;
use crate::outcome::{self, Failed};

/// A completion, or a chunk of one.
#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    /// Of a whole completion.
    #[serde(default)]
    message: Option<Said>,
    /// Of a chunk.
    #[serde(default)]
    delta: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<Box<RawValue>>,
    /// Routers report here that the model behind them failed half-way.
    #[serde(default)]
    error: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<Details>,
}

#[derive(Debug, Deserialize)]
struct Details {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

/// A completion that comes.
#[derive(Debug, Default)]
pub(crate) struct Completion {
    model: Option<String>,
    told: Told,
    /// Whether there was a choice, and whether it held a message.
    has_choice: bool,
    has_message: bool,
    finish: Option<String>,
    tokens: Option<Tokens>,
    logprobs: Vec<Box<RawValue>>,
}

impl Gather for Completion {
    fn take(&mut self, json: &str) -> Result<Heard, Failed> {
        let chunk: Chunk = serde_json::from_str(json).map_err(|problem| {
            no_answer("something that is no chat completion", &problem.to_string())
        })?;
        let choices = chunk.choices.unwrap_or_default();
        let errors = || choices.iter().filter_map(|choice| choice.error.as_ref());
        if let Some(error) = chunk.error.as_ref().or_else(|| errors().next()) {
            let body = format!("{{\"error\":{}}}", error.get());
            return Err(outcome::of_error_in_success(body.as_bytes()));
        }
        self.model = self.model.take().or(chunk.model);
        if let Some(usage) = chunk.usage {
            self.tokens = usage.tokens().or(self.tokens);
        }
        let mut heard = Heard::Nothing;
        for choice in choices.into_iter().filter(|choice| choice.index == 0) {
            self.has_choice = true;
            self.finish = choice.finish_reason.or_else(|| self.finish.take());
            self.logprobs.extend(choice.logprobs);
            if let Some(said) = choice.message.or(choice.delta) {
                self.has_message = true;
                heard = said.add_to(&mut self.told);
            }
        }
        Ok(heard)
    }

    fn is_complete(&self) -> bool {
        self.finish.is_some()
    }

    fn read(self, with_logprobs: bool) -> Result<Read, Failed> {
        if !self.has_choice {
            return Err(no_answer("no choice", ""));
        }
        let end = End::of(&self.finish.unwrap_or_default());
        // A filter may leave no message at all.
        if !self.has_message && end != End::Filtered {
            return Err(no_answer("a choice without a message", ""));
        }
        let answer = self.told.answer(end);
        let logprobs = with_logprobs
            .then(|| logprobs::of_chat(&self.logprobs, &answer))
            .flatten();
        Ok(Read {
            answer,
            model: self.model,
            tokens: self.tokens,
            logprobs,
        })
    }
}

impl Usage {
    /// `None` where it holds no count: chunks may have an empty one.
    fn tokens(self) -> Option<Tokens> {
        (self.prompt_tokens.is_some() || self.completion_tokens.is_some()).then(|| Tokens {
            input: self.prompt_tokens.unwrap_or_default(),
            cached_input: self
                .prompt_tokens_details
                .and_then(|details| details.cached_tokens)
                .unwrap_or_default(),
            output: self.completion_tokens.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
