//! The span of a request to a judge model, after the GenAI semantic conventions.

use judging::Answer;
use providers::retry::{Attempt, RequestTarget, RequestTrace};
use providers::{CallError, Choices};
use service::telemetry::conventions::{
    GEN_AI_OPERATION_NAME, GEN_AI_PROVIDER_NAME, GEN_AI_REQUEST_MODEL,
    GEN_AI_RESPONSE_FINISH_REASONS, GEN_AI_RESPONSE_ID, GEN_AI_RESPONSE_MODEL,
    GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, GEN_AI_USAGE_INPUT_TOKENS, GEN_AI_USAGE_OUTPUT_TOKENS,
    HTTP_RESPONSE_STATUS_CODE, SERVER_ADDRESS, SERVER_PORT,
};
use service::telemetry::{Annotate as _, traceparent_of};
use tracing::Span;

/// What both APIs do.
const OPERATION: &str = "chat";
/// The class of a typed no.
const CONTEXT_TOO_LONG: &str = "context_too_long";
/// The class of a request whose answer nobody waited for.
pub(crate) const BROKEN_OFF: &str = "broken_off";

/// Begins the span of a request within the current one.
pub(crate) fn begin(target: &RequestTarget<'_>) -> RequestTrace {
    let name = format!("{OPERATION} {}", target.model);
    // At the level ERROR, so that no filter but `off` breaks traces.
    let span = tracing::error_span!("request", otel.kind = "client", otel.name = name);
    span.annotate(GEN_AI_OPERATION_NAME, OPERATION);
    span.annotate(GEN_AI_PROVIDER_NAME, target.provider.to_owned());
    span.annotate(GEN_AI_REQUEST_MODEL, target.model.to_owned());
    if let Some(host) = target.host {
        span.annotate(SERVER_ADDRESS, host.to_owned());
    }
    span.annotate_count(SERVER_PORT, target.port.map(u64::from));
    let traceparent = traceparent_of(&span).map(|parent| parent.to_string());
    RequestTrace { span, traceparent }
}

/// Says in the span what came of a request.
pub(crate) fn end(tried: &Attempt<'_>) {
    match tried.result {
        Ok(choices) => answered(tried.span, choices),
        Err(error) => {
            let status = error_status(error);
            tried.span.annotate_count(HTTP_RESPONSE_STATUS_CODE, status);
            tried.span.fail(error.kind.as_str());
        }
    }
}

fn error_status(error: &CallError) -> Option<u64> {
    error.status().map(u64::from)
}

fn answered(span: &Span, choices: &Choices) {
    let reasons: Option<Vec<&str>> = choices
        .iter()
        .map(|reply| finish_reason(&reply.answer))
        .collect();
    let Some(reasons) = reasons else {
        span.fail(CONTEXT_TOO_LONG);
        return;
    };
    span.annotate_words(GEN_AI_RESPONSE_FINISH_REASONS, reasons);
    span.annotate(GEN_AI_RESPONSE_MODEL, choices.first.model.clone());
    if let Some(id) = &choices.response_id {
        span.annotate(GEN_AI_RESPONSE_ID, id.clone());
    }
    let usage = choices.usage();
    for (name, count) in [
        (GEN_AI_USAGE_INPUT_TOKENS, usage.input_tokens),
        (
            GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
            usage.cached_input_tokens,
        ),
        (GEN_AI_USAGE_OUTPUT_TOKENS, usage.output_tokens),
    ] {
        span.annotate_count(name, count);
    }
}

/// Why a model stopped: one word for what providers have many for. `None`: it never began.
fn finish_reason(answer: &Answer) -> Option<&'static str> {
    match answer {
        Answer::Text { cut_off: false, .. } => Some("stop"),
        Answer::Text { cut_off: true, .. } => Some("length"),
        Answer::Refused { .. } => Some("refusal"),
        Answer::ContentFiltered => Some("content_filter"),
        Answer::ContextTooLong => None,
    }
}
