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
        Self {
            input: ask.input_tokens(),
            output,
        }
    }
}
