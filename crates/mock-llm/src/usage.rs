//! Token counts of an exchange.

use crate::ask::Ask;
use crate::reply::Reply;
use crate::tokens;

/// Tokens in and out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Of the prompt.
    pub(crate) input: u64,
    /// Of all choices.
    pub(crate) output: u64,
}

impl Usage {
    /// The usage of a request and its answers.
    pub(crate) fn of(ask: &Ask, replies: &[Reply]) -> Self {
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
