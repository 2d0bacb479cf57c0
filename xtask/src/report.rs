//! An evaluation as a person would like to read it.

use api::Evaluation;
use domain::assessment::{Assessment, CriterionScore, Evidence};
use serde::Serialize;

use crate::paint::Paint;
use crate::wrap::{cut, wrap};

const BAR: usize = 24;
const SMALL_BAR: usize = 10;
/// Longer quotes are cut: they stand in the candidate's text anyway.
const QUOTE: usize = 160;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) paint: Paint,
    pub(crate) width: usize,
}

/// The whole text for one evaluation.
pub(crate) fn render(
    title: &str,
    evaluation: &Evaluation,
    pass_mark: Option<f64>,
    style: Style,
) -> String {
    let paint = style.paint;
    let title = cut(title, style.width.saturating_sub(6));
    let rule = "─".repeat(
        style
            .width
            .saturating_sub(console::measure_text_width(&title) + 4),
    );
    let mut lines = vec![format!("── {} {}", paint.bold(title), paint.dim(rule))];
    lines.push(paint.dim(wrap(
        &join(" · ", [&*evaluation.rubric, &*evaluation.strategy]),
        style.width,
        "",
    )));
    match &evaluation.assessment {
        Some(assessment) => assessed(&mut lines, assessment, pass_mark, style),
        None => lines.push(paint.red(wrap(&why_none(evaluation), style.width, ""))),
    }
    lines.push(paint.dim(wrap(&bill(evaluation), style.width, "")));
    lines.push(paint.dim(evaluation.id.to_string()));
    lines.join("\n") + "\n"
}

fn assessed(
    lines: &mut Vec<String>,
    assessment: &Assessment,
    pass_mark: Option<f64>,
    style: Style,
) {
    let paint = style.paint;
    let word = match assessment.passed {
        Some(true) => paint.green("PASSED"),
        Some(false) => paint.red("NOT PASSED"),
        None => paint.yellow(assessment.outcome.as_str().to_uppercase()),
    };
    let score = assessment
        .score
        .map(|score| format!(" {score:.2} {}", bar(score, BAR, pass_mark)));
    lines.push(format!("{}{}", paint.bold(word), score.unwrap_or_default()));
    if let Some(mark) = pass_mark {
        lines.push(paint.dim(format!("pass mark {mark:.2}")));
    }
    if let Some(reason) = &assessment.reason {
        lines.push(wrap(&named(reason), style.width, ""));
    }
    for criterion in &assessment.criteria {
        lines.push(String::new());
        judged(lines, criterion, style);
    }
    lines.push(String::new());
    if !assessment.flags.is_empty() {
        let flags: Vec<_> = assessment.flags.iter().map(named).collect();
        lines.push(paint.yellow(wrap(
            &format!("flags: {}", flags.join(", ")),
            style.width,
            "",
        )));
    }
}

fn judged(lines: &mut Vec<String>, criterion: &CriterionScore, style: Style) {
    let score = criterion
        .label
        .clone()
        .or_else(|| criterion.score.map(|score| score.to_string()));
    let score = score.unwrap_or_else(|| "no score".to_owned());
    let bar = criterion
        .normalized
        .map(|normalized| format!(" {}", bar(normalized, SMALL_BAR, None)));
    let name = style.paint.bold(cut(
        &criterion.name,
        style.width.saturating_sub(SMALL_BAR + 16),
    ));
    lines.push(format!("  {name}  {score}{}", bar.unwrap_or_default()));
    if !criterion.rationale.is_empty() {
        lines.push(wrap(&criterion.rationale, style.width, "    "));
    }
    for Evidence { quote, found, .. } in &criterion.evidence {
        let quote = cut(
            &quote.split_whitespace().collect::<Vec<_>>().join(" "),
            QUOTE,
        );
        // A quote that is not in the candidate's text is the judge's invention, and worth seeing as such.
        let doubt = if *found {
            ""
        } else {
            " (not in the candidate's text)"
        };
        lines.push(
            style
                .paint
                .dim(wrap(&format!("“{quote}”{doubt}"), style.width, "    │ ")),
        );
    }
}

fn why_none(evaluation: &Evaluation) -> String {
    let status = evaluation.status.to_string().to_uppercase();
    match &evaluation.error {
        Some(error) => format!("{status} {}: {}", error.code, error.message),
        None => status,
    }
}

/// Model, tokens, cost, time.
fn bill(evaluation: &Evaluation) -> String {
    let models = evaluation
        .assessment
        .as_ref()
        .map(|assessment| assessment.model_used.join(", "))
        .unwrap_or_default();
    let usage = &evaluation.usage;
    let calls = if usage.calls == 1 { "call" } else { "calls" };
    let cost = usage
        .cost_usd
        .as_ref()
        .map_or_else(|| "cost not known".to_owned(), |cost| format!("${cost}"));
    let known = |tokens: Option<u64>| tokens.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let (calls_made, tokens_in, tokens_out) = (
        usage.calls,
        known(usage.input_tokens),
        known(usage.output_tokens),
    );
    let usage = format!("{calls_made} {calls} · {tokens_in} tokens in, {tokens_out} out · {cost}");
    let time = evaluation.finished_at.map(|to| {
        let took = to.duration_since(evaluation.created_at).as_secs_f64();
        format!("{took:.1} s")
    });
    join(" · ", [&*models, &usage, &time.unwrap_or_default()])
}

/// What the API calls it.
fn named(of: impl Serialize) -> String {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}

/// A bar over 0..1; `mark` is where passing begins.
fn bar(value: f64, width: usize, mark: Option<f64>) -> String {
    let cell = |value: f64| {
        (0..=width)
            .take_while(|n| ratio(*n, width) <= value.clamp(0.0, 1.0) + 1e-9)
            .count()
            - 1
    };
    let (filled, mark) = (cell(value), mark.map(cell));
    let cells = (0..width).map(|n| match (mark == Some(n), n < filled) {
        (true, _) => '┃',
        (false, true) => '█',
        (false, false) => '░',
    });
    cells.collect()
}

fn ratio(part: usize, whole: usize) -> f64 {
    let number = |n: usize| u32::try_from(n).map_or(f64::INFINITY, f64::from);
    number(part) / number(whole)
}

fn join<const N: usize>(between: &str, parts: [&str; N]) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(between)
}

#[cfg(test)]
mod tests {
    use api::{EvaluationError, Status};

    use super::*;

    const STYLE: Style = Style {
        paint: Paint::OFF,
        width: 60,
    };

    fn sample() -> Evaluation {
        serde_json::from_str(
            r#"{"id": "018f6f3e-0000-8000-8000-000000000000", "object": "evaluation", "status": "succeeded",
                "rubric": "code-correctness@1", "strategy": "direct", "model": "gpt-4o", "priority": "interactive",
                "metadata": {}, "correlation_id": "c", "attempts": 1, "error": null,
                "progress": {"step": "done", "completed": 1, "total": 1, "message": "judged", "updated_at": "2026-01-01T00:00:02.5Z"},
                "usage": {"calls": 1, "input_tokens": 900, "output_tokens": 200, "cost_usd": "0.0041"},
                "created_at": "2026-01-01T00:00:00Z", "started_at": null, "finished_at": "2026-01-01T00:00:02.5Z",
                "assessment": {"outcome": "scored", "reason": null, "detail": null, "score": 0.5, "passed": false,
                  "preference": null, "uncertainty": null, "judges": [], "flags": ["evidence_not_found", "of_a_newer_release"],
                  "model_requested": "gpt-4o", "model_used": ["gpt-4o"], "prompt_version": "direct-3",
                  "criteria": [{"name": "correctness", "score": 3, "normalized": 0.5, "label": null, "weight": 1,
                    "rationale": "For an even number of elements the function returns the upper of the two middle ones.",
                    "evidence": [
                      {"quote": "sorted(xs)[len(xs) // 2]", "pointer": "/output", "start": 0, "end": 24, "found": true},
                      {"quote": "mean", "pointer": null, "start": null, "end": null, "found": false}]}]}}"#,
        )
        .unwrap()
    }

    #[test]
    fn everything_is_there_and_fits() {
        let text = render(
            "Median, wrong for even lengths",
            &sample(),
            Some(0.7),
            STYLE,
        );
        for needle in [
            "NOT PASSED",
            "0.50",
            "pass mark 0.70",
            "correctness",
            "“sorted(xs)[len(xs) // 2]”",
            "not in the candidate's",
            "gpt-4o",
            "900 tokens in",
            "$0.0041",
            "2.5 s",
            "evidence_not_found, of_a_newer_release",
        ] {
            assert!(text.contains(needle), "{needle} is missing in\n{text}");
        }
        for line in text.lines() {
            assert!(console::measure_text_width(line) <= 60, "{line}");
        }
    }

    #[test]
    fn a_failure_is_never_a_score() {
        let failed = Evaluation {
            status: Status::Failed,
            error: Some(EvaluationError {
                code: "deadline_exceeded".to_owned(),
                message: "took too long".to_owned(),
            }),
            assessment: None,
            ..sample()
        };
        let text = render("x", &failed, Some(0.7), STYLE);
        assert!(
            text.contains("FAILED deadline_exceeded: took too long") && !text.contains('█'),
            "{text}"
        );
    }

    #[test]
    fn bars_fill_from_empty_to_full() {
        assert_eq!(bar(0.0, 4, None), "░░░░");
        assert_eq!(bar(0.5, 4, None), "██░░");
        assert_eq!(bar(1.0, 4, Some(0.75)), "███┃");
    }
}
