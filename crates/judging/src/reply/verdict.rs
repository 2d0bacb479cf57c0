//! The verdict in a direct reply.

use std::collections::BTreeMap;

use domain::json::Json;
use domain::rubric::{Criterion, Rubric, Scale};

use super::extract;

/// A reply that has every criterion on its scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// In the rubric's order.
    pub(crate) criteria: Vec<CriterionVerdict>,
    /// On the whole; may be empty.
    pub(crate) summary: String,
}

/// What the judge says about one criterion.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CriterionVerdict {
    pub(crate) rationale: String,
    pub(crate) quotes: Vec<String>,
    pub(crate) score: Score,
}

/// A value that is on its criterion's scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Score {
    Number(f64),
    Boolean(bool),
    Category(String),
}

/// Reads the reply to a direct call.
///
/// # Errors
/// One sentence that names what is missing or off its scale; good enough to ask for a repair with.
pub(crate) fn direct(rubric: &Rubric, text: &str) -> Result<Verdict, String> {
    let reply = extract::object(text)?;
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
    Ok(Verdict { criteria, summary })
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
            .map(str::to_owned)
            .collect(),
        Some(other) => return Err(format!("`evidence` is {}", other.kind())),
    };
    let score = verdict.get("score").ok_or("it has no `score`")?;
    Ok(CriterionVerdict {
        rationale: rationale.to_owned(),
        quotes,
        score: on_scale(&criterion.scale, score)?,
    })
}

fn on_scale(scale: &Scale, value: &Json<'_>) -> Result<Score, String> {
    match (scale, value) {
        (Scale::Numeric { min, max, .. }, value) => {
            let number = number(value)
                .ok_or_else(|| format!("`score` is {}, not a number", value.kind()))?;
            let on_it = scale.normalize_number(number).is_some();
            if on_it {
                Ok(Score::Number(number))
            } else {
                Err(format!("`score` {number} is off the scale {min} to {max}"))
            }
        }
        (Scale::Boolean, Json::Bool(answer)) => Ok(Score::Boolean(*answer)),
        (Scale::Boolean, other) => match other
            .as_str()
            .map(|word| word.trim().to_lowercase())
            .as_deref()
        {
            Some("true" | "yes") => Ok(Score::Boolean(true)),
            Some("false" | "no") => Ok(Score::Boolean(false)),
            _ => Err("`score` is neither true nor false".to_owned()),
        },
        (Scale::Categories { values }, other) => {
            let word = other.as_str().unwrap_or_default().trim();
            let mut alike = values
                .keys()
                .filter(|category| category.to_lowercase() == word.to_lowercase());
            match (values.contains_key(word), alike.next(), alike.next()) {
                (true, ..) => Ok(Score::Category(word.to_owned())),
                (false, Some(category), None) => Ok(Score::Category(category.clone())),
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
