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
