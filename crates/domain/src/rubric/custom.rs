//! A rubric's own judge prompt, and how the reply to it is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A judge prompt of a rubric's own. Candidate text is put in as data and never read as a template.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Prompt {
    /// The system message; may not hold what was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The user message.
    pub user: String,
    /// How names are marked in both.
    #[serde(default, skip_serializing_if = "Syntax::is_default")]
    pub syntax: Syntax,
}

/// How a prompt marks the places of named values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Syntax {
    /// `{{ name }}`, with `{% if name %}` and the other tags of Jinja.
    #[default]
    Jinja,
    /// `{name}`, with `{{` and `}}` for braces, as Python's `str.format` has it.
    Format,
}

impl Syntax {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How the reply to a prompt of one's own is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplyForm {
    /// The form.
    #[serde(flatten)]
    pub format: ReplyFormat,
    /// Which one counts where a reply has several; absent: they have to be the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
    /// Whether `number` and `choice` are weighed by token probability.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub logprobs: bool,
}

/// JSON, of which all values have to be the same.
impl Default for ReplyForm {
    fn default() -> Self {
        Self {
            format: ReplyFormat::Json,
            take: None,
            logprobs: false,
        }
    }
}

/// The forms of a reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "format", rename_all = "snake_case")]
pub enum ReplyFormat {
    /// A JSON object with a score for each criterion.
    Json,
    /// One number.
    Number {
        /// The smallest that counts.
        min: f64,
        /// The largest.
        max: f64,
    },
    /// Several numbers in a row: one for each criterion, or one for each candidate of a comparison.
    Numbers {
        /// How many.
        count: usize,
    },
    /// One of several texts.
    Choice {
        /// What each text means.
        choices: BTreeMap<String, Meaning>,
    },
    /// What a named group of a regular expression matches.
    Regex {
        /// The expression.
        pattern: String,
        /// What the matched texts mean; empty: they are numbers or words on the scale.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        choices: BTreeMap<String, Meaning>,
    },
}

/// What a choice means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Meaning {
    /// Which candidate of a comparison is better.
    Side(Side),
    /// Whether a boolean criterion holds.
    Truth(bool),
    /// A value on a numeric scale.
    Number(f64),
    /// A category.
    Label(String),
}

/// A side of a comparison, as the judge was shown it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The candidate that was shown first.
    First,
    /// The one that was shown second.
    Second,
    /// Neither is better.
    Tie,
}

impl Side {
    /// The name in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Tie => "tie",
        }
    }

    /// The side of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::First, Self::Second, Self::Tie]
            .into_iter()
            .find(|side| side.as_str() == name)
    }

    /// As a vote for the first candidate: 1, 0, or a half for a tie.
    #[must_use]
    pub fn vote(self) -> f64 {
        match self {
            Self::First => 1.0,
            Self::Second => 0.0,
            Self::Tie => 0.5,
        }
    }
}

/// Which one of several counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The first.
    First,
    /// The last.
    Last,
}
