//! Checks of rubric versions: labelled evaluations judged once more.

use std::collections::BTreeMap;

use domain::EvaluationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Agreement, Estimate, Usage};

/// How far a study is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StudyStatus {
    /// Workers judge what it looks at; its figures are of what they have judged so far.
    Running,
    /// Everything that it looks at has ended, also what it has not judged itself.
    Finished,
}

/// What a study would judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StudyPreview {
    /// `name@version`.
    pub rubric: String,
    /// What it is compared with: `name@version`, or `judged`, the version by which each was judged; null for an audit.
    #[schema(required)]
    pub against: Option<String>,
    /// What of the sample can be looked at.
    pub sample: StudySample,
    /// How many evaluations would be judged. What was judged by the version already is not judged again.
    pub evaluations: u64,
    /// What these took when they were judged before, by the version and the model of that time: what they may take now. Tokens and
    /// cost are null where those of a call are not known or one was never judged, and the cost where another model judged than will.
    pub estimate: Usage,
}

/// Which labelled evaluations a study looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StudySample {
    /// How many there are that match.
    pub matched: u64,
    /// How many it looks at.
    pub chosen: u64,
    /// How many it does not look at, by reason: `older` (than the newest that it takes), `payload_gone` (retention has removed what was
    /// sent), `incompatible` (the rubric does not fit what was sent), `other_kind` (the judge sees no text that an audit can change). A reason that
    /// none has is 0.
    pub reasons: BTreeMap<String, u64>,
}

/// A check of a rubric version: what it says of labelled evaluations, beside another version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// Its id.
    pub id: Uuid,
    /// The version that is checked, `name@version`.
    pub rubric: String,
    /// What it is compared with: `name@version`, or `judged`, the version by which each was judged.
    pub against: String,
    /// How far it is.
    pub status: StudyStatus,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// What the figures are about: a criterion; null: the whole.
    #[schema(required)]
    pub criterion: Option<String>,
    /// Which labelled evaluations it looks at.
    pub sample: StudySample,
    /// What it has judged.
    pub judging: StudyJudging,
    /// What the evaluations took whose verdicts are compared, whether they were judged for this or before.
    pub usage: CheckUsage,
    /// How many evaluations both versions have a verdict on.
    pub coverage: StudyCoverage,
    /// Whose verdict changes, by what it was and what it is.
    pub flips: Vec<Flip>,
    /// Whose value changes most, at most 10, also where no verdict in words does.
    pub moved: Vec<MovedCase>,
    /// How much the score changes on average, from 0 to 1; of a comparison the share of votes for the first. Null without any.
    #[schema(required)]
    pub score_change: Option<Estimate>,
    /// How much the share of evaluations changes on which the judge says what people say: drawn in pairs, null without any.
    #[schema(required)]
    pub accuracy_change: Option<Estimate>,
    /// The version that is checked, beside the labels.
    pub after: Agreement,
    /// What it is compared with, beside the labels.
    pub before: Agreement,
}

/// What the verdicts on both sides of a check took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckUsage {
    /// What it is compared with.
    pub before: Usage,
    /// The version that is checked.
    pub after: Usage,
}

/// An evaluation whose value changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MovedCase {
    /// By how much, from −1 to 1; of a comparison the vote for the first.
    pub change: f64,
    /// Which.
    #[serde(flatten)]
    pub case: FlippedCase,
}

/// What a study has judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StudyJudging {
    /// How many evaluations it needs.
    pub total: u64,
    /// How many of them have ended.
    pub ended: u64,
    /// What they took.
    pub usage: Usage,
}

/// How many evaluations can be compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StudyCoverage {
    /// How many it looks at.
    pub chosen: u64,
    /// How many of them are compared.
    pub compared: u64,
    /// The share that is; null where there are none.
    #[schema(required)]
    pub share: Option<f64>,
    /// Why not, by reason: `not_ended`, `failed`, `cancelled`, `abstained`, `unscorable`, `not_applicable`, each with `_before` or
    /// `_after` for whose verdict is missing, the first that is. Only reasons that some have.
    pub reasons: BTreeMap<String, u64>,
}

/// Evaluations whose verdict changes in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Flip {
    /// What it was: `passed` or `failed`, the side of a comparison, or the criterion's category or truth.
    pub from: String,
    /// What it is.
    pub to: String,
    /// How many.
    pub count: u64,
    /// Which: all of them, the newest first.
    pub cases: Vec<FlippedCase>,
}

/// An evaluation whose verdict changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlippedCase {
    /// The labelled evaluation.
    pub id: EvaluationId,
    /// The evaluation that holds what it was: the same, or one of the study's own.
    pub before: EvaluationId,
    /// The evaluation that holds what it is.
    pub after: EvaluationId,
}
