//! An evaluation as clients see it.

use std::collections::BTreeMap;

use domain::State;
use jiff::Timestamp;
use queue::progress::Recorded;
use serde::Serialize;
use serde_json::value::RawValue;
use storage::evaluations::Evaluation;

/// An evaluation.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'e> {
    id: String,
    object: &'static str,
    status: &'static str,
    rubric: &'e str,
    strategy: &'e str,
    model: Option<&'e str>,
    priority: &'static str,
    metadata: &'e BTreeMap<String, String>,
    correlation_id: &'e str,
    progress: Progress,
    attempts: u32,
    error: Option<Failed<'e>>,
    usage: Usage,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    assessment: Option<&'e RawValue>,
}

#[derive(Debug, Serialize)]
struct Failed<'e> {
    code: &'e str,
    message: &'e str,
}

#[derive(Debug, Serialize)]
struct Progress {
    step: String,
    completed: u32,
    /// Not known before there is a plan.
    total: Option<u32>,
    message: String,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
struct Usage {
    calls: u64,
    /// Null where a provider did not say the tokens of a call.
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    /// Null where the price of a call is not known: no number is better than a wrong one.
    cost_usd: Option<String>,
}

impl<'e> Shown<'e> {
    /// What the database knows, with what Redis has of a running one.
    pub(crate) fn new(evaluation: &'e Evaluation, recorded: Option<Recorded>) -> Self {
        let usage = evaluation.usage;
        Self {
            id: evaluation.id.to_string(),
            object: "evaluation",
            status: evaluation.state.status(),
            rubric: &evaluation.rubric,
            strategy: &evaluation.strategy,
            model: evaluation.model.as_deref(),
            priority: evaluation.priority.as_str(),
            metadata: &evaluation.metadata,
            correlation_id: &evaluation.correlation_id,
            progress: progress(evaluation, recorded),
            attempts: evaluation.attempts,
            error: evaluation
                .error
                .as_ref()
                .map(|(code, message)| Failed { code, message }),
            usage: Usage {
                calls: usage.calls,
                input_tokens: usage.input_tokens,
                output_tokens: usage.output_tokens,
                cost_usd: usage.cost.map(|cost| cost.to_string()),
            },
            created_at: evaluation.created_at,
            started_at: evaluation.started_at,
            finished_at: evaluation.finished_at,
            assessment: evaluation.assessment.as_deref(),
        }
    }
}

/// The committed replies are the record; Redis only adds words to it, and is believed only where it is not
/// behind the record.
fn progress(evaluation: &Evaluation, recorded: Option<Recorded>) -> Progress {
    let completed = u32::try_from(evaluation.usage.calls).unwrap_or(u32::MAX);
    let total = evaluation.steps_total.map(|total| total.max(completed));
    let of_record = |step: &str, message: &str| Progress {
        step: step.to_owned(),
        completed,
        total,
        message: message.to_owned(),
        updated_at: evaluation.updated_at,
    };
    match evaluation.state {
        State::Queued => of_record("waiting", "waiting for a worker"),
        State::Running => {
            match recorded.filter(|recorded| recorded.progress.completed >= completed) {
                Some(Recorded { progress, at_ms }) => Progress {
                    step: progress.step,
                    completed: progress.completed,
                    total: Some(progress.total),
                    message: progress.message,
                    updated_at: Timestamp::from_millisecond(at_ms).unwrap_or(evaluation.updated_at),
                },
                None => of_record("judging", "a worker is judging"),
            }
        }
        State::Succeeded => of_record("done", "judged"),
        State::Failed => of_record("done", "failed"),
        State::Cancelled => of_record("done", "cancelled"),
    }
}
