//! What a client posts, read strictly.

mod candidate;
mod compatibility;
mod parse;
mod strategy;

use std::collections::BTreeMap;

use crate::Priority;
use crate::json::{Json, Text};
use crate::rubric::RubricChoice;
use crate::strategy::Strategy;

pub use candidate::{Candidate, Change, Conversation, Output, Prose};
pub use compatibility::Shape;
pub use parse::{parse, parse_accepted};

/// One request to judge. Texts borrow from the payload where they can: a candidate may be megabytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission<'a> {
    /// What the agent was asked to do.
    pub input: Option<Prose<'a>>,
    /// What the agent produced.
    pub candidate: Candidate<'a>,
    /// A right or good output to compare with.
    pub reference: Option<Text<'a>>,
    /// What the agent was given to work with.
    pub context: Option<Text<'a>>,
    /// The rubric; `None` is the setting `default_rubric`.
    pub rubric: Option<RubricChoice>,
    /// How it is judged.
    pub strategy: Strategy,
    /// How many times the judge is asked, from 1.
    pub samples: u32,
    /// The judge model asked for.
    pub model: Option<String>,
    /// The sampling temperature of judge calls, 0 to 2.
    pub temperature: Option<f64>,
    /// How soon it is wanted.
    pub priority: Priority,
    /// Seconds from the post after which a result is of no use.
    pub deadline_seconds: Option<u32>,
    /// The URL that is told when it has ended; whether anything may be sent there is not decided here.
    pub webhook_url: Option<Text<'a>>,
    /// The client's own labels.
    pub metadata: BTreeMap<String, String>,
}

impl Submission<'_> {
    /// How many JSON values its conversations hold: each takes many times the memory of what it was written in.
    #[must_use]
    pub fn conversation_values(&self) -> usize {
        let input = match &self.input {
            Some(Prose::Messages(messages)) => Some(messages),
            Some(Prose::Text(_)) | None => None,
        };
        let conversations = input.into_iter().chain(&self.candidate.trajectory);
        conversations
            .flat_map(|each| &each.0)
            .map(Json::values)
            .sum()
    }
}
