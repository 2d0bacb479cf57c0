//! The ways of judging and their options, as a request asks for them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a candidate is judged.
#[derive(Debug, Clone, PartialEq)]
pub enum Strategy {
    /// The judge scores at once; a rationale stands before each score.
    Direct(Options),
    /// The judge goes through evaluation steps, reasons, and only then scores.
    Cot(Options),
    /// Several judges score, read each other's arguments and score again. Without rounds: a jury.
    Debate(Debate),
}

impl Default for Strategy {
    fn default() -> Self {
        Self::Direct(Options::default())
    }
}

impl Strategy {
    /// The name in the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Direct(_) => "direct",
            Self::Cot(_) => "cot",
            Self::Debate(_) => "debate",
        }
    }
}

/// What a judge that works alone may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// One call for each criterion instead of one for all.
    pub per_criterion: bool,
    /// Scores on discrete scales are weighed by the probabilities of the judge's tokens.
    pub logprobs: bool,
    /// A comparison is made in both orders.
    pub swap: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            per_criterion: false,
            logprobs: false,
            swap: true,
        }
    }
}

/// A debate or a jury, as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Debate {
    /// Who debates, 2 to [`Debate::MAX_DEBATERS`]; empty: the evaluation's model twice, once as advocate and
    /// once as critic.
    pub debaters: Vec<Debater>,
    /// Rounds after the independent openings, 0 to [`Debate::MAX_ROUNDS`]; 0 is a jury.
    pub rounds: u32,
    /// How positions become one verdict; absent: a moderator after a debate, the mean of a jury.
    pub verdict: Option<Ruling>,
    /// The moderator's model; absent: the evaluation's.
    pub moderator: Option<String>,
    /// How far apart the normalised scores of a criterion may lie for the debaters to agree, 0 to 1.
    pub agreement: f64,
    /// How many of the last rounds a debater is shown, from 1.
    pub window: u32,
    /// A comparison is made in both orders.
    pub swap: bool,
}

impl Debate {
    /// Debaters at most.
    pub const MAX_DEBATERS: usize = 8;
    /// Rounds at most.
    pub const MAX_ROUNDS: u32 = 5;
    /// Rounds where a request names none.
    pub const ROUNDS: u32 = 2;
    /// One step on a scale from 1 to 5.
    pub const AGREEMENT: f64 = 0.25;
}

impl Default for Debate {
    fn default() -> Self {
        Self {
            debaters: Vec::new(),
            rounds: Self::ROUNDS,
            verdict: None,
            moderator: None,
            agreement: Self::AGREEMENT,
            window: 1,
            swap: true,
        }
    }
}

/// One who debates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Debater<M = Option<String>> {
    /// The model; absent in a request: the evaluation's.
    pub model: M,
    /// The side that it starts from.
    pub stance: Stance,
    /// How much its word counts; more than 0.
    pub weight: f64,
}

/// The side that a debater starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// None.
    #[default]
    Neutral,
    /// Looks for what speaks for the candidate.
    Advocate,
    /// Looks for what speaks against the candidate.
    Critic,
}

impl Stance {
    /// All of them, in the order in which they are listed to people.
    pub const ALL: [Self; 3] = [Self::Neutral, Self::Advocate, Self::Critic];

    /// The name in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Advocate => "advocate",
            Self::Critic => "critic",
        }
    }
}

/// How the last positions of several judges become one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// A further call reads the debate and gives the verdict, or says that there is none.
    Moderator,
    /// The weighted mean of each criterion.
    Mean,
    /// The weighted median of each criterion.
    Median,
    /// Of each criterion the value with the most weight behind it; a tie is no consensus.
    Majority,
    /// Only agreement counts.
    Consensus,
}

impl Ruling {
    /// All of them, in the order in which they are listed to people.
    pub const ALL: [Self; 5] = [
        Self::Moderator,
        Self::Mean,
        Self::Median,
        Self::Majority,
        Self::Consensus,
    ];

    /// The name in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moderator => "moderator",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Majority => "majority",
            Self::Consensus => "consensus",
        }
    }
}
