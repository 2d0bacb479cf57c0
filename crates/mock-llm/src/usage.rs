//! Token counts of an exchange.

use serde::Deserialize;

use crate::ask::Ask;
use crate::reply::Reply;
use crate::tokens;

/// Tokens in and out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Usage {
    /// Of the prompt.
    #[serde(rename = "input_tokens")]
    pub(crate) input: u64,
    /// Of all choices.
    #[serde(rename = "output_tokens")]
    pub(crate) output: u64,
    /// Of those of the prompt, what came out of the model's cache.
    #[serde(rename = "cached_input_tokens", default)]
    pub(crate) cached: u64,
    /// Of those of the prompt, what went into it; `None` where that is not told.
    #[serde(rename = "cache_write_tokens", default)]
    pub(crate) written: Option<u64>,
}

impl Usage {
    /// The usage of a request and its answers: what a script says, or about four bytes a token.
    pub(crate) fn of(ask: &Ask, replies: &[Reply]) -> Self {
        if let Some(scripted) = replies.first().and_then(|reply| reply.usage) {
            return scripted;
        }
        let output = replies
            .iter()
            .map(|reply| tokens::count(reply.bytes()))
            .sum();
        Self::begun(ask, output)
    }

    /// The usage of a request that has brought so many tokens.
    pub(crate) fn begun(ask: &Ask, output: u64) -> Self {
        Self {
            input: ask.input_tokens(),
            output,
            cached: ask.cached.map_or(0, |cached| cached.read),
            written: ask.cached.and_then(|cached| cached.written),
        }
    }

    /// What of the prompt has nothing to do with a cache: Anthropic counts it alone.
    pub(crate) fn uncached(self) -> u64 {
        let others = self.cached + self.written.unwrap_or_default();
        self.input.saturating_sub(others)
    }
}
