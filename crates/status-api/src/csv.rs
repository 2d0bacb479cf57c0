//! Evaluations as CSV (RFC 4180): one row each, in columns that stay the same.
//!
//! A spreadsheet takes a cell that begins with `=` and the like for a formula and runs it, and much of what stands here was
//! written by others. Such a cell gets an apostrophe before it, which spreadsheets do not show. Numbers stay numbers.

use std::fmt::Display;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// An evaluation as the API has it.
type Evaluation = api::Evaluation<Box<RawValue>>;

/// The columns. New ones come at the end.
const COLUMNS: [&str; 37] = [
    "id",
    "created_at",
    "started_at",
    "finished_at",
    "status",
    "outcome",
    "reason",
    "score",
    "passed",
    "preference",
    "probability_first",
    "rubric",
    "strategy",
    "model",
    "model_used",
    "priority",
    "correlation_id",
    "attempts",
    "error_code",
    "error_message",
    "calls",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "cost_usd",
    "score_low",
    "score_high",
    "flags",
    "prompt_version",
    "detail",
    "criteria",
    "metadata",
    "failure_steps",
    "decided_by",
    "decision_reason",
    "service_tiers",
];

/// What a row says of an assessment, which may be one of a newer release.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Assessment {
    outcome: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
    score: Option<f64>,
    passed: Option<bool>,
    criteria: Vec<Criterion>,
    preference: Option<Preference>,
    uncertainty: Option<Uncertainty>,
    flags: Vec<String>,
    model_used: Vec<String>,
    prompt_version: Option<String>,
    cascade: Option<Cascade>,
    service_tiers: Vec<String>,
}

#[derive(Deserialize)]
struct Cascade {
    decided_by: String,
    reason: String,
}

#[derive(Deserialize)]
struct Criterion {
    name: String,
    score: Option<f64>,
    #[serde(default)]
    failure_step: Option<u64>,
}

#[derive(Deserialize)]
struct Preference {
    winner: String,
    probability_first: f64,
}

#[derive(Deserialize)]
struct Uncertainty {
    low: Option<f64>,
    high: Option<f64>,
}

/// The first line.
pub(crate) fn header() -> String {
    COLUMNS.join(",") + "\r\n"
}

/// Appends the row of an evaluation.
///
/// # Errors
/// Its assessment is none.
pub(crate) fn write(evaluation: &Evaluation, out: &mut String) -> serde_json::Result<()> {
    let assessment = match &evaluation.assessment {
        Some(assessment) => serde_json::from_str(assessment.get())?,
        None => Assessment::default(),
    };
    let steps: Map<String, Value> = assessment
        .criteria
        .iter()
        .filter_map(|criterion| Some((criterion.name.clone(), criterion.failure_step?.into())))
        .collect();
    let scores: Map<String, Value> = assessment
        .criteria
        .into_iter()
        .map(|criterion| (criterion.name, criterion.score.into()))
        .collect();
    let (error_code, error_message) = match &evaluation.error {
        Some(error) => (Some(&error.code), Some(&error.message)),
        None => (None, None),
    };
    let preference = assessment.preference.as_ref();
    let uncertainty = assessment.uncertainty.as_ref();
    let cascade = assessment.cascade.as_ref();
    let usage = &evaluation.usage;
    let cells: [String; COLUMNS.len()] = [
        plain(Some(evaluation.id)),
        plain(Some(evaluation.created_at)),
        plain(evaluation.started_at),
        plain(evaluation.finished_at),
        plain(Some(evaluation.status)),
        text(assessment.outcome.as_ref()),
        text(assessment.reason.as_ref()),
        plain(assessment.score),
        plain(assessment.passed),
        text(preference.map(|preference| &preference.winner)),
        plain(preference.map(|preference| preference.probability_first)),
        text(Some(&evaluation.rubric)),
        text(Some(&evaluation.strategy)),
        text(evaluation.model.as_ref()),
        text(Some(&assessment.model_used.join("; "))),
        text(Some(&evaluation.priority)),
        text(Some(&evaluation.correlation_id)),
        plain(Some(evaluation.attempts)),
        text(error_code),
        text(error_message),
        plain(Some(usage.calls)),
        plain(usage.input_tokens),
        plain(usage.cached_input_tokens),
        plain(usage.cache_write_tokens),
        plain(usage.output_tokens),
        plain(usage.cost_usd.as_ref()),
        plain(uncertainty.and_then(|uncertainty| uncertainty.low)),
        plain(uncertainty.and_then(|uncertainty| uncertainty.high)),
        text(Some(&assessment.flags.join("; "))),
        text(assessment.prompt_version.as_ref()),
        text(assessment.detail.as_ref()),
        text(Some(&serde_json::to_string(&scores)?)),
        text(Some(&serde_json::to_string(&evaluation.metadata)?)),
        text(Some(&serde_json::to_string(&steps)?)),
        text(cascade.map(|cascade| &cascade.decided_by)),
        text(cascade.map(|cascade| &cascade.reason)),
        text(Some(&assessment.service_tiers.join("; "))),
    ];
    *out += &cells.join(",");
    *out += "\r\n";
    Ok(())
}

/// A cell of what is ours: a number, a time, a name.
fn plain(value: Option<impl Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell of what somebody else may have written.
fn text(value: Option<&String>) -> String {
    let Some(value) = value else {
        return String::new();
    };
    let is_formula = value
        .trim_start_matches(' ')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
        && !value.parse::<f64>().is_ok_and(f64::is_finite);
    let value = if is_formula {
        format!("'{value}")
    } else {
        value.clone()
    };
    if value.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_text_and_a_number_stays_one() {
        for (value, expected) in [
            ("=1+1", "'=1+1"),
            (
                "=HYPERLINK(\"http://x\",\"y\")",
                "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"",
            ),
            ("+SUM(A1)", "'+SUM(A1)"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("-inf", "'-inf"),
            ("-", "'-"),
            ("-2.5", "-2.5"),
            ("-1e-3", "-1e-3"),
            ("a=1", "a=1"),
            ("a, \"b\"\nc", "\"a, \"\"b\"\"\nc\""),
            ("'quoted'", "'quoted'"),
            ("", ""),
        ] {
            assert_eq!(text(Some(&value.to_owned())), expected, "{value:?}");
        }
        assert_eq!(plain(Some(-0.25)), "-0.25");
    }
}
