//! The structured result of an evaluation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::rubric::Side;
use crate::strategy::{StageName, Stance};

/// What the judge came to. `score`, `passed` and `preference` are there only when they mean something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Assessment {
    /// Whether there is a score.
    pub outcome: Outcome,
    /// Why there is none; null when scored.
    #[schema(value_type = Option<String>, examples("refused", "no_consensus"))]
    pub reason: Option<ReasonCode>,
    /// The reason in one sentence.
    pub detail: Option<String>,
    /// The weighted mean of the normalised criteria, 0 to 1.
    pub score: Option<f64>,
    /// Whether the score reaches the rubric's threshold; null without a score or a threshold.
    pub passed: Option<bool>,
    /// Each criterion, in the rubric's order; empty unless scored or, for `not_applicable`, without a score
    /// on any.
    pub criteria: Vec<CriterionScore>,
    /// The winner of a comparison; null for a single candidate.
    pub preference: Option<Preference>,
    /// The spread over several samples or jurors; null for a single one.
    pub uncertainty: Option<Uncertainty>,
    /// Each judge's own word.
    pub judges: Vec<JudgeWord>,
    /// Things that a reader should know; a later release may know more of them.
    #[schema(value_type = Vec<String>, examples("evidence_not_found"))]
    pub flags: Vec<Flag>,
    /// The model that was asked for.
    pub model_requested: String,
    /// The models that answered, as the provider names them.
    pub model_used: Vec<String>,
    /// The version of the prompt; of a cascade that of the stage which decided.
    pub prompt_version: String,
    /// The tiers of providers at which its replies were bought, in their words; `standard` for those that were bought without
    /// one. Absent where none was bought at another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(examples(json!(["flex", "standard"])))]
    pub service_tiers: Vec<String>,
    /// Of a cascade: which stage decided, and why; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cascade: Option<CascadeDecision>,
}

/// Whether an assessment holds a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
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

    /// The outcome of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Scored, Self::Abstained, Self::Unscorable]
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
    }
}

/// Why a candidate has no score.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The rubric's own prompt uses a value that the submission does not have.
    PromptIncomplete,
    /// The judges did not agree, or a vote was tied.
    NoConsensus,
    /// None of the rubric's criteria applies to what is judged.
    NotApplicable,
    /// One of a newer release.
    #[serde(untagged)]
    Other(String),
}

/// Which of two candidates is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Preference {
    /// The better one, in the order of the payload.
    pub winner: Side,
    /// The sender's name for it; null where neither is better.
    #[serde(default)]
    pub winner_id: Option<String>,
    /// The share of the judges' votes for the first, 0 to 1; a tie counts half.
    pub probability_first: f64,
    /// Whether the answer changed with the order in which the two were shown; null where only one order
    /// was tried.
    pub order_dependent: Option<bool>,
}

/// How sure the overall score, or the vote of a comparison, is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Uncertainty {
    /// How many values it rests on.
    pub samples: u32,
    /// How many more were asked for and could not be used.
    pub unusable: u32,
    /// The standard deviation of the values (n − 1 in the denominator); null for a single value.
    pub std: Option<f64>,
    /// The lower end of the interval for the mean, within 0 to 1; null for a single value.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// How the interval was found, such as `student_t_95`.
    pub method: String,
}

/// The label of a criterion that does not apply.
pub const NOT_APPLICABLE: &str = "not_applicable";

/// The judgement of one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CriterionScore {
    /// The criterion's name.
    pub name: String,
    /// The value on the criterion's own scale: a number; true is 1 and false 0; a category's worth. In a
    /// comparison the share of the votes for the first candidate. null where the criterion does not apply.
    pub score: Option<f64>,
    /// The value mapped onto 0 to 1.
    pub normalized: Option<f64>,
    /// The category, or `true` and `false`; `first`, `second` or `tie` in a comparison; `not_applicable`; null on a
    /// numeric scale and where several judges' values were put together into one that has no name.
    pub label: Option<String>,
    /// How much it counts.
    pub weight: f64,
    /// Why, in the judge's words, written before the score.
    pub rationale: String,
    /// What the judge quoted.
    pub evidence: Vec<Evidence>,
    /// The message of the trajectory at which it failed, as its index from 0 (`/trajectory/3` is 3); null where it did not
    /// fail, no single message shows it, or there is no trajectory. Absent unless the criterion has `locate`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    #[schema(value_type = Option<usize>, required = false)]
    pub failure_step: Option<Option<usize>>,
    /// Whether the score is the expected value over the judge's token probabilities (G-Eval, Liu et al. 2023)
    /// and not the one value that it wrote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weighed: bool,
}

/// Tells a null from a member that is absent.
fn present<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Option<Option<usize>>, D::Error> {
    Option::deserialize(given).map(Some)
}

/// A quotation, looked up in the candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JudgeWord {
    /// The model that answered.
    pub model: String,
    /// The provider that was asked.
    pub provider: String,
    /// Its part: `judge`, `juror`, `debater` or `moderator`.
    pub role: String,
    /// The stage of a cascade in which it spoke; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageName>,
    /// The name under which the others know a debater: `A`, `B` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The side that a debater starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stance: Option<Stance>,
    /// The round, from 1; the openings of a debate are round 0.
    pub round: u32,
    /// Which of several samples it is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u32>,
    /// Whether it was shown the second candidate of a comparison first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped: Option<bool>,
    /// Its score, 0 to 1.
    pub score: Option<f64>,
    /// The candidate that it prefers in a comparison, in the order of the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<Side>,
    /// What it says about the whole.
    pub rationale: String,
    /// What it says about each criterion, where there are several judges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<CriterionWord>,
    /// That it changed its position in this round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
}

/// What one of several judges says about a criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CriterionWord {
    /// The criterion's name.
    pub name: String,
    /// The value mapped onto 0 to 1; in a comparison the vote for the first candidate. null where the criterion does
    /// not apply.
    pub normalized: Option<f64>,
    /// The category, truth or side, or `not_applicable`.
    pub label: Option<String>,
    /// Why.
    pub rationale: String,
    /// The index of the message of the trajectory at which it failed, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_step: Option<usize>,
}

/// A change of position in a debate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Moved {
    /// The overall score, or the vote for the first candidate, of the round before.
    pub from: f64,
    /// That of this round.
    pub to: f64,
    /// The argument that moved it, such as `B1.correctness`: debater, round, criterion; null where it names none.
    pub by: Option<String>,
}

/// Which stage of a cascade decided, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CascadeDecision {
    /// The stage that the assessment is of: the last that was asked.
    pub decided_by: StageName,
    /// Why the first one was enough, or why it was not.
    #[schema(value_type = String, examples("sure", "interval", "disagreement", "unscorable"))]
    pub reason: DecisionReason,
    /// The reason in one sentence.
    pub detail: String,
    /// What each stage that was asked came to.
    pub stages: Vec<StageResult>,
}

/// Why a stage of a cascade decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionReason {
    /// The first stage was sure.
    Sure,
    /// The interval around its score holds the pass mark; in a comparison, that around its votes one half.
    Interval,
    /// Its judges are too far apart.
    Disagreement,
    /// It came to no score.
    Unscorable,
    /// One of a newer release.
    #[serde(untagged)]
    Other(String),
}

impl DecisionReason {
    /// The name in the API and in metrics.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sure => "sure",
            Self::Interval => "interval",
            Self::Disagreement => "disagreement",
            Self::Unscorable => "unscorable",
            Self::Other(name) => name,
        }
    }
}

/// What a stage of a cascade came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageResult {
    /// Which one.
    pub stage: StageName,
    /// Its strategy's name.
    pub strategy: String,
    /// The model that it was to ask.
    pub model: String,
    /// The version of its prompt.
    pub prompt_version: String,
    /// Whether it came to a score.
    pub outcome: Outcome,
    /// Why it did not; null when scored.
    #[schema(value_type = Option<String>)]
    pub reason: Option<ReasonCode>,
    /// Its score, 0 to 1.
    pub score: Option<f64>,
    /// Whether that reaches the rubric's threshold.
    pub passed: Option<bool>,
    /// Its preference in a comparison.
    pub preference: Option<Preference>,
    /// How sure it was by itself.
    pub uncertainty: Option<Uncertainty>,
}

/// Something that a reader of the assessment should know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// A quotation is not in the candidate.
    EvidenceNotFound,
    /// The first reply could not be read; the second could.
    ReplyRepaired,
    /// The answer to a comparison changed with the order.
    OrderDependent,
    /// Some samples or judges gave nothing that could be used; the rest decided.
    RepliesUnusable,
    /// Token probabilities were asked for and no score could be weighed by them.
    LogprobsMissing,
    /// Some scores are weighed by token probabilities and some are not.
    PartlyWeighed,
    /// What a criterion quotes from the trajectory stands elsewhere than in the message at which it is said to have failed.
    FailureStepUnsupported,
    /// The rubric asks at which step of a trajectory a criterion failed, and there is only the result.
    TrajectoryMissing,
    /// One of a newer release.
    #[serde(untagged)]
    Other(String),
}
