//! The judge calls of an evaluation.

use domain::strategy::StageName;
use domain::timeline::AttemptRecord;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A judge call whose reply is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Call {
    /// Its name within the evaluation.
    pub step: String,
    /// The stage of a cascade that it belongs to; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageName>,
    /// In which round of the evaluation it was made, from 1: a retry begins a new one.
    pub round: i32,
    /// What came of it.
    pub state: CallState,
    /// The model that was asked, as the provider names it; null for one that a release before recorded.
    #[schema(required)]
    pub model_asked: Option<String>,
    /// The model that answered, as the provider names it; of an unreadable one, the model that was asked.
    pub model: String,
    /// The provider, as the settings name it.
    pub provider: String,
    /// The tier at which it was bought, where a cheaper one was asked for; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// When it was due; null for one that a release before recorded.
    #[schema(required)]
    pub started_at: Option<Timestamp>,
    /// When its reply was recorded.
    pub finished_at: Timestamp,
    /// From when it was due until the reply was there, in milliseconds.
    #[schema(required)]
    pub took_ms: Option<u64>,
    /// How much of that was spent between requests, in milliseconds.
    #[schema(required)]
    pub waited_ms: Option<u64>,
    /// The requests that were made; the last brought the reply. Calls that one request answered have the same.
    pub attempts: Vec<AttemptRecord>,
    /// Tokens of the prompt; null where the provider did not say. Of several calls that one request answered, the first
    /// has them all.
    #[schema(required)]
    pub input_tokens: Option<u64>,
    /// Of them, what came out of the provider's cache.
    #[schema(required)]
    pub cached_input_tokens: Option<u64>,
    /// Of those of the prompt, what went into the provider's cache.
    #[schema(required)]
    pub cache_write_tokens: Option<u64>,
    /// Tokens of the reply.
    #[schema(required)]
    pub output_tokens: Option<u64>,
    /// US dollars as a decimal; null where the price is not known.
    #[schema(required)]
    pub cost_usd: Option<String>,
}

/// What came of a judge call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// The model replied.
    Replied,
    /// Its reply ended at the model's output limit.
    CutOff,
    /// It refused to judge.
    Refused,
    /// The provider's content filter stopped it.
    ContentFiltered,
    /// It did not fit into the model's context.
    ContextTooLong,
    /// A newer release recorded it, and this one cannot read it: it has no reply and no prompt here.
    Unreadable,
}

/// A judge call with its texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallDetail {
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// What the model was told, made again from the record, without the mark that fences the material off; null where that is gone, or another release wrote the prompt.
    #[schema(required)]
    pub prompt: Option<Vec<PromptMessage>>,
    /// The reply, without that mark; null where there is none, or another release recorded it.
    #[schema(required)]
    pub reply: Option<String>,
}

/// A message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromptMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
}
