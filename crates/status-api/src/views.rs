//! What belongs to an evaluation as clients see it; itself it is [`representation::evaluation`]'s.

use api::{Call, CallState, EvaluationSummary, TimelineEvent};
use domain::money::NanoUsd;
use domain::strategy::StageName;
use domain::timeline::AttemptRecord;
use judging::{Answer, Reply};
use storage::evaluations::Listed;
use storage::replies::RecordedCall;
use storage::timeline::Event;

/// An event of the timeline. Money is in US dollars, as everywhere; of a cascade's calls the stage is named.
pub(crate) fn event(event: Event) -> TimelineEvent {
    let mut detail = event.detail;
    if let Some(object) = detail.as_object_mut()
        && let Some(cost) = object
            .remove("cost_nano_usd")
            .and_then(|cost| cost.as_i64())
    {
        object.insert("cost_usd".to_owned(), NanoUsd(cost).to_string().into());
    }
    let step = detail.get("step").and_then(|step| step.as_str());
    if let Some(stage) = step.and_then(StageName::of_step)
        && let Some(object) = detail.as_object_mut()
    {
        object.insert("stage".to_owned(), stage.as_str().into());
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
    let reply = recorded.reply.as_ref();
    let request = recorded.request.as_ref();
    let state = match reply.map(|reply| &reply.answer) {
        None => CallState::Unreadable,
        Some(Answer::Text { cut_off: true, .. }) => CallState::CutOff,
        Some(Answer::Text { .. }) => CallState::Replied,
        Some(Answer::Refused { .. }) => CallState::Refused,
        Some(Answer::ContentFiltered) => CallState::ContentFiltered,
        Some(Answer::ContextTooLong) => CallState::ContextTooLong,
    };
    let last = request.and_then(|request| request.attempts.last());
    let named = |of_reply: fn(&Reply) -> &String, of_request: fn(&AttemptRecord) -> &String| {
        let name = reply.map(of_reply).or_else(|| last.map(of_request));
        name.cloned().unwrap_or_default()
    };
    let cost = recorded.cost;
    Call {
        step: recorded.step.clone(),
        stage: StageName::of_step(&recorded.step),
        round: recorded.round,
        state,
        model_asked: last.map(|attempt| attempt.model.clone()),
        model: named(|reply| &reply.model, |attempt| &attempt.model),
        provider: named(|reply| &reply.provider, |attempt| &attempt.provider),
        service_tier: match reply {
            Some(reply) => reply.service_tier.clone(),
            None => last.and_then(|attempt| attempt.service_tier.clone()),
        },
        started_at: request.map(|request| request.started_at),
        finished_at: recorded.finished_at,
        took_ms: request.map(|request| request.took_ms),
        waited_ms: request.map(|request| request.waited_ms),
        attempts: request.map_or_else(Vec::new, |request| request.attempts.clone()),
        input_tokens: cost.input_tokens,
        cached_input_tokens: cost.cached_input_tokens,
        cache_write_tokens: cost.cache_write_tokens,
        output_tokens: cost.output_tokens,
        cost_usd: cost.nano_usd.map(|cost| NanoUsd(cost).to_string()),
    }
}

/// As a list has it.
pub(crate) fn summary(listed: Listed) -> EvaluationSummary {
    let evaluation = representation::evaluation(listed.evaluation, None);
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
