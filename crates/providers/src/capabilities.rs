//! What an endpoint can do, learned from its answers.
//!
//! Nobody is asked beforehand: a call is made the way that tells most, and where an endpoint refuses one thing in it
//! the same call is made without that. Only once it answers is that learned: a complaint alone proves nothing. What
//! was learned holds for a day, for endpoints learn as well.

mod choices;

use judging::{JudgeCall, ReplyFormat};
use serde::{Deserialize, Serialize};

use crate::cache;
use crate::error::Complaint;
use crate::phrases::has_word;

/// How a JSON object is asked for, the surest way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonMode {
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

impl JsonMode {
    /// The next surest way; the last one is its own.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Schema => Self::Tool,
            Self::Tool => Self::Mode,
            Self::Mode | Self::Prompt => Self::Prompt,
        }
    }
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
pub struct Capabilities {
    /// How it is asked for a JSON object.
    pub json: JsonMode,
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
    /// Whether it gives several choices for one prompt (`n`).
    pub choices: bool,
    /// Whether it takes a `prompt_cache_key`.
    pub cache_key: bool,
    /// Whether it takes `cache_control` in blocks of content.
    pub cache_control: bool,
    /// Whether it takes a `service_tier`.
    pub service_tier: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            json: JsonMode::Schema,
            streams: true,
            stream_options: true,
            logprobs: true,
            temperature: true,
            store: true,
            output_bound: OutputBound::Completion,
            choices: true,
            cache_key: true,
            cache_control: true,
            service_tier: true,
        }
    }
}

/// What a request held that an endpoint may refuse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestFeatures {
    pub(crate) json: bool,
    pub(crate) logprobs: bool,
    pub(crate) temperature: bool,
    pub(crate) output_bound: bool,
    /// Whether the API has `stream_options`, or `store`.
    pub(crate) is_chat: bool,
    /// Whether several choices were asked for.
    pub(crate) choices: bool,
    /// Whether there was a `prompt_cache_key`, or a `cache_control`.
    pub(crate) cache_key: bool,
    pub(crate) cache_control: bool,
    /// Whether there was a `service_tier` of ours.
    pub(crate) service_tier: bool,
}

impl RequestFeatures {
    pub(crate) fn of(call: &JudgeCall, output_bound: bool, is_chat: bool) -> Self {
        Self {
            json: matches!(call.format, ReplyFormat::Json { .. }),
            logprobs: call.logprobs,
            temperature: call.temperature.is_some(),
            output_bound,
            is_chat,
            choices: false,
            cache_key: cache::key(call).is_some(),
            cache_control: false,
            service_tier: false,
        }
    }
}

/// Words by which a refusal says that it does not take a thing.
const REJECTION_PHRASES: [&str; 14] = [
    "support",
    "unknown",
    "unrecognized",
    "unrecognised",
    "unexpected",
    "not permitted",
    "not allowed",
    "not available",
    "not enabled",
    "forbidden",
    "extra_forbidden",
    "invalid schema",
    "invalid parameter",
    "deprecated",
];

/// Words by which it says that it takes it, but not this value. That is for whoever asked for the value to mend.
const VALUE: [&str; 10] = [
    "invalid_value",
    "above_max",
    "below_min",
    "too large",
    "too small",
    "too high",
    "at most",
    "less than",
    "greater than",
    "must be between",
];

impl Capabilities {
    /// These with one choice for each request.
    pub(crate) fn single(self) -> Self {
        Self {
            choices: false,
            ..self
        }
    }

    /// These with what differs between two others.
    pub(crate) fn with_changes(self, from: Self, to: Self) -> Self {
        fn pick<T: PartialEq>(own: T, from: &T, to: T) -> T {
            if *from == to { own } else { to }
        }
        Self {
            json: pick(self.json, &from.json, to.json),
            streams: pick(self.streams, &from.streams, to.streams),
            stream_options: pick(self.stream_options, &from.stream_options, to.stream_options),
            logprobs: pick(self.logprobs, &from.logprobs, to.logprobs),
            temperature: pick(self.temperature, &from.temperature, to.temperature),
            store: pick(self.store, &from.store, to.store),
            output_bound: pick(self.output_bound, &from.output_bound, to.output_bound),
            choices: pick(self.choices, &from.choices, to.choices),
            cache_key: pick(self.cache_key, &from.cache_key, to.cache_key),
            cache_control: pick(self.cache_control, &from.cache_control, to.cache_control),
            service_tier: pick(self.service_tier, &from.service_tier, to.service_tier),
        }
    }

    /// These without what a refusal complains of; `None` where it complains of nothing that was sent.
    pub(crate) fn without(self, complaint: &Complaint, sent: RequestFeatures) -> Option<Self> {
        // Not 500: a server that fails says nothing of the request.
        if !matches!(complaint.status, 400 | 404 | 415 | 422 | 501) {
            return None;
        }
        let steps = self.downgraded(sent);
        // What is named as the parameter counts for more than what the message mentions.
        let named = |word: &&str| complaint.param == *word;
        let by_param = steps.iter().find(|(words, _)| words.iter().any(named));
        // Nobody asked for this number: that it is not taken is as good as that the parameter is not.
        let names_choices = || {
            complaint.param == choices::NAME
                || (by_param.is_none() && choices::are_named(&complaint.about))
        };
        if sent.choices && self.choices && names_choices() {
            return Some(self.single());
        }
        let says = |phrase: &&str| complaint.about.contains(*phrase);
        if !REJECTION_PHRASES.iter().any(says) || VALUE.iter().any(says) {
            return None;
        }
        let mentioned = |word: &&str| has_word(&complaint.about, word);
        let blamed = by_param.or_else(|| {
            let mut steps = steps.iter();
            steps.find(|(words, _)| words.iter().any(mentioned))
        });
        blamed.map(|(_, lesser)| *lesser)
    }

    /// What to try after a refusal that names nothing: these without one thing, another each time, in the end without
    /// any.
    pub(crate) fn next_guess(self, number: usize, sent: RequestFeatures) -> Option<Self> {
        let mut guesses = Vec::new();
        for (_, less) in self.downgraded(sent) {
            if less.json == self.json {
                guesses.push(less);
            } else {
                guesses.extend((0..).map_while(|number| self.guess_json(number)));
            }
        }
        let next = |less: &Self| Some(less.downgraded(sent).first()?.1);
        let least = std::iter::successors(next(&self), next).last();
        guesses.extend(least.filter(|least| !guesses.contains(least)));
        guesses.get(number).copied()
    }

    /// The same where the refusal can only be about the way in which JSON is asked for.
    pub(crate) fn guess_json(self, number: usize) -> Option<Self> {
        let next = |json: &JsonMode| Some(json.next()).filter(|next| next != json);
        let json = std::iter::successors(next(&self.json), next).nth(number)?;
        Some(Self { json, ..self })
    }

    /// Whether a refusal is about what the JSON is to look like, although it names no parameter.
    pub(crate) fn is_about_json(complaint: &Complaint) -> bool {
        const WORDS: [&str; 8] = [
            "json",
            "schema",
            "json_schema",
            "grammar",
            "structured output",
            "structured outputs",
            "response format",
            "constraint",
        ];
        matches!(complaint.status, 400 | 422)
            && WORDS.iter().any(|word| has_word(&complaint.about, word))
    }

    /// For each thing that was sent: the words that name it, and the abilities without it. Not for the number of
    /// choices, which no single word names and which is the first to go: an answer is as good without it.
    fn downgraded(self, sent: RequestFeatures) -> Vec<(&'static [&'static str], Self)> {
        let mut steps: Vec<(&'static [&'static str], Self)> = Vec::new();
        // What saves money is the first to go: an answer is as good without it.
        if sent.service_tier && self.service_tier {
            let less = Self {
                service_tier: false,
                ..self
            };
            steps.push((&["service_tier", "service tier", "flex"], less));
        }
        if sent.cache_control && self.cache_control {
            let less = Self {
                cache_control: false,
                ..self
            };
            steps.push((&["cache_control"], less));
        }
        if sent.cache_key && self.cache_key {
            let less = Self {
                cache_key: false,
                ..self
            };
            steps.push((&["prompt_cache_key"], less));
        }
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
            steps.push((
                &["logprobs", "top_logprobs", "message.output_text.logprobs"],
                less,
            ));
        }
        if sent.json && self.json != JsonMode::Prompt {
            let words: &[&str] = match self.json {
                JsonMode::Schema => &[
                    "response_format",
                    "json_schema",
                    "json schema",
                    "schema",
                    "grammar",
                    "text.format",
                    "structured output",
                    "structured outputs",
                    "output_format",
                    "output_config",
                ],
                JsonMode::Tool => &[
                    "tools",
                    "tool",
                    "tool_choice",
                    "function",
                    "functions",
                    "function calling",
                    "schema",
                    "grammar",
                ],
                JsonMode::Mode | JsonMode::Prompt => &[
                    "response_format",
                    "json_object",
                    "json mode",
                    "text.format",
                    "grammar",
                ],
            };
            let json = self.json.next();
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
            steps.push((&["stream", "streaming"], less));
        }
        steps
    }
}

#[cfg(test)]
mod tests;
