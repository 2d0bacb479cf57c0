//! Audits of judges: the same candidates once more, changed in what should not matter.

use domain::EvaluationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Estimate, StudyJudging, StudySample, StudyStatus};

/// What may move a judge and should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bias {
    /// Which of two candidates is shown first; of comparisons only.
    Position,
    /// How long the text is: with a paragraph more that says nothing.
    Length,
    /// Whether the text is said to be by the judge's own model, or by another one.
    OwnModel,
    /// Whether the text has Markdown: with headings and bold words, or, where it has some, without.
    Formatting,
    /// Whose name it bears: of two first names that differ in what readers take them to say of their bearer.
    Names,
}

impl Bias {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Position,
        Self::Length,
        Self::OwnModel,
        Self::Formatting,
        Self::Names,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Length => "length",
            Self::OwnModel => "own_model",
            Self::Formatting => "formatting",
            Self::Names => "names",
        }
    }
}

/// An audit of a judge by a rubric version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Audit {
    /// Its id.
    pub id: Uuid,
    /// The version by which it judges, `name@version`.
    pub rubric: String,
    /// The model in the place of all that a request names; null: those of each request.
    #[schema(required)]
    pub judge: Option<String>,
    /// How far it is.
    pub status: StudyStatus,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Which evaluations it looks at.
    pub sample: StudySample,
    /// What it has judged.
    pub judging: StudyJudging,
    /// What was found of each bias that was asked for.
    pub biases: Vec<BiasFigures>,
}

/// What was found of a bias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BiasFigures {
    /// Which.
    pub bias: Bias,
    /// How many candidates the figures are of: those with a score both ways.
    pub n: u64,
    /// How many of the sample it could be tried on that have no score, one way or the other, or not yet.
    pub unused: u64,
    /// How much it moves the judge on average. A candidate's score from 0 to 1, or in a comparison the share of votes for the changed
    /// one: with it less without it (longer, formatted, own model, first of the names). Of the position the share of votes for
    /// whichever was shown first, less a half. The interval is of 95 %, drawn anew in pairs. Null without any.
    #[schema(required)]
    pub effect: Option<Estimate>,
    /// How often chance alone would bring an effect as large, either way: that of a randomization test over the signs of the differences. Null
    /// without any.
    #[schema(required)]
    pub p_value: Option<f64>,
    /// Whether that is at most once in twenty times, which fewer than six candidates never show; null without any.
    #[schema(required)]
    pub found: Option<bool>,
    /// How many candidates it moved at all.
    pub moved: u64,
    /// Those that it moved most, up to 20.
    pub cases: Vec<BiasCase>,
}

/// A candidate that a bias moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BiasCase {
    /// The evaluation of the sample.
    pub id: EvaluationId,
    /// How much it moved.
    pub effect: f64,
    /// The audit's evaluation without the change.
    pub without: EvaluationId,
    /// That with it.
    pub with: EvaluationId,
}
