//! What a client posts to be judged, and what it is answered.

use std::collections::BTreeMap;

use domain::{EvaluationId, Priority};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Status;
use crate::problem::Problem;
use crate::rubric::RubricChoice;
use crate::strategy::StrategyChoice;

/// One request to judge: at least one of `output`, `outputs`, `trajectory` and `change`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The candidate's text: code, an answer, a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Two candidates to compare; mutually exclusive with the other three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 2, max_items = 2)]
    pub outputs: Option<[Output; 2]>,
    /// The course of the agent's work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trajectory: Option<Vec<Message>>,
    /// A change to existing files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What the agent was asked to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Prose>,
    /// A right or good output to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What the agent was given to work with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// What is judged; absent: the setting `default_rubric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rubric: Option<RubricChoice>,
    /// How it is judged; absent: `direct`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<StrategyChoice>,
    /// The judge model; absent: the rubric's, then the setting `SCORING_MODEL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256)]
    pub model: Option<String>,
    /// How many times the judge is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 32)]
    pub samples: Option<u32>,
    /// The sampling temperature of judge calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 2.0)]
    pub temperature: Option<f64>,
    /// How soon it is wanted; absent: `interactive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Seconds from the post after which a result is of no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 604_800)]
    pub deadline_seconds: Option<u32>,
    /// Who is told when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// The client's own labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Makes an otherwise equal payload another evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1024)]
    pub run: Option<String>,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The sender's name for it; the two differ.
    #[schema(min_length = 1, max_length = 256)]
    pub id: String,
    /// The text.
    pub text: String,
}

/// A text, or a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Prose {
    /// Plain text.
    Text(String),
    /// Chat messages.
    Messages(Vec<Message>),
}

/// A chat message as the agent's framework holds it: fields that are not known here are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Who speaks, such as `user`, `assistant` or `tool`.
    pub role: String,
    /// Everything else, such as `content` and `tool_calls`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A patch, what it applies to, and what the tests said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What the patch applies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The patch.
    pub patch: String,
    /// The output of the tests after the patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_log: Option<String>,
}

/// Who is told when an evaluation has ended: a signed `POST` after the Standard Webhooks specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// An `https` URL on the public internet, or what the operator allows beside it.
    #[schema(
        min_length = 1,
        max_length = 2048,
        examples("https://example.com/autorater")
    )]
    pub url: String,
}

/// The answer to a post. From now on the evaluation is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// The evaluation's id.
    pub id: EvaluationId,
    /// Where it is.
    pub status: Status,
    /// Whether this post made it.
    pub created: bool,
    /// Where its status and, later, its assessment are read.
    pub status_url: String,
    /// The rubric version that it is judged by.
    pub rubric: String,
    /// The model that it is judged by, as far as that is decided.
    #[schema(required)]
    pub model: Option<String>,
}

/// A line of the answer to a batch, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum BatchAnswer {
    /// The line is durable.
    Accepted {
        /// The line's number, from 0; blank lines do not count.
        index: u64,
        /// The evaluation's id.
        id: EvaluationId,
        /// Where it is.
        status: Status,
        /// Whether this line made it.
        created: bool,
    },
    /// The line was refused; the others are not touched by that.
    Refused {
        /// The line's number.
        index: u64,
        /// Why.
        error: Problem,
    },
}
