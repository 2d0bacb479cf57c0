//! Agreement of judges with people.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What judges say beside what people say of the same candidates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Agreement {
    /// `name@version`, or a name for all its versions.
    pub rubric: String,
    /// The criterion; null: the whole.
    #[schema(required)]
    pub criterion: Option<String>,
    /// What the labels say that are compared.
    pub compares: AgreementSubject,
    /// How many evaluations the figures are of.
    pub n: u64,
    /// How many labelled evaluations could be used.
    pub coverage: AgreementCoverage,
    /// The share of evaluations of which the judge says the same value of the confusion table as people; null without any.
    #[schema(required)]
    pub accuracy: Option<Estimate>,
    /// Cohen's kappa of the values of the confusion table; null where it is undefined.
    #[schema(required)]
    pub kappa: Option<Estimate>,
    /// Scott's pi of them; null where it is undefined.
    #[schema(required)]
    pub scott_pi: Option<Estimate>,
    /// Krippendorff's alpha: of differences on a numeric scale, of ranks for categories, else of equal or not; null where it is
    /// undefined.
    #[schema(required)]
    pub krippendorff_alpha: Option<Estimate>,
    /// Pearson's correlation of the values themselves; null where one side does not vary.
    #[schema(required)]
    pub pearson: Option<Estimate>,
    /// Spearman's correlation of the values themselves; null where one side does not vary.
    #[schema(required)]
    pub spearman: Option<Estimate>,
    /// Kendall's tau-b of the values themselves; null where one side does not vary.
    #[schema(required)]
    pub kendall_tau_b: Option<Estimate>,
    /// How well judges find what people would pass; null unless it is about the whole and the rubric has a threshold.
    #[schema(required)]
    pub passing: Option<PassAgreement>,
    /// How far people agree among themselves.
    pub between_raters: RaterAgreement,
    /// How often people say this and judges say that.
    pub confusion: Confusion,
    /// How intervals are reckoned.
    pub intervals: IntervalMethod,
}

/// What labels say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgreementSubject {
    /// A score.
    Score,
    /// Which of two candidates is better.
    Preference,
}

/// How many labelled evaluations could be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgreementCoverage {
    /// How many there are.
    pub labelled: u64,
    /// How many of them could not be used.
    pub unused: u64,
    /// The share that could; null where there are none.
    #[schema(required)]
    pub share: Option<f64>,
    /// Why not, by reason: `not_ended`, `failed`, `cancelled`, `abstained`, `unscorable`, `not_applicable`, `not_assessed` (the assessment
    /// says nothing of it, or not yet in figures), `note_only` (labels are notes alone), `raters_disagree` (no value is the most
    /// frequent), `other_subject` (scores among preferences, or the other way round), `other_scale` (the version has another
    /// scale), `older` (than the newest that are looked at). A reason that none has is 0.
    pub reasons: BTreeMap<String, u64>,
}

/// A figure and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The lower end of its interval; null where that is undefined, as of a correlation of two evaluations.
    #[schema(required)]
    pub low: Option<f64>,
    /// The upper end.
    #[schema(required)]
    pub high: Option<f64>,
}

/// How well judges find what people would pass: what reaches the threshold by their score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PassAgreement {
    /// The threshold, of the newest version where none is named.
    pub threshold: f64,
    /// The share of what judges pass that people pass; null where judges pass none.
    #[schema(required)]
    pub precision: Option<Estimate>,
    /// The share of what people pass that judges pass; null where people pass none.
    #[schema(required)]
    pub recall: Option<Estimate>,
    /// Their harmonic mean; null where neither passes any.
    #[schema(required)]
    pub f1: Option<Estimate>,
    /// The share of all evaluations of the rubric that judges pass, labelled or not, of the last 400 days; null where it was not asked
    /// (in a check) or none has a verdict.
    #[schema(required)]
    pub pass_rate: Option<Estimate>,
    /// The same, corrected for the errors that the labels show (Rogan and Gladen); null where judges are no better than chance, or
    /// people pass all or none.
    #[schema(required)]
    pub corrected_pass_rate: Option<Estimate>,
}

/// How far people agree among themselves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RaterAgreement {
    /// How many evaluations have labels of two raters or more, whatever their judges came to.
    pub n: u64,
    /// Krippendorff's alpha of their labels; null where it is undefined.
    #[schema(required)]
    pub krippendorff_alpha: Option<Estimate>,
}

/// How often people say this and judges say that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Confusion {
    /// The values of both sides, in order: `not_passed` and `passed` where the rubric has a threshold, whole numbers, ranges,
    /// categories, truths or sides.
    pub values: Vec<String>,
    /// The cells that are not empty, by the human value and then the judge's.
    pub cells: Vec<ConfusionCell>,
}

/// A cell of a confusion table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConfusionCell {
    /// What people say.
    pub human: String,
    /// What judges say.
    pub judge: String,
    /// How often.
    pub count: u64,
    /// The newest of these evaluations, up to 20.
    pub cases: Vec<ConfusionCase>,
}

/// An evaluation in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfusionCase {
    /// Its id.
    pub id: Uuid,
    /// Its path.
    #[schema(examples("/v1/evaluations/61ea3b2a-e850-8b74-8491-4ad71b66e01c"))]
    pub url: String,
}

/// How intervals are reckoned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IntervalMethod {
    /// `bootstrap_percentile_95`: the same question of the same labels has the same answer. Where no draw differs, as where all are alike, it
    /// has no width.
    pub method: String,
    /// Those of accuracy, precision and recall: `wilson_95`.
    pub shares: String,
    /// How often is drawn anew.
    pub resamples: u64,
    /// The figures are of so many of the newest labelled evaluations at most.
    pub max_evaluations: u64,
}
