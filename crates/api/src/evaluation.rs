//! An evaluation as clients see it.

use std::collections::BTreeMap;
use std::fmt;

use domain::assessment::{Assessment, Outcome};
use domain::strategy::StageName;
use domain::{EvaluationId, Priority, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An evaluation.
///
/// The assessment is as its worker wrote it: a service that only passes it on writes the text that is stored, since one
/// of a newer release has fields, flags and codes that this one does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evaluation<A = Assessment> {
    /// Its id.
    pub id: EvaluationId,
    /// What kind of object this is.
    pub object: EvaluationKind,
    /// Where it is.
    pub status: Status,
    /// The rubric version that it is judged by: `name@version`, `inline`, or `name@inline`.
    pub rubric: String,
    /// The strategy's name.
    pub strategy: String,
    /// The judge model, once it is decided.
    #[schema(required)]
    pub model: Option<String>,
    /// How soon it is wanted.
    #[schema(value_type = Priority)]
    pub priority: String,
    /// The client's own labels.
    pub metadata: BTreeMap<String, String>,
    /// The id under which it is in the logs.
    pub correlation_id: String,
    /// How far it is.
    pub progress: Progress,
    /// How often a worker has taken it.
    pub attempts: u32,
    /// Why there is no assessment; null unless failed.
    #[schema(required)]
    pub error: Option<EvaluationError>,
    /// What its judge calls used.
    pub usage: Usage,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When a worker first took it.
    #[schema(required)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(required)]
    pub finished_at: Option<Timestamp>,
    /// The result; null unless succeeded.
    #[schema(required, value_type = Option<Assessment>)]
    pub assessment: Option<A>,
}

/// An evaluation in a list: with what its assessment comes to, and not the assessment. Names of a newer release are passed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationSummary {
    /// Its id.
    pub id: EvaluationId,
    /// What kind of object this is.
    pub object: EvaluationKind,
    /// Where it is.
    pub status: Status,
    /// Whether its assessment has a score; null unless succeeded.
    #[schema(required, value_type = Option<Outcome>)]
    pub outcome: Option<String>,
    /// Why there is no score; null when scored.
    #[schema(required, examples("refused", "no_consensus"))]
    pub reason: Option<String>,
    /// The score, 0 to 1; null unless scored.
    #[schema(required)]
    pub score: Option<f64>,
    /// Whether the score reaches the rubric's threshold; null without a score or a threshold.
    #[schema(required)]
    pub passed: Option<bool>,
    /// The assessment's flags.
    #[schema(examples("evidence_not_found"))]
    pub flags: Vec<String>,
    /// The rubric version that it is judged by: `name@version`, `inline`, or `name@inline`.
    pub rubric: String,
    /// The strategy's name.
    pub strategy: String,
    /// The judge model, once it is decided.
    #[schema(required)]
    pub model: Option<String>,
    /// How soon it is wanted.
    #[schema(value_type = Priority)]
    pub priority: String,
    /// The client's own labels.
    pub metadata: BTreeMap<String, String>,
    /// The id under which it is in the logs.
    pub correlation_id: String,
    /// How far it is.
    pub progress: Progress,
    /// How often a worker has taken it.
    pub attempts: u32,
    /// Why there is no assessment; null unless failed.
    #[schema(required)]
    pub error: Option<EvaluationError>,
    /// What its judge calls used.
    pub usage: Usage,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When a worker first took it.
    #[schema(required)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(required)]
    pub finished_at: Option<Timestamp>,
}

impl Evaluation {
    /// Whether it has an assessment with a score.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        let assessment = self.assessment.as_ref();
        assessment.is_some_and(|assessment| assessment.outcome == Outcome::Scored)
    }
}

/// `"evaluation"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationKind {
    /// The only kind there is.
    #[default]
    Evaluation,
}

/// Where an evaluation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for a worker.
    Pending,
    /// A worker judges it.
    Running,
    /// It has its assessment.
    Succeeded,
    /// It ended without one, and `error` says why.
    Failed,
    /// Its sender took it back.
    Cancelled,
}

impl Status {
    /// Whether it stays there unless its sender asks for a retry.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

impl From<State> for Status {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Pending,
            State::Running => Self::Running,
            State::Succeeded => Self::Succeeded,
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
        }
    }
}

/// Why an evaluation has no assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationError {
    /// The stable name of the kind of failure.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// How far an evaluation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// What is done now.
    pub step: String,
    /// How many judge calls have been recorded.
    pub completed: u32,
    /// How many there will be at most; null before there is a plan.
    #[schema(required)]
    pub total: Option<u32>,
    /// The same for people.
    pub message: String,
    /// Since when.
    pub updated_at: Timestamp,
}

/// What the judge calls of an evaluation used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// How many were paid for.
    pub calls: u64,
    /// Tokens of the prompts; null where a provider did not say those of a call.
    #[schema(required)]
    pub input_tokens: Option<u64>,
    /// Of them, what came out of a provider's cache; null where a provider did not say that of a call.
    #[schema(required)]
    pub cached_input_tokens: Option<u64>,
    /// Of those of the prompts, what went into a provider's cache; null where a provider did not say that of a call.
    #[schema(required)]
    pub cache_write_tokens: Option<u64>,
    /// Tokens of the replies, reasoning included; null where a provider did not say those of a call.
    #[schema(required)]
    pub output_tokens: Option<u64>,
    /// US dollars as a decimal; null where the price of a call is not known.
    #[schema(required)]
    pub cost_usd: Option<String>,
    /// Of a cascade the same by stage, of those that were asked; absent otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageUsage>,
    /// The same by the tier at which it was bought; absent where nothing was bought at a cheaper one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_tiers: Vec<TierUsage>,
}

/// What the judge calls that were bought at one tier used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TierUsage {
    /// The tier in its provider's words; `standard` for what was bought without one.
    #[schema(examples("flex", "standard"))]
    pub service_tier: String,
    /// How many calls were paid for.
    pub calls: u64,
    /// Tokens of the prompts; null where a provider did not say those of a call.
    #[schema(required)]
    pub input_tokens: Option<u64>,
    /// Tokens of the replies, reasoning included; null where a provider did not say those of a call.
    #[schema(required)]
    pub output_tokens: Option<u64>,
    /// US dollars as a decimal; null where the price of a call is not known.
    #[schema(required)]
    pub cost_usd: Option<String>,
}

/// What the judge calls of a cascade's stage used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageUsage {
    /// Which stage.
    pub stage: StageName,
    /// How many calls were paid for.
    pub calls: u64,
    /// Tokens of the prompts; null where a provider did not say those of a call.
    #[schema(required)]
    pub input_tokens: Option<u64>,
    /// Of them, what came out of a provider's cache; null where a provider did not say that of a call.
    #[schema(required)]
    pub cached_input_tokens: Option<u64>,
    /// Of those of the prompts, what went into a provider's cache; null where a provider did not say that of a call.
    #[schema(required)]
    pub cache_write_tokens: Option<u64>,
    /// Tokens of the replies, reasoning included; null where a provider did not say those of a call.
    #[schema(required)]
    pub output_tokens: Option<u64>,
    /// US dollars as a decimal; null where the price of a call is not known.
    #[schema(required)]
    pub cost_usd: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::assessment::{Flag, ReasonCode};

    #[test]
    fn what_a_newer_release_says_passes_through() {
        for (text, flag) in [
            (
                "injection_suspected",
                Flag::Other("injection_suspected".to_owned()),
            ),
            ("reply_repaired", Flag::ReplyRepaired),
        ] {
            assert_eq!(serde_json::from_value::<Flag>(text.into()).unwrap(), flag);
            assert_eq!(serde_json::to_value(flag).unwrap(), text);
        }
        let reason: ReasonCode = serde_json::from_value("too_odd".into()).unwrap();
        assert_eq!(reason, ReasonCode::Other("too_odd".to_owned()));
        assert_eq!(serde_json::to_value(reason).unwrap(), "too_odd");
    }

    #[test]
    fn a_status_is_called_what_the_table_of_states_calls_it() {
        for state in State::ALL {
            let status = Status::from(state);
            let expected = state.status();
            assert_eq!(serde_json::to_value(status).unwrap(), expected);
            assert_eq!(status.to_string(), expected);
            assert_eq!(status.is_terminal(), state.is_terminal());
        }
    }
}
