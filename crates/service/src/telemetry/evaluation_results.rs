//! Results of evaluations as log records with an event name: `gen_ai.evaluation.result`.

use std::sync::OnceLock;
use std::time::SystemTime;

use domain::mask::mask;
pub use opentelemetry::logs::AnyValue as ResultValue;
use opentelemetry::logs::{LogRecord as _, Logger as _, Severity};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};
use tracing::Span;

use super::conventions::{
    ERROR_TYPE, EVALUATION_RESULT_EVENT, GEN_AI_EVALUATION_EXPLANATION, GEN_AI_EVALUATION_NAME,
    GEN_AI_EVALUATION_SCORE_LABEL, GEN_AI_EVALUATION_SCORE_VALUE, GEN_AI_RESPONSE_ID,
};
use super::masked::shortened;
use super::trace_context::{TraceParent, traceparent_of};

/// Where results go; nowhere until [`install`] was called.
static RESULTS: OnceLock<Results> = OnceLock::new();

/// Where results go.
pub(super) struct Results {
    pub(super) logger: SdkLogger,
    /// Whether the judge's words go with them.
    pub(super) has_explanations: bool,
}

/// Results go there from now on. In one process it counts once.
pub(super) fn install(results: Results) {
    // A second one in the same process is a test's, whose logger nobody reads.
    drop(RESULTS.set(results));
}

/// Whether results are exported. Who has none to make need not make any.
#[must_use]
pub fn exports_evaluation_results() -> bool {
    RESULTS.get().is_some()
}

/// The response that was evaluated, as far as its sender said which it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvaluatedResponse {
    /// The provider's id of it.
    pub id: Option<String>,
    /// The span that brought it.
    pub span: Option<TraceParent>,
}

/// A result: of a criterion, or of the whole.
#[derive(Clone, Debug, Default)]
pub struct EvaluationResult<'r> {
    /// The criterion, or the rubric for the whole.
    pub name: &'r str,
    /// The score; `None` where there is none.
    pub score: Option<f64>,
    /// What it means, in one of few words.
    pub label: Option<&'r str>,
    /// The class of the failure that kept it from a score.
    pub error: Option<&'r str>,
    /// Why, in the judge's words. Exported only if `otel.explanations` is on.
    pub explanation: Option<&'r str>,
    /// More attributes of [`super::conventions`].
    pub attributes: Vec<(&'static str, ResultValue)>,
}

/// Exports a result, if results are exported. Its trace context is the span of the evaluated response where that is known, else
/// `span`.
pub fn emit_evaluation_result(
    result: EvaluationResult<'_>,
    evaluated: &EvaluatedResponse,
    span: &Span,
) {
    if let Some(results) = RESULTS.get() {
        let record = results.record(result, evaluated, span);
        results.logger.emit(record);
    }
}

impl Results {
    fn record(
        &self,
        result: EvaluationResult<'_>,
        evaluated: &EvaluatedResponse,
        span: &Span,
    ) -> SdkLogRecord {
        let mut record = self.logger.create_log_record();
        let now = SystemTime::now();
        record.set_event_name(EVALUATION_RESULT_EVENT);
        record.set_timestamp(now);
        record.set_observed_timestamp(now);
        record.set_severity_number(Severity::Info);
        if let Some(parent) = evaluated.span.clone().or_else(|| traceparent_of(span)) {
            let (trace, span, flags) = parent.ids();
            record.set_trace_context(trace, span, Some(flags));
        }
        let texts = [
            (GEN_AI_EVALUATION_NAME, Some(result.name)),
            (GEN_AI_EVALUATION_SCORE_LABEL, result.label),
            (ERROR_TYPE, result.error),
            (GEN_AI_RESPONSE_ID, evaluated.id.as_deref()),
            (
                GEN_AI_EVALUATION_EXPLANATION,
                result.explanation.filter(|_| self.has_explanations),
            ),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                record.add_attribute(name, masked(text));
            }
        }
        // What is no number is no score.
        if let Some(score) = result.score.filter(|score| score.is_finite()) {
            record.add_attribute(GEN_AI_EVALUATION_SCORE_VALUE, score);
        }
        for (name, value) in result.attributes {
            let value = match value {
                ResultValue::String(text) => masked(text.as_str()).into(),
                other => other,
            };
            record.add_attribute(name, value);
        }
        record
    }
}

fn masked(text: &str) -> String {
    shortened(&mask(text)).to_owned()
}
