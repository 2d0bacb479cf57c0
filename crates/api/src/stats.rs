//! Figures of evaluations over time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Figures of the evaluations that were posted in a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// How long an interval is.
    pub interval: StatsInterval,
    /// Where the time begins: later than asked for where nothing was posted before; the whole hour before where too many
    /// were posted within that hour to be counted anew.
    pub from: Timestamp,
    /// Where it ends; likewise.
    pub to: Timestamp,
    /// What was posted before the hour before this one is told as of about then, and so are newer hours with more than
    /// 500 evaluations; null when nothing was counted yet.
    #[schema(required)]
    pub as_of: Option<Timestamp>,
    /// Of the whole time.
    pub sum: Figures,
    /// By interval, the oldest first. Those in which nothing was posted are left out.
    pub intervals: Vec<IntervalFigures>,
}

/// How long an interval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatsInterval {
    /// An hour.
    Hour,
    /// A day in UTC.
    Day,
}

/// Figures of an interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IntervalFigures {
    /// When it begins.
    pub start: Timestamp,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of a set of evaluations. Each says of how many it is, and how many it could not use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figures {
    /// How many there are.
    pub evaluations: u64,
    /// How many have which status; one that none has is 0.
    pub status: BTreeMap<String, u64>,
    /// How many that succeeded have which outcome; one that none has is 0.
    pub outcome: BTreeMap<String, u64>,
    /// How many could be scored.
    pub coverage: Coverage,
    /// By the criterion's name.
    pub criteria: BTreeMap<String, ScoreFigures>,
    /// How many passed.
    pub pass_rate: PassRate,
    /// What they cost.
    pub cost: CostFigures,
    /// How long they took, from their posting to their end; after a retry, to the last one.
    pub latency: LatencyFigures,
}

/// How many could be scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    /// Scored ones.
    pub n: u64,
    /// Those that ended without a score: failed, abstained or unscorable. Cancelled ones count neither way.
    pub unused: u64,
    /// The share of the former; null where there are none of both.
    #[schema(required)]
    pub share: Option<f64>,
}

/// The normalised scores of a criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoreFigures {
    /// How many there are.
    pub n: u64,
    /// How often the criterion did not apply.
    pub not_applicable: u64,
    /// Scored evaluations that say nothing of this criterion: their rubric has none of this name, or their assessment was
    /// not brought into the figures yet.
    pub unused: u64,
    /// The mean; null where there are none.
    #[schema(required)]
    pub mean: Option<f64>,
    /// How many lie in each tenth from 0 to 1; 1 itself counts with the last.
    pub histogram: [u64; 10],
}

/// The share that passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PassRate {
    /// Scored ones whose rubric says when they pass.
    pub n: u64,
    /// How many of them passed.
    pub passed: u64,
    /// All others: not ended, not scored, or without a pass mark.
    pub unused: u64,
    /// The share; null where there are none.
    #[schema(required)]
    pub rate: Option<f64>,
    /// The lower end of its interval.
    #[schema(required)]
    pub low: Option<f64>,
    /// The upper end.
    #[schema(required)]
    pub high: Option<f64>,
    /// How the interval is reckoned: `wilson_95`.
    pub method: String,
}

/// What judge calls cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CostFigures {
    /// In USD, of the calls whose price is known; null where none is.
    #[schema(required)]
    pub usd: Option<String>,
    /// How many calls those are.
    pub n: u64,
    /// Calls whose price is not known.
    pub unused: u64,
}

/// How long evaluations took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LatencyFigures {
    /// How many have ended.
    pub n: u64,
    /// How many have not.
    pub unused: u64,
    /// Half of them took no longer than this, in seconds.
    #[schema(required)]
    pub p50_seconds: Option<f64>,
    /// 95 % of them.
    #[schema(required)]
    pub p95_seconds: Option<f64>,
    /// 99 % of them.
    #[schema(required)]
    pub p99_seconds: Option<f64>,
    /// How far these may be from the truth, as a share of it: they are read from bins.
    pub relative_error: f64,
}
