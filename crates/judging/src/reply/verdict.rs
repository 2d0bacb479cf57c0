//! The verdict in a direct reply.

use std::collections::BTreeMap;

use domain::json::Json;
use domain::rubric::{Criterion, Rubric, Scale};

use super::extract;

/// Quotations of one criterion that are looked up: the judge is asked for three at most, and each search goes
/// through the whole candidate.
const MOST_QUOTES: usize = 10;

/// A reply that has every criterion on its scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// In the rubric's order.
    pub(crate) criteria: Vec<CriterionVerdict>,
    /// On the whole; may be empty.
    pub(crate) summary: String,
    /// The verdict's own text, where it was taken out of a reply that holds other things as well.
    pub(crate) taken_from: Option<String>,
}

/// What the judge says about one criterion.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CriterionVerdict {
    pub(crate) rationale: String,
    pub(crate) quotes: Vec<String>,
    pub(crate) grade: Grade,
}

/// A value on its criterion's scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grade {
    /// On the scale itself.
    pub(crate) score: f64,
    /// From 0 to 1.
    pub(crate) normalized: f64,
    /// The word, on a scale of words.
    pub(crate) label: Option<String>,
}

impl Grade {
    fn word(label: impl Into<String>, worth: f64) -> Self {
        Self {
            score: worth,
            normalized: worth,
            label: Some(label.into()),
        }
    }
}

/// Reads the reply to a direct call.
///
/// # Errors
/// One sentence that names what is missing or off its scale; good enough to ask for a repair with.
pub(crate) fn direct(rubric: &Rubric, text: &str) -> Result<Verdict, String> {
    let extract::Found {
        object: reply,
        taken_from,
    } = extract::object(text)?;
    let taken_from = taken_from.map(str::to_owned);
    let Some(Json::Object(members)) = reply.get("criteria") else {
        return Err("it has no object `criteria`".to_owned());
    };
    let given: BTreeMap<&str, &Json<'_>> = members
        .iter()
        .map(|(name, value)| (name.as_ref(), value))
        .collect();
    let criteria = rubric.criteria.iter().map(|criterion| {
        let verdict = given.get(criterion.name.as_str()).copied();
        verdict
            .ok_or_else(|| "it is missing".to_owned())
            .and_then(|verdict| read(criterion, verdict))
            .map_err(|problem| format!("criterion `{}`: {problem}", criterion.name))
    });
    let criteria = criteria.collect::<Result<_, _>>()?;
    let summary = reply
        .get("summary")
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_owned();
    Ok(Verdict {
        criteria,
        summary,
        taken_from,
    })
}

fn read(criterion: &Criterion, verdict: &Json<'_>) -> Result<CriterionVerdict, String> {
    let rationale = verdict
        .get("rationale")
        .and_then(Json::as_str)
        .unwrap_or_default()
        .trim();
    if rationale.is_empty() {
        return Err("it has no `rationale`".to_owned());
    }
    let quotes = match verdict.get("evidence") {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::String(quote)) => vec![quote.clone().into_owned()],
        Some(Json::Array(items)) => items
            .iter()
            .filter_map(Json::as_str)
            .take(MOST_QUOTES)
            .map(str::to_owned)
            .collect(),
        Some(other) => return Err(format!("`evidence` is {}", other.kind())),
    };
    let score = verdict.get("score").ok_or("it has no `score`")?;
    Ok(CriterionVerdict {
        rationale: rationale.to_owned(),
        quotes,
        grade: on_scale(&criterion.scale, score)?,
    })
}

fn on_scale(scale: &Scale, value: &Json<'_>) -> Result<Grade, String> {
    match scale {
        Scale::Numeric { min, max, .. } => {
            let score = number(value)
                .ok_or_else(|| format!("`score` is {}, not a number", value.kind()))?;
            match scale.normalize_number(score) {
                Some(normalized) => Ok(Grade {
                    score,
                    normalized,
                    label: None,
                }),
                None => Err(format!("`score` {score} is off the scale {min} to {max}")),
            }
        }
        Scale::Boolean => match (
            value,
            value
                .as_str()
                .map(|word| word.trim().to_lowercase())
                .as_deref(),
        ) {
            (Json::Bool(true), _) | (_, Some("true" | "yes")) => Ok(Grade::word("true", 1.0)),
            (Json::Bool(false), _) | (_, Some("false" | "no")) => Ok(Grade::word("false", 0.0)),
            _ => Err("`score` is neither true nor false".to_owned()),
        },
        Scale::Categories { values } => {
            let word = value.as_str().unwrap_or_default().trim();
            let exact = values.get_key_value(word);
            // Another case will do where it names one category only.
            let mut alike = values
                .iter()
                .filter(|(category, _)| category.to_lowercase() == word.to_lowercase());
            match (exact, alike.next(), alike.next()) {
                (Some((category, worth)), ..) | (None, Some((category, worth)), None) => {
                    Ok(Grade::word(category, *worth))
                }
                _ => Err(format!(
                    "`score` is none of: {}",
                    scale.categories().join(", ")
                )),
            }
        }
    }
}

/// A number, or a string that holds one and nothing else. Not `4/5`, not `4 out of 5`: those are guesses.
fn number(value: &Json<'_>) -> Option<f64> {
    let digits = match value {
        Json::Number(token) => token,
        Json::String(text) => text.trim(),
        _ => return None,
    };
    digits
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
}
