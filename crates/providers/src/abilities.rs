//! What an endpoint can do, learned from its answers.
//!
//! Nobody is asked beforehand: a call is made the way that tells most, and where an endpoint refuses one thing in it
//! the same call is made without that. Only once it answers is that learned: a complaint alone proves nothing. What
//! was learned holds for a day, for endpoints learn as well.

use judging::{JudgeCall, ReplyFormat};
use serde::{Deserialize, Serialize};

use crate::error::Complaint;

/// How a JSON object is asked for, the surest way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonBy {
    /// A JSON schema that the provider enforces.
    #[default]
    Schema,
    /// A function whose arguments have the schema.
    Tool,
    /// Any JSON object; the prompt says which.
    Mode,
    /// The prompt alone.
    Prompt,
}

/// Under which name the bound of the output is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputBound {
    /// `max_completion_tokens`.
    #[default]
    Completion,
    /// `max_tokens`, the older name.
    Plain,
    /// None is taken.
    None,
}

/// What an endpoint can do, as far as it is known; the best is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Abilities {
    /// How it is asked for a JSON object.
    pub json: JsonBy,
    /// Whether its answers are streamed.
    pub streams: bool,
    /// Whether it takes `stream_options`, without which many streams do not say what they cost.
    pub stream_options: bool,
    /// Whether it takes `logprobs`.
    pub logprobs: bool,
    /// Whether it takes a `temperature`.
    pub temperature: bool,
    /// Whether it takes `store`.
    pub store: bool,
    /// How it takes the bound of the output.
    pub output_bound: OutputBound,
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            json: JsonBy::Schema,
            streams: true,
            stream_options: true,
            logprobs: true,
            temperature: true,
            store: true,
            output_bound: OutputBound::Completion,
        }
    }
}

/// What a request held that an endpoint may refuse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) json: bool,
    pub(crate) logprobs: bool,
    pub(crate) temperature: bool,
    pub(crate) output_bound: bool,
    /// Whether the API has `stream_options`, or `store`.
    pub(crate) is_chat: bool,
}

impl Sent {
    pub(crate) fn of(call: &JudgeCall, output_bound: bool, is_chat: bool) -> Self {
        Self {
            json: matches!(call.format, ReplyFormat::Json { .. }),
            logprobs: call.logprobs,
            temperature: call.temperature.is_some(),
            output_bound,
            is_chat,
        }
    }
}

/// Words by which a refusal says that a thing, not its value, is what it does not like.
const UNKNOWN: [&str; 13] = [
    "support",
    "unknown",
    "unrecognized",
    "unrecognised",
    "unexpected",
    "not permitted",
    "not allowed",
    "not available",
    "forbidden",
    "extra",
    "invalid",
    "deprecated",
    "only",
];

impl Abilities {
    /// These without what a refusal complains of; `None` where it complains of nothing that was sent.
    pub(crate) fn without(self, complaint: &Complaint, sent: Sent) -> Option<Self> {
        if !matches!(complaint.status, 400 | 404 | 415 | 422 | 500 | 501) {
            return None;
        }
        let names = |words: &[&str]| words.iter().any(|word| complaint.words.contains(word));
        if !names(&UNKNOWN) {
            return None;
        }
        // The longer names first: `stream_options` holds `stream`, `top_logprobs` holds `logprobs`.
        let steps = self.lesser(sent);
        let blamed = steps.into_iter().find(|(words, _)| names(words));
        blamed.map(|(_, lesser)| lesser)
    }

    /// What to try after a refusal that names nothing: these without one thing, another each time, in the end without
    /// any.
    pub(crate) fn guess(self, number: usize, sent: Sent) -> Option<Self> {
        let mut singles = self.lesser(sent).into_iter().map(|(_, less)| less);
        let count = singles.len();
        singles.nth(number).or_else(|| {
            let next = |less: &Self| Some(less.lesser(sent).first()?.1);
            let least = std::iter::successors(next(&self), next).last();
            least.filter(|_| number == count && count > 1)
        })
    }

    /// For each thing that was sent: the words that name it, and the abilities without it.
    fn lesser(self, sent: Sent) -> Vec<(&'static [&'static str], Self)> {
        let mut steps: Vec<(&'static [&'static str], Self)> = Vec::new();
        if sent.is_chat && self.streams && self.stream_options {
            let less = Self {
                stream_options: false,
                ..self
            };
            steps.push((&["stream_options", "include_usage"], less));
        }
        if sent.logprobs && self.logprobs {
            let less = Self {
                logprobs: false,
                ..self
            };
            steps.push((&["logprobs"], less));
        }
        if sent.json && self.json != JsonBy::Prompt {
            let (words, json): (&[&str], _) = match self.json {
                JsonBy::Schema => (
                    &[
                        "response_format",
                        "json_schema",
                        "schema",
                        "text.format",
                        "structured",
                        "strict",
                        "output_config",
                    ],
                    JsonBy::Tool,
                ),
                JsonBy::Tool => (&["tool", "function"], JsonBy::Mode),
                JsonBy::Mode | JsonBy::Prompt => (
                    &["response_format", "json_object", "json mode", "text.format"],
                    JsonBy::Prompt,
                ),
            };
            steps.push((words, Self { json, ..self }));
        }
        if sent.output_bound && self.output_bound != OutputBound::None {
            let output_bound = match self.output_bound {
                OutputBound::Completion if sent.is_chat => OutputBound::Plain,
                _ => OutputBound::None,
            };
            let less = Self {
                output_bound,
                ..self
            };
            steps.push((
                &["max_completion_tokens", "max_tokens", "max_output_tokens"],
                less,
            ));
        }
        if sent.temperature && self.temperature {
            let less = Self {
                temperature: false,
                ..self
            };
            steps.push((&["temperature"], less));
        }
        if !sent.is_chat && self.store {
            let less = Self {
                store: false,
                ..self
            };
            steps.push((&["store"], less));
        }
        if self.streams {
            let less = Self {
                streams: false,
                ..self
            };
            steps.push((&["stream"], less));
        }
        steps
    }
}

#[cfg(test)]
mod tests;
