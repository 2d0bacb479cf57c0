//! The completion, as far as we use it: one JSON document, or the chunks of a stream.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::choice::{self, Choice, Piece};
use crate::answer::{Broken, Complete, Gather, Heard, Read, Tokens, nonsense};

/// A completion, or a chunk of one.
#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    choices: Option<Vec<Piece>>,
    #[serde(default)]
    usage: Option<Usage>,
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
#[derive(Debug)]
pub(crate) struct Completion {
    /// How many choices were asked for.
    asked: NonZeroU32,
    model: Option<String>,
    /// Those that have begun, by their index: they come together or one after the other.
    choices: BTreeMap<u32, Choice>,
    tokens: Option<Tokens>,
}

impl Completion {
    pub(crate) fn of(asked: NonZeroU32) -> Self {
        Self {
            asked,
            model: None,
            choices: BTreeMap::new(),
            tokens: None,
        }
    }
}

impl Gather for Completion {
    fn take(&mut self, json: &str) -> Result<Heard, Broken> {
        let chunk: Chunk = serde_json::from_str(json).map_err(|problem| {
            nonsense("something that is no chat completion", &problem.to_string())
        })?;
        let pieces = chunk.choices.unwrap_or_default();
        let mut errors = pieces.iter().filter_map(|piece| piece.error.as_ref());
        // Of several choices one may fail alone.
        let alone = errors.next().filter(|_| self.asked == NonZeroU32::MIN);
        if let Some(error) = chunk.error.as_ref().or(alone) {
            return Err(choice::broken(error));
        }
        self.model = self.model.take().or(chunk.model);
        if let Some(usage) = chunk.usage {
            self.tokens = usage.tokens().or(self.tokens);
        }
        let mut heard = Heard::Nothing;
        for (place, piece) in (0..).zip(pieces) {
            // Some give all the choices of a whole completion the same index, or none.
            let index = if self.asked > NonZeroU32::MIN && piece.is_whole() {
                place
            } else {
                piece.index
            };
            if index < self.asked.get() {
                let choice = self.choices.entry(index).or_default();
                heard = heard.max(choice.take(piece));
            }
        }
        Ok(heard)
    }

    fn complete(&self) -> Complete {
        let begun = || self.choices.values();
        if self.choices.is_empty() || begun().any(|choice| !choice.has_ended()) {
            Complete::No
        } else if begun().any(Choice::may_go_on) {
            Complete::Perhaps
        } else if begun().len() < index(self.asked) {
            // Who takes no notice of how many were asked for says no more than this, and says nothing of that.
            Complete::SoFar
        } else {
            Complete::Yes
        }
    }

    fn read(self, with_logprobs: bool) -> Result<Read, Broken> {
        let held = u32::try_from(self.choices.len()).unwrap_or(u32::MAX);
        let mut problem = None;
        let mut good = Vec::new();
        for choice in self.choices.into_values() {
            match choice.read(with_logprobs) {
                Ok(choice) => good.push(choice),
                Err(broken) => problem = problem.or(Some(broken)),
            }
        }
        let mut good = good.into_iter();
        let Some(first) = good.next() else {
            return Err(problem.unwrap_or_else(|| nonsense("no choice", "")));
        };
        Ok(Read {
            model: self.model,
            tokens: self.tokens,
            held,
            first,
            others: good.collect(),
        })
    }
}

fn index(number: NonZeroU32) -> usize {
    usize::try_from(number.get()).unwrap_or(usize::MAX)
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
