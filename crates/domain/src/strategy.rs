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
    /// A cheap stage judges, and a dearer one only where the first is unsure.
    Cascade(Box<Cascade>),
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
            Self::Cascade(_) => "cascade",
        }
    }
}

/// Two stages, of which the second is asked only where the first is unsure.
#[derive(Debug, Clone, PartialEq)]
pub struct Cascade {
    /// The cheap one.
    pub first: Stage,
    /// The dearer one.
    pub then: Stage,
    /// Where it is asked.
    pub when: EscalationRule,
}

impl Cascade {
    /// Samples of the first stage where a request does not describe it: fewer do not show whether they agree.
    pub const FIRST_SAMPLES: u32 = 3;
}

impl Default for Cascade {
    fn default() -> Self {
        Self {
            first: Stage {
                samples: Self::FIRST_SAMPLES,
                ..Stage::default()
            },
            then: Stage {
                strategy: Strategy::Debate(Debate::default()),
                ..Stage::default()
            },
            when: EscalationRule::default(),
        }
    }
}

/// A stage of a cascade, as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// How it judges; no cascade.
    pub strategy: Strategy,
    /// Its model; absent: the evaluation's.
    pub model: Option<String>,
    /// How many times a judge that works alone is asked, from 1.
    pub samples: u32,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            model: None,
            samples: 1,
        }
    }
}

/// Where the first stage of a cascade is unsure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EscalationRule {
    /// Where the interval around its score holds the pass mark; in a comparison, where that around the votes holds one half.
    pub interval: bool,
    /// How far that interval reaches to either side at least, 0 to 1: a single sample has none of its own.
    pub margin: f64,
    /// Where its judges lie further apart than this on a criterion, 0 to 1; 1 is never.
    pub disagreement: f64,
    /// Where it came to no score.
    pub unscorable: bool,
}

impl EscalationRule {
    /// Not quite half a step on a scale from 1 to 5.
    pub const MARGIN: f64 = 0.1;

    /// Whether it can ever ask the second stage.
    #[must_use]
    pub fn can_escalate(&self) -> bool {
        self.interval || self.disagreement < 1.0 || self.unscorable
    }
}

impl Default for EscalationRule {
    fn default() -> Self {
        Self {
            interval: true,
            margin: Self::MARGIN,
            disagreement: Debate::AGREEMENT,
            unscorable: true,
        }
    }
}

/// The stages of a cascade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// The cheap one.
    First,
    /// The dearer one, where the first was unsure.
    Then,
}

impl StageName {
    /// The name in the API, and the first part of the names of its steps.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Then => "then",
        }
    }

    /// The stage that a step belongs to; `None` outside cascades.
    #[must_use]
    pub fn of_step(step: &str) -> Option<Self> {
        let (part, _) = step.split_once('/')?;
        [Self::First, Self::Then]
            .into_iter()
            .find(|stage| stage.as_str() == part)
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
