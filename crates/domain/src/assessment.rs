//! The structured result of an evaluation.

use serde::{Deserialize, Serialize};

/// What the judge came to. `score`, `passed` and `preference` are there only when they mean something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Whether there is a score.
    pub outcome: Outcome,
    /// Why there is none; `None` when scored.
    pub reason: Option<ReasonCode>,
    /// The reason in one sentence.
    pub detail: Option<String>,
    /// The weighted mean of the normalised criteria, 0 to 1.
    pub score: Option<f64>,
    /// Whether the score reaches the rubric's threshold; `None` without a score or a threshold.
    pub passed: Option<bool>,
    /// Each criterion, in the rubric's order; empty unless scored.
    pub criteria: Vec<CriterionScore>,
    /// The winner of a comparison; always `None` for a single candidate.
    pub preference: Option<()>,
    /// The spread over several samples; `None` for a single one.
    pub uncertainty: Option<()>,
    /// Each judge's own word.
    pub judges: Vec<JudgeWord>,
    /// Things that a reader should know, from [`Flag`].
    pub flags: Vec<Flag>,
    /// The model that was asked for.
    pub model_requested: String,
    /// The models that answered, as the provider names them.
    pub model_used: Vec<String>,
    /// The version of the prompt.
    pub prompt_version: String,
}

/// Whether an assessment holds a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It does.
    Scored,
    /// The judges came to no verdict, honestly.
    Abstained,
    /// The candidate could not be judged, or the reply could not be read.
    Unscorable,
}

impl Outcome {
    /// The name in the API, in rows and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::Abstained => "abstained",
            Self::Unscorable => "unscorable",
        }
    }
}

/// Why a candidate has no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The judge's reply, and its repair, did not have the form that was asked for.
    UnreadableReply,
    /// The judge model refused.
    Refused,
    /// The provider's content filter stopped it.
    ContentFiltered,
    /// The candidate does not fit into the judge model's context.
    ContextTooLong,
    /// The reply was cut off at the model's output limit.
    ReplyCutOff,
}

/// The judgement of one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CriterionScore {
    /// The criterion's name.
    pub name: String,
    /// The value on the criterion's own scale: a number; true is 1 and false 0; a category's worth.
    pub score: f64,
    /// The value mapped onto 0 to 1.
    pub normalized: f64,
    /// The category, or `true` and `false`; `None` on a numeric scale.
    pub label: Option<String>,
    /// How much it counts.
    pub weight: f64,
    /// Why, in the judge's words, written before the score.
    pub rationale: String,
    /// What the judge quoted.
    pub evidence: Vec<Evidence>,
}

/// A quotation, looked up in the candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The words as the judge gave them.
    pub quote: String,
    /// JSON pointer to the payload's text that holds them.
    pub pointer: Option<String>,
    /// Where they begin in that text, in bytes of UTF-8.
    pub start: Option<usize>,
    /// Where they end.
    pub end: Option<usize>,
    /// Whether they are there at all.
    pub found: bool,
}

/// One judge's own word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeWord {
    /// The model that answered.
    pub model: String,
    /// The provider that was asked.
    pub provider: String,
    /// Its part: `judge`.
    pub role: String,
    /// The round, from 1.
    pub round: u32,
    /// Its score, 0 to 1.
    pub score: Option<f64>,
    /// What it says about the whole.
    pub rationale: String,
}

/// Something that a reader of the assessment should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// A quotation is not in the candidate.
    EvidenceNotFound,
    /// The first reply could not be read; the second could.
    ReplyRepaired,
}
