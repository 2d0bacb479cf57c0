//! An evaluation as clients see it.

use api::{
    Call, CallState, EvaluationError, EvaluationKind, EvaluationSummary, Progress, TimelineEvent,
    Usage,
};
use domain::State;
use domain::money::NanoUsd;
use jiff::Timestamp;
use judging::{Answer, Reply};
use queue::progress::Recorded;
use serde_json::value::RawValue;
use storage::evaluations::{Evaluation, Listed};
use storage::replies::RecordedCall;
use storage::timeline::Event;

/// What the database knows, with what Redis has of a running one. Its assessment is the text that is stored.
pub(crate) fn of(
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
            output_tokens: usage.output_tokens,
            cost_usd: usage.cost.map(|cost| cost.to_string()),
        },
        created_at: evaluation.created_at,
        started_at: evaluation.started_at,
        finished_at: evaluation.finished_at,
        assessment: evaluation.assessment,
    }
}

/// An event of the timeline. Money is in US dollars, as everywhere.
pub(crate) fn event(event: Event) -> TimelineEvent {
    let mut detail = event.detail;
    if let Some(object) = detail.as_object_mut()
        && let Some(cost) = object
            .remove("cost_nano_usd")
            .and_then(|cost| cost.as_i64())
    {
        object.insert("cost_usd".to_owned(), NanoUsd(cost).to_string().into());
    }
    TimelineEvent {
        seq: event.seq,
        at: event.at,
        kind: event.kind,
        detail,
    }
}

/// A judge call.
pub(crate) fn call(recorded: &RecordedCall<Reply>) -> Call {
    let reply = &recorded.reply;
    let request = recorded.request.as_ref();
    let state = match &reply.answer {
        Answer::Text { cut_off: true, .. } => CallState::CutOff,
        Answer::Text { .. } => CallState::Replied,
        Answer::Refused { .. } => CallState::Refused,
        Answer::ContentFiltered => CallState::ContentFiltered,
        Answer::ContextTooLong => CallState::ContextTooLong,
    };
    let cost = recorded.cost;
    Call {
        step: recorded.step.clone(),
        round: recorded.round,
        state,
        model_asked: request
            .and_then(|request| request.attempts.last())
            .map(|attempt| attempt.model.clone()),
        model: reply.model.clone(),
        provider: reply.provider.clone(),
        started_at: request.map(|request| request.started_at),
        finished_at: recorded.finished_at,
        took_ms: request.map(|request| request.took_ms),
        waited_ms: request.map(|request| request.waited_ms),
        attempts: request.map_or_else(Vec::new, |request| request.attempts.clone()),
        input_tokens: cost.input_tokens,
        cached_input_tokens: cost.cached_input_tokens,
        output_tokens: cost.output_tokens,
        cost_usd: cost.nano_usd.map(|cost| NanoUsd(cost).to_string()),
    }
}

/// As a list has it.
pub(crate) fn summary(listed: Listed) -> EvaluationSummary {
    let evaluation = of(listed.evaluation, None);
    EvaluationSummary {
        id: evaluation.id,
        object: evaluation.object,
        status: evaluation.status,
        outcome: listed.outcome,
        reason: listed.reason,
        score: listed.score,
        passed: listed.passed,
        flags: listed.flags,
        rubric: evaluation.rubric,
        strategy: evaluation.strategy,
        model: evaluation.model,
        priority: evaluation.priority,
        metadata: evaluation.metadata,
        correlation_id: evaluation.correlation_id,
        progress: evaluation.progress,
        attempts: evaluation.attempts,
        error: evaluation.error,
        usage: evaluation.usage,
        created_at: evaluation.created_at,
        started_at: evaluation.started_at,
        finished_at: evaluation.finished_at,
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
