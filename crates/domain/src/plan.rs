//! What is decided when an evaluation is first claimed, and never changes afterwards.

use serde::{Deserialize, Serialize};

use crate::rubric::Rubric;

/// The decisions behind one evaluation: a deploy, an edited setting or a new rubric version in the middle of
/// it changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The format of this record; see [`Plan::VERSION`].
    pub version: u16,
    /// The strategy with its options.
    pub strategy: StrategyPlan,
    /// The version of the prompt, such as `direct-1`.
    pub prompt_version: String,
    /// How the rubric is named: `name@version`, or `inline`.
    pub rubric_label: String,
    /// The rubric itself.
    pub rubric: Rubric,
    /// The judge model.
    pub model: String,
    /// The sampling temperature, where one was asked for.
    pub temperature: Option<f64>,
    /// 128 random bits in hexadecimal: fences the candidate's text off in prompts, so that it cannot
    /// pretend to end.
    pub nonce: String,
    /// A random seed for whatever a strategy has to choose.
    pub seed: u64,
}

impl Plan {
    /// The format that this build writes and reads. A worker gives back an evaluation whose plan is newer.
    pub const VERSION: u16 = 1;
}

/// A strategy and the options that it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StrategyPlan {
    /// One structured call for all criteria.
    Direct {},
}
