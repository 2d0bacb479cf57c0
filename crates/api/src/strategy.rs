//! How a request asks to be judged.

use domain::strategy::{Ruling, Stance};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A strategy: its name, or its name with options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum StrategyChoice {
    /// With the usual options.
    Named(StrategyName),
    /// With options.
    WithOptions(StrategyOptions),
}

/// The strategies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StrategyName {
    /// The judge scores at once; a rationale stands before each score.
    Direct,
    /// The judge goes through evaluation steps, reasons, and only then scores.
    Cot,
    /// Several judges score, read each other's arguments and score again.
    Debate,
    /// A cheap stage judges, and a dearer one only where the first is unsure.
    Cascade,
}

/// A strategy with its options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StrategyOptions {
    /// The judge scores at once.
    Direct(JudgeOptions),
    /// The judge goes through evaluation steps first.
    Cot(JudgeOptions),
    /// Several judges.
    Debate(DebateOptions),
    /// A cheap stage, and a dearer one where it is unsure.
    Cascade(Box<CascadeOptions>),
}

/// What a judge that works alone may be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JudgeOptions {
    /// One call for each criterion instead of one for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_criterion: Option<bool>,
    /// Scores on discrete scales are weighed by the probabilities of the judge's tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// A comparison is made in both orders; only with `outputs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<bool>,
}

/// Options of a debate, or of a jury (`rounds` 0).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DebateOptions {
    /// The judges' models, where they differ in nothing else; mutually exclusive with `debaters`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 2, max_items = 8)]
    pub models: Option<Vec<String>>,
    /// The judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 2, max_items = 8)]
    pub debaters: Option<Vec<DebaterOptions>>,
    /// Rounds after the independent openings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 5)]
    pub rounds: Option<u32>,
    /// How the last positions become one verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Ruling>,
    /// The moderator's model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256)]
    pub moderator: Option<String>,
    /// How far apart the normalised scores of a criterion may lie for the debaters to agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub agreement: Option<f64>,
    /// How many of the last rounds a debater is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 5)]
    pub window: Option<u32>,
    /// A comparison is made in both orders; only with `outputs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<bool>,
}

/// Options of a cascade.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CascadeOptions {
    /// The cheap stage; absent: `direct` with three samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<StageChoice>,
    /// The dearer stage; absent: `debate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<StageChoice>,
    /// Where it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<EscalationOptions>,
}

/// A stage of a cascade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum StageChoice {
    /// A strategy with the usual options.
    Named(StageKind),
    /// A strategy with options.
    WithOptions(StageOptions),
    /// A judge that scores at once.
    Judge(PlainStage),
}

/// The strategies of stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// The judge scores at once.
    Direct,
    /// The judge goes through evaluation steps first.
    Cot,
    /// Several judges.
    Debate,
}

/// The strategy of a stage with its options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StageOptions {
    /// The judge scores at once.
    Direct(JudgeStage),
    /// The judge goes through evaluation steps first.
    Cot(JudgeStage),
    /// Several judges.
    Debate(DebateStage),
}

/// A stage whose judge scores at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlainStage {
    /// The judge model; absent: the evaluation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256)]
    pub model: Option<String>,
    /// How many times the judge is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 32)]
    pub samples: Option<u32>,
}

/// A stage with one judge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JudgeStage {
    /// The judge model; absent: the evaluation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256)]
    pub model: Option<String>,
    /// How many times the judge is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 32)]
    pub samples: Option<u32>,
    /// One call for each criterion instead of one for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_criterion: Option<bool>,
    /// Scores on discrete scales are weighed by the probabilities of the judge's tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// A comparison is made in both orders; only with `outputs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<bool>,
}

/// A stage with several judges.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DebateStage {
    /// The model of debaters and moderator that name none; absent: the evaluation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256)]
    pub model: Option<String>,
    /// How they debate.
    #[serde(flatten)]
    pub options: DebateOptions,
}

/// Where the first stage of a cascade is unsure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationOptions {
    /// Where the interval around its score holds the rubric's `pass_threshold`; in a comparison, where that around its votes
    /// holds one half. Absent: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<bool>,
    /// How far that interval reaches to either side at least. Absent: 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub margin: Option<f64>,
    /// Where the normalised scores of its judges, or samples, lie further apart than this on a criterion. Absent: 0.25; 1
    /// is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub disagreement: Option<f64>,
    /// Where it came to no score. Absent: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unscorable: Option<bool>,
}

/// One who debates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DebaterOptions {
    /// The model; absent: the evaluation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256)]
    pub model: Option<String>,
    /// The side that it starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stance: Option<Stance>,
    /// How much its word counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0.0, maximum = 1_000_000.0)]
    pub weight: Option<f64>,
}
