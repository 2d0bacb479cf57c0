//! From a value in JSON to a grade.

use std::ops::Range;

use domain::rubric::{Scale, Side};

use super::json::{Node, Value};
use super::verdict::Grade;

/// Reads the value of a criterion, as our own prompts ask for it. `key` names it in messages.
pub(super) fn on_scale(scale: &Scale, value: &Node<'_>, key: &str) -> Result<Grade, String> {
    let grade = match scale {
        Scale::Numeric { min, max, .. } => {
            let score = number(value)
                .ok_or_else(|| format!("`{key}` is {}, not a number", value.kind()))?;
            Grade::number(scale, score)
                .ok_or_else(|| format!("`{key}` {score} is off the scale {min} to {max}"))?
        }
        Scale::Boolean => {
            truth(value).ok_or_else(|| format!("`{key}` is neither true nor false"))?
        }
        Scale::Categories { .. } => Grade::category(scale, value.text().unwrap_or_default().trim())
            .ok_or_else(|| format!("`{key}` is none of: {}", scale.categories().join(", ")))?,
    };
    Ok(grade.standing(place(value)))
}

/// Reads which of two candidates is better, `A` being the one that was shown first.
pub(super) fn better(value: &Node<'_>, key: &str) -> Result<Grade, String> {
    let word = value
        .text()
        .ok_or_else(|| format!("`{key}` is {}, not A, B or tie", value.kind()))?;
    let side = side(word).ok_or_else(|| format!("`{key}` is none of A, B and tie"))?;
    Ok(Grade::side(side).standing(place(value)))
}

/// Nouns that may stand before the letter of a candidate.
const NOUNS: [&str; 9] = [
    "candidate",
    "assistant",
    "answer",
    "response",
    "output",
    "option",
    "model",
    "submission",
    "the",
];

/// The side that words name: `A`, `candidate B`, `Output (a)`, `first`, `the second`, `tie`, `equal`. Not `1` and
/// `2`: whether one counts from 0 or from 1 is not known.
pub(super) fn side(words: &str) -> Option<Side> {
    let words = words.trim().trim_end_matches('.').to_lowercase();
    let mut rest = words.as_str();
    for noun in NOUNS {
        if let Some(behind) = rest.strip_prefix(noun)
            && behind.starts_with([' ', '_', '-', '('])
        {
            rest = behind.trim_start_matches([' ', '_', '-']);
        }
    }
    match rest {
        "a" | "(a)" | "first" | "first one" | "first candidate" => Some(Side::First),
        "b" | "(b)" | "second" | "second one" | "second candidate" => Some(Side::Second),
        "tie" | "tied" | "draw" | "equal" | "equally good" | "both" | "neither" => Some(Side::Tie),
        _ => None,
    }
}

/// Where a value stands, without the blanks within its quotes.
fn place(value: &Node<'_>) -> Range<usize> {
    let Value::Text(text) = &value.value else {
        return value.at.clone();
    };
    if text.len() != value.at.len() {
        return value.at.clone();
    }
    let start = value.at.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

/// A number, or a string that holds one and nothing else.
pub(super) fn number(value: &Node<'_>) -> Option<f64> {
    let digits = match &value.value {
        Value::Number(digits) => digits,
        Value::Text(text) => text.trim(),
        _ => return None,
    };
    digits
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
}

/// A truth, or a string that names one.
fn truth(value: &Node<'_>) -> Option<Grade> {
    match &value.value {
        Value::Bool(holds) => Some(Grade::truth(*holds)),
        Value::Text(text) => truth_word(text),
        _ => None,
    }
}

/// The truth that a word names.
pub(super) fn truth_word(word: &str) -> Option<Grade> {
    match word.trim().to_lowercase().as_str() {
        "true" | "yes" => Some(Grade::truth(true)),
        "false" | "no" => Some(Grade::truth(false)),
        _ => None,
    }
}
