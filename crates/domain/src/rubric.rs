//! What is judged and on which scale.

pub mod builtin;
mod custom;
mod parse;
mod parse_custom;
mod scale;
pub mod template;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use custom::{Meaning, Prompt, ReplyForm, ReplyFormat, Side, Syntax, Take};
pub use parse::{parse, parse_reference};
pub use parse_custom::{MAX_COMPILED_PATTERN, group_of, is_discrete};
pub use scale::Scale;

use crate::webhook::RubricWebhook;

/// A rubric: criteria, each on its own scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rubric {
    /// Its name; an inline rubric may have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for, in words for people and for the judge.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The lowest overall score (0 to 1) that passes; without one nothing is said about passing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_threshold: Option<f64>,
    /// The judge model, where the request names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whether another deployment of the model may answer where its first one does not: that may be another model, and
    /// another judge is another instrument.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub fallback: bool,
    /// What is judged; at least one, in the order in which the judge goes through them.
    pub criteria: Vec<Criterion>,
    /// What a judge goes through before it scores, in order; empty: made once by the model where they are wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// A judge prompt of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// How the reply to that prompt is read; absent: as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyForm>,
    /// Who is told when an evaluation by it has ended, where the payload names nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<RubricWebhook>,
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
fn is_yes(flag: &bool) -> bool {
    *flag
}

/// One thing that is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Criterion {
    /// Its name, unique within the rubric.
    pub name: String,
    /// What the judge should look at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How much it counts in the overall score; more than 0.
    #[serde(default = "one")]
    pub weight: f64,
    /// The values that it can have.
    #[serde(default = "Scale::one_to_five")]
    pub scale: Scale,
    /// Whether a judge may say that it does not apply to what is judged; the others then count alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_not_apply: bool,
    /// Whether a judge names the message of a trajectory at which it failed: `failure_step` of the assessment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locate: bool,
}

/// How a request or a client names a rubric.
#[derive(Debug, Clone, PartialEq)]
pub enum RubricChoice {
    /// A stored or built-in rubric; without a version the newest.
    Named(RubricReference),
    /// A rubric of the request's own.
    Inline(Box<Rubric>),
}

/// `name` or `name@version`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RubricReference {
    /// The rubric's name.
    pub name: String,
    /// The version, from 1.
    pub version: Option<u32>,
}

impl RubricChoice {
    /// How an inline rubric is shown where a stored one shows `name@version`.
    #[must_use]
    pub fn inline_label(rubric: &Rubric) -> String {
        rubric
            .name
            .as_ref()
            .map_or_else(|| "inline".to_owned(), |name| format!("{name}@inline"))
    }
}
