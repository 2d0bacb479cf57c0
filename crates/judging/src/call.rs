//! One judge call and its reply, as strategies see them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Names a call within its evaluation. Made by the strategy from what the call is for, never from time or
/// order, so that after a crash the same call has the same name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepKey(pub String);

impl fmt::Display for StepKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A call that a strategy wants made.
#[derive(Debug, Clone)]
pub struct JudgeCall {
    /// Its name.
    pub step: StepKey,
    /// The model to ask.
    pub model: String,
    /// The conversation.
    pub messages: Vec<Message>,
    /// The form of the reply.
    pub format: ReplyFormat,
    /// The sampling temperature, where one was asked for.
    pub temperature: Option<f64>,
    /// Whether the probabilities of the reply's tokens are asked for.
    pub logprobs: bool,
    /// The first of the samples that put the same question, itself included; `None` where there is only one. Their
    /// prompts differ in nothing but the words that keep a cache from giving one reply again, so one request for
    /// several choices may answer all of them.
    pub alike: Option<StepKey>,
    /// Whether others that begin with the same material, and have the same schema, wait until this one is answered.
    pub leads: bool,
}

/// A chat message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub content: String,
    /// So many bytes of its beginning other calls have as well, byte for byte, and with them all messages before it: in the
    /// first message every evaluation by the rubric version, in the second the calls of this evaluation. `None` where
    /// nothing is shared, or nobody knows.
    #[serde(skip)]
    pub shared: Option<usize>,
}

impl Message {
    /// What other calls have as well, and what is of this call alone.
    #[must_use]
    pub fn split(&self) -> Option<(&str, &str)> {
        self.content.split_at_checked(self.shared?)
    }
}

/// Who speaks. Candidate text only ever stands in a `user` message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Our instructions.
    System,
    /// The task and the candidate.
    User,
    /// What the judge said before.
    Assistant,
}

/// The form of a reply.
#[derive(Debug, Clone)]
pub enum ReplyFormat {
    /// One JSON object that fits a schema.
    Json {
        /// A name for the schema: letters and underscores.
        name: &'static str,
        /// The JSON schema, its properties in the order in which they are to be written.
        schema: Box<RawValue>,
    },
    /// Whatever the prompt asks for.
    Text,
}

impl ReplyFormat {
    /// Name and schema, where it is a JSON object.
    #[must_use]
    pub fn json(&self) -> Option<(&'static str, &RawValue)> {
        match self {
            Self::Json { name, schema } => Some((name, schema)),
            Self::Text => None,
        }
    }
}

/// What came back, kept for ever: never bought twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The reply itself, or the provider's typed no.
    pub answer: Answer,
    /// The provider that was asked.
    pub provider: String,
    /// The model as the provider names it.
    pub model: String,
    /// What it cost.
    pub usage: Usage,
    /// The tier at which the provider answered, where it was asked for a cheaper one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// The tokens of the text in order, where probabilities were asked for and given. Their texts, put together,
    /// are the reply's text, or it is not known which token is which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Vec<Token>>,
}

impl Reply {
    /// The version of the format in which replies are kept. It rises when an older release could not read a reply, or
    /// would read it otherwise; such a release leaves its evaluation to a newer one.
    pub const VERSION: u16 = 1;
}

/// A token of a reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Its text.
    pub text: String,
    /// The most probable tokens at this place with the natural logarithm of their probabilities; this one
    /// among them unless it was improbable.
    pub alternatives: Vec<(String, f64)>,
}

/// A reply, as far as the provider's envelope could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// Text; possibly empty, possibly cut off.
    Text {
        /// The text.
        text: String,
        /// Whether it ended at the model's output limit (`finish_reason: length`).
        cut_off: bool,
    },
    /// The model refused to answer.
    Refused {
        /// Its words.
        message: String,
    },
    /// The provider's content filter stopped the call or the reply.
    ContentFiltered,
    /// The call does not fit into the model's context.
    ContextTooLong,
}

/// Tokens and money of one call.
///
/// Where one request brought several replies, what it took stands with the first of them. The others took nothing and
/// cost nothing where it is known what the first one did: sums over replies are those over requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt; `None` where the provider did not say.
    #[serde(with = "tokens")]
    pub input_tokens: Option<u64>,
    /// Of them, those that came out of the provider's cache; `None` where it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_tokens: Option<u64>,
    /// Of those of the prompt, those that went into the provider's cache; `None` where it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Tokens of the reply; `None` where the provider did not say.
    #[serde(with = "tokens")]
    pub output_tokens: Option<u64>,
    /// Nano-USD; `None` where the price is not known.
    pub cost_nano_usd: Option<i64>,
}

/// Tokens as they stand in a stored reply: a number, as workers of the release before want one, and 0 where it is not
/// known. What is shown is summed from columns, which know the difference.
mod tokens {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(
        tokens: &Option<u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        tokens.unwrap_or_default().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u64>, D::Error> {
        let tokens = Option::<u64>::deserialize(deserializer)?;
        Ok(tokens.filter(|tokens| *tokens > 0))
    }
}
