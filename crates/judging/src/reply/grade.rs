//! From a value in JSON to a grade.

use std::ops::Range;

use domain::plan::ReaderVersion;
use domain::rubric::{Scale, Side};

use super::json::{Node, Value};
use super::verdict::Grade;

/// Keys of a value.
pub(super) const VALUES: [&str; 7] = [
    "score", "rating", "grade", "verdict", "label", "result", "value",
];

/// Reads the value of a criterion, as our own prompts ask for it. `key` names it in messages.
pub(super) fn on_scale(
    scale: &Scale,
    reader: ReaderVersion,
    value: &Node<'_>,
    key: &str,
) -> Result<Grade, String> {
    let value = bare(value, reader);
    let grade = match scale {
        Scale::Numeric { min, max, .. } => {
            let (digits, at) = if reader >= ReaderVersion::V2 {
                out_of(value, *max)
            } else {
                (digits(value), place(value))
            };
            let score = digits
                .and_then(number)
                .ok_or_else(|| format!("`{key}` is {}, not a number", value.kind()))?;
            let grade = Grade::number(scale, score)
                .ok_or_else(|| format!("`{key}` {score} is off the scale {min} to {max}"))?;
            return Ok(grade.standing_if(at));
        }
        Scale::Boolean => {
            truth(value).ok_or_else(|| format!("`{key}` is neither true nor false"))?
        }
        Scale::Categories { .. } => Grade::category(scale, value.text().unwrap_or_default().trim())
            .ok_or_else(|| format!("`{key}` is none of: {}", scale.categories().join(", ")))?,
    };
    Ok(grade.standing_if(place(value)))
}

/// Reads which of two candidates is better, `A` being the one that was shown first.
pub(super) fn better(value: &Node<'_>, reader: ReaderVersion, key: &str) -> Result<Grade, String> {
    let value = bare(value, reader);
    let word = value
        .text()
        .ok_or_else(|| format!("`{key}` is {}, not A, B or tie", value.kind()))?;
    let side = side(word).ok_or_else(|| format!("`{key}` is none of A, B and tie"))?;
    Ok(Grade::side(side).standing_if(place(value)))
}

/// The one value that brackets hold, from version 2 on: `[4]`, `{"value": 4}`. Of several it is not known which one is
/// meant, nor what another member says of it: `{"value": 4, "max": 10}`.
fn bare<'n, 't>(value: &'n Node<'t>, reader: ReaderVersion) -> &'n Node<'t> {
    match &value.value {
        Value::List(items) if reader >= ReaderVersion::V2 => match items.as_slice() {
            [item] => bare(item, reader),
            _ => value,
        },
        Value::Map(members) if reader >= ReaderVersion::V2 => match members.as_slice() {
            [(key, member)] if VALUES.contains(&&*key.to_lowercase()) => bare(member, reader),
            _ => value,
        },
        _ => value,
    }
}

/// Whether a value says that the criterion does not apply, or that there is none. A word that is one of the scale's
/// categories is that.
pub(super) fn is_declined(scale: &Scale, reader: ReaderVersion, value: &Node<'_>) -> bool {
    let value = bare(value, reader);
    let Some(text) = value.text() else {
        return value.value == Value::Null;
    };
    let is_category = reader >= ReaderVersion::V2 && scale.category(text.trim()).is_some();
    let word = text.trim().trim_end_matches('.').to_lowercase();
    !is_category
        && matches!(
            word.replace(['_', '-'], " ").trim(),
            "" | "n/a" | "na" | "none" | "null" | "not applicable" | "does not apply"
        )
}

/// The digits of a score and their place: of `4/5`, where 5 is the most, `4`. Such a number can only be on the
/// criterion's scale.
pub(super) fn out_of<'n>(value: &'n Node<'_>, max: f64) -> (Option<&'n str>, Option<Range<usize>>) {
    let whole = (digits(value), place(value));
    let Some(text) = value.text() else {
        return whole;
    };
    let split = text.split_once('/').or_else(|| text.split_once(" out of "));
    let share = text
        .trim_end()
        .strip_suffix('%')
        .map(|score| (score, "100"));
    match split.or(share) {
        Some((score, of)) if of.trim().parse() == Ok(max) => {
            let behind = text.len() - score.len();
            let place = value.at.clone().map(|at| {
                // With escapes in the text its place is not that of its digits.
                if text.len() == at.len() {
                    trimmed(score, at.start..at.end - behind)
                } else {
                    at
                }
            });
            (Some(score.trim()), place)
        }
        _ => whole,
    }
}

/// Nouns that may stand before the letter of a candidate.
const NOUNS: &str = "candidate assistant answer response output option model submission the";

/// The side that words name: `A`, `candidate B`, `Output (a)`, `first`, `the second`, `tie`, `equal`. Not `1` and
/// `2`: whether one counts from 0 or from 1 is not known.
pub(super) fn side(words: &str) -> Option<Side> {
    let words = words.trim().trim_end_matches('.').to_lowercase();
    let mut rest = words.as_str();
    for noun in NOUNS.split(' ') {
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
fn place(value: &Node<'_>) -> Option<Range<usize>> {
    let at = value.at.clone()?;
    Some(match value.text() {
        Some(text) if text.len() == at.len() => trimmed(text, at),
        _ => at,
    })
}

/// The place of a text without the blanks around it.
fn trimmed(text: &str, at: Range<usize>) -> Range<usize> {
    let start = at.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

/// The digits of a number, or of a string that may hold one and nothing else.
pub(super) fn digits<'n>(value: &'n Node<'_>) -> Option<&'n str> {
    match &value.value {
        Value::Number(digits) => Some(digits),
        Value::Text(text) => Some(text.trim()),
        _ => None,
    }
}

fn number(digits: &str) -> Option<f64> {
    let number = digits.parse::<f64>().ok();
    number.filter(|number| number.is_finite())
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
