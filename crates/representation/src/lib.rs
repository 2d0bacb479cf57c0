//! Evaluations as clients see them, made of what is stored: one place for what is read from status-api and what webhooks bring.

use std::collections::BTreeMap;

use api::{EvaluationError, EvaluationKind, Progress, StageUsage, TierUsage, Usage};
use domain::State;
use domain::strategy::StageName;
use jiff::Timestamp;
use queue::progress::Recorded;
use serde_json::value::RawValue;
use storage::evaluations::Evaluation;

/// What the database knows, with what Redis has of a running one. Its assessment is the text that is stored.
#[must_use]
pub fn evaluation(
    evaluation: Evaluation,
    recorded: Option<Recorded>,
) -> api::Evaluation<Box<RawValue>> {
    let progress = progress(&evaluation, recorded);
    let usage = evaluation.usage;
    api::Evaluation {
        id: evaluation.id,
        object: EvaluationKind::Evaluation,
        status: evaluation.state.into(),
        rubric: evaluation.rubric,
        strategy: evaluation.strategy,
        model: evaluation.model,
        priority: evaluation.priority,
        metadata: evaluation.metadata,
        correlation_id: evaluation.correlation_id,
        progress,
        attempts: evaluation.attempts,
        error: evaluation
            .error
            .map(|(code, message)| EvaluationError { code, message }),
        usage: Usage {
            calls: usage.calls,
            input_tokens: usage.input_tokens,
            cached_input_tokens: usage.cached_input_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            output_tokens: usage.output_tokens,
            cost_usd: usage.cost.map(|cost| cost.to_string()),
            stages: by_stage(evaluation.usage_by_stage),
            service_tiers: by_tier(evaluation.usage_by_tier),
        },
        created_at: evaluation.created_at,
        started_at: evaluation.started_at,
        finished_at: evaluation.finished_at,
        assessment: evaluation.assessment,
    }
}

fn by_stage(stages: BTreeMap<StageName, storage::evaluations::Usage>) -> Vec<StageUsage> {
    let stage = |(stage, used): (StageName, storage::evaluations::Usage)| StageUsage {
        stage,
        calls: used.calls,
        input_tokens: used.input_tokens,
        cached_input_tokens: used.cached_input_tokens,
        cache_write_tokens: used.cache_write_tokens,
        output_tokens: used.output_tokens,
        cost_usd: used.cost.map(|cost| cost.to_string()),
    };
    stages.into_iter().map(stage).collect()
}

fn by_tier(tiers: BTreeMap<String, storage::evaluations::Usage>) -> Vec<TierUsage> {
    let tier = |(service_tier, used): (String, storage::evaluations::Usage)| TierUsage {
        service_tier,
        calls: used.calls,
        input_tokens: used.input_tokens,
        output_tokens: used.output_tokens,
        cost_usd: used.cost.map(|cost| cost.to_string()),
    };
    tiers.into_iter().map(tier).collect()
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
                Some(Recorded {
                    progress, at_ms, ..
                }) => Progress {
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
