//! The completion, as far as we use it: one JSON document, or the chunks of a stream.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::message::Said;
use crate::answer::{
    Broken, Complete, End, Gather, Heard, Read, Tokens, Told, no_answer, nonsense,
};
use crate::logprobs;
use crate::outcome::{self, Failed, Trigger};

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
    total_tokens: Option<u64>,
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
    /// Whether the piece that says so holds a piece of the answer as well.
    ends_with_text: bool,
    tokens: Option<Tokens>,
    logprobs: Vec<Box<RawValue>>,
}

impl Gather for Completion {
    fn take(&mut self, json: &str) -> Result<Heard, Broken> {
        let chunk: Chunk = serde_json::from_str(json).map_err(|problem| {
            nonsense("something that is no chat completion", &problem.to_string())
        })?;
        let choices = chunk.choices.unwrap_or_default();
        let errors = || choices.iter().filter_map(|choice| choice.error.as_ref());
        if let Some(error) = chunk.error.as_ref().or_else(|| errors().next()) {
            return Err(Broken::Error(format!("{{\"error\":{}}}", error.get())));
        }
        self.model = self.model.take().or(chunk.model);
        if let Some(usage) = chunk.usage {
            self.tokens = usage.tokens().or(self.tokens);
        }
        let mut heard = Heard::Nothing;
        for choice in choices.into_iter().filter(|choice| choice.index == 0) {
            self.has_choice = true;
            self.logprobs.extend(choice.logprobs);
            if let Some(said) = choice.message.or(choice.delta) {
                self.has_message = true;
                heard = said.add_to(&mut self.told);
            }
            // Some say nothing in words.
            let finish = choice.finish_reason;
            let finish = finish.filter(|reason| !reason.is_empty() && reason != "null");
            self.ends_with_text = finish.is_some() && heard != Heard::Nothing;
            self.finish = finish.or_else(|| self.finish.take());
        }
        Ok(heard)
    }

    fn complete(&self) -> Complete {
        match (&self.finish, self.ends_with_text) {
            (None, _) => Complete::No,
            (Some(_), true) => Complete::Perhaps,
            (Some(_), false) => Complete::Yes,
        }
    }

    fn read(self, with_logprobs: bool) -> Result<Read, Failed> {
        if !self.has_choice {
            return Err(no_answer("no choice", ""));
        }
        let reason = self.finish.unwrap_or_default();
        let end = End::of(&reason);
        if end == End::Interrupted {
            let message = "the provider broke off its answer";
            return Err(outcome::of(Trigger::CutOff, message, &reason));
        }
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
        let input = self.prompt_tokens.unwrap_or_default();
        // Some leave out of the answer's tokens those of reasoning, which are paid for as well.
        let beyond = self.total_tokens.unwrap_or_default().saturating_sub(input);
        (self.prompt_tokens.is_some() || self.completion_tokens.is_some()).then(|| Tokens {
            input,
            cached_input: self
                .prompt_tokens_details
                .and_then(|details| details.cached_tokens)
                .unwrap_or_default(),
            output: self.completion_tokens.unwrap_or_default().max(beyond),
        })
    }
}

#[cfg(test)]
mod tests;
