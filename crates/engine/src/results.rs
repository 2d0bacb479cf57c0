//! What became of an evaluation, as traces and log records tell it to those who watch the agents that are judged.

use std::collections::BTreeMap;

use domain::assessment::{Assessment, CriterionScore};
use domain::rubric::Side;
use service::telemetry::conventions::{
    CORRELATION_ID, CRITERION, EVALUATION_ID, EVALUATION_OUTCOME, RUBRIC, SCORE_NORMALIZED,
    STRATEGY, TENANT,
};
use service::telemetry::{
    EvaluatedResponse, EvaluationResult, ResultValue, TraceParent, emit_evaluation_result,
    exports_evaluation_results,
};
use storage::evaluations::Claimed;
use tracing::Span;

/// The metadata by which a sender says which response is judged: the provider's id of it, and the span that brought it.
const RESPONSE_ID: &str = "gen_ai.response.id";
const RESPONSE_SPAN: &str = "traceparent";

/// The response that is judged, as far as its sender says.
pub(crate) fn evaluated_response(metadata: &BTreeMap<String, String>) -> EvaluatedResponse {
    let id = metadata.get(RESPONSE_ID);
    let span = metadata.get(RESPONSE_SPAN);
    EvaluatedResponse {
        id: id.filter(|id| !id.trim().is_empty()).cloned(),
        span: span.and_then(|text| TraceParent::parse(text)),
    }
}

/// Tells of an assessment: a result for each criterion, and one for the whole. What has no score tells none.
pub(crate) fn assessed(
    claimed: &Claimed,
    assessment: &Assessment,
    evaluated: Option<&EvaluatedResponse>,
) {
    if !exports_evaluation_results() {
        return;
    }
    let common = common(claimed, Some(assessment));
    let mut all: Vec<_> = assessment
        .criteria
        .iter()
        .map(|criterion| of_criterion(criterion, &common))
        .collect();
    all.push(EvaluationResult {
        name: rubric_name(claimed),
        score: assessment.score,
        label: Some(label(assessment)),
        explanation: explanation(assessment),
        attributes: common,
        error: None,
    });
    send(all, evaluated);
}

/// Tells of a failure, which has a class and no score.
pub(crate) fn failed(claimed: &Claimed, code: &'static str, evaluated: Option<&EvaluatedResponse>) {
    if !exports_evaluation_results() {
        return;
    }
    let result = EvaluationResult {
        name: rubric_name(claimed),
        error: Some(code),
        attributes: common(claimed, None),
        ..EvaluationResult::default()
    };
    send(vec![result], evaluated);
}

fn send(results: Vec<EvaluationResult<'_>>, evaluated: Option<&EvaluatedResponse>) {
    let unknown = EvaluatedResponse::default();
    let evaluated = evaluated.unwrap_or(&unknown);
    let span = Span::current();
    for result in results {
        emit_evaluation_result(result, evaluated, &span);
    }
}

fn of_criterion<'a>(
    criterion: &'a CriterionScore,
    common: &[(&'static str, ResultValue)],
) -> EvaluationResult<'a> {
    let mut attributes = common.to_vec();
    attributes.push((CRITERION, criterion.name.clone().into()));
    attributes.extend(
        criterion
            .normalized
            .map(|normalized| (SCORE_NORMALIZED, normalized.into())),
    );
    EvaluationResult {
        name: &criterion.name,
        score: criterion.score,
        label: criterion.label.as_deref(),
        explanation: Some(&criterion.rationale),
        attributes,
        error: None,
    }
}

/// What all results of an evaluation hold.
fn common(claimed: &Claimed, assessment: Option<&Assessment>) -> Vec<(&'static str, ResultValue)> {
    let ownership = &claimed.ownership;
    let mut attributes: Vec<(&'static str, ResultValue)> = vec![
        (EVALUATION_ID, ownership.id.to_string().into()),
        (CORRELATION_ID, claimed.correlation_id.clone().into()),
        (TENANT, ownership.tenant.to_string().into()),
        (RUBRIC, claimed.rubric.clone().into()),
        (STRATEGY, claimed.strategy.clone().into()),
    ];
    attributes.extend(
        assessment.map(|assessment| (EVALUATION_OUTCOME, assessment.outcome.as_str().into())),
    );
    attributes
}

/// The rubric without its version: a result's name is the same for all of them.
fn rubric_name(claimed: &Claimed) -> &str {
    let name = claimed.rubric.split_once('@').map(|(name, _)| name);
    name.unwrap_or(&claimed.rubric)
}

/// Pass or fail where the rubric says, the better one of two, or else whether there is a score.
fn label(assessment: &Assessment) -> &'static str {
    match (assessment.passed, &assessment.preference) {
        (Some(true), _) => "pass",
        (Some(false), _) => "fail",
        (None, Some(preference)) => match preference.winner {
            Side::First => "first",
            Side::Second => "second",
            Side::Tie => "tie",
        },
        (None, None) => assessment.outcome.as_str(),
    }
}

/// What a single judge says of the whole, or why there is no score.
fn explanation(assessment: &Assessment) -> Option<&str> {
    match assessment.judges.as_slice() {
        [judge] => Some(&judge.rationale),
        _ => assessment.detail.as_deref(),
    }
}
