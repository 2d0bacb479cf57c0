//! The form `json`: an object as prompts of all kinds ask for it.
//!
//! - per criterion an object (`{"helpfulness": {"reason": "…", "score": "4"}}`) or a bare value, at the top or
//!   under `criteria`;
//! - for a rubric of one criterion the value itself (`{"rating": 4, "feedback": "…"}`).
//!
//! Names of criteria are taken exactly, else without regard to case, `_`, `-` and blanks where that names one
//! member and one criterion only.

use domain::plan::ReaderVersion;
use domain::rubric::{Criterion, Rubric, Scale};

use crate::reply::json::{Node, Value};
use crate::reply::structured::called;
use crate::reply::verdict::{CriterionVerdict, Grade, Verdict};
use crate::reply::{extract, grade};

/// Keys of a value.
const VALUES: [&str; 7] = [
    "score", "rating", "grade", "verdict", "label", "result", "value",
];

/// Keys of the better candidate.
const SIDES: [&str; 8] = [
    "better",
    "winner",
    "preferred",
    "preference",
    "choice",
    "verdict",
    "result",
    "answer",
];

/// Keys of a reason, the likeliest first.
const REASONS: [&str; 11] = [
    "rationale",
    "reasoning",
    "reason",
    "explanation",
    "feedback",
    "analysis",
    "justification",
    "critique",
    "comment",
    "comments",
    "thoughts",
];

/// Reads the object.
pub(super) fn read(
    rubric: &Rubric,
    reader: ReaderVersion,
    comparison: bool,
    text: &str,
) -> Result<Verdict, String> {
    let (mut verdict, taken_from) = extract::object(
        text,
        reader,
        &|object| from_object(rubric, comparison, called(object)),
        &Verdict::agrees,
    )?;
    verdict.taken_from = taken_from.into_iter().collect();
    Ok(verdict)
}

fn from_object(rubric: &Rubric, comparison: bool, object: &Node<'_>) -> Result<Verdict, String> {
    let given = object
        .get("criteria")
        .filter(|it| it.members().is_some())
        .unwrap_or(object);
    let criteria = rubric.criteria.iter().map(|criterion| {
        one(rubric, criterion, comparison, given)
            .map_err(|problem| format!("criterion `{}`: {problem}", criterion.name))
    });
    let mut verdict = Verdict::of(criteria.collect::<Result<_, _>>()?);
    let summary = object.get("summary").and_then(Node::text);
    summary.unwrap_or_default().clone_into(&mut verdict.summary);
    Ok(verdict)
}

fn one(
    rubric: &Rubric,
    criterion: &Criterion,
    comparison: bool,
    given: &Node<'_>,
) -> Result<CriterionVerdict, String> {
    let wanted = plain(&criterion.name);
    let mut alike = rubric.criteria.iter();
    // `safe` is not the value of both `Safe` and `safe`.
    let named = if alike.any(|other| other.name != criterion.name && plain(&other.name) == wanted) {
        given.get(&criterion.name)
    } else {
        member(given, &criterion.name)?
    };
    let alone = rubric.criteria.len() == 1;
    let (value, beside) = match named {
        Some(inner) if inner.members().is_some() => (keyed(inner, comparison)?, Some(inner)),
        Some(bare) => ((criterion.name.as_str(), bare), alone.then_some(given)),
        None if alone => (keyed(given, comparison)?, Some(given)),
        None => return Err("it is missing".to_owned()),
    };
    Ok(CriterionVerdict {
        rationale: beside.and_then(reason).unwrap_or_default(),
        quotes: Vec::new(),
        grade: graded(criterion, comparison, value)?,
    })
}

fn graded(
    criterion: &Criterion,
    comparison: bool,
    (key, value): (&str, &Node<'_>),
) -> Result<Grade, String> {
    if is_declined(value) {
        return Err("it is not scored but N/A".to_owned());
    }
    if comparison {
        return grade::better(value, key);
    }
    match (&criterion.scale, &value.value) {
        (Scale::Numeric { max, .. }, Value::Text(text)) => {
            grade::on_scale(&criterion.scale, &out_of(value, text, *max), key)
        }
        // Truths are often asked for as 1 and 0.
        (Scale::Boolean, Value::Number(digits @ ("0" | "1"))) => {
            Ok(Grade::truth(*digits == "1").standing(value.at.clone()))
        }
        (scale, _) => grade::on_scale(scale, value, key),
    }
}

/// `4/5` as `4`, where 5 is the most: then the number can only be on the criterion's scale.
fn out_of<'t>(value: &Node<'t>, text: &str, max: f64) -> Node<'t> {
    let split = text.split_once('/').or_else(|| text.split_once(" out of "));
    let is_max = |of: &str| of.trim().parse() == Ok(max);
    match split {
        Some((score, of)) if is_max(of) => {
            let at = value.at.start..value.at.start + score.trim_end().len();
            Node {
                // With escapes in the text its place is not that of its digits.
                at: if text.len() == value.at.len() {
                    at
                } else {
                    value.at.clone()
                },
                value: Value::Text(score.trim_end().to_owned().into()),
            }
        }
        _ => value.clone(),
    }
}

fn is_declined(value: &Node<'_>) -> bool {
    value.is_null()
        || value.text().is_some_and(|text| {
            let word = text.trim().to_lowercase();
            matches!(
                word.as_str(),
                "" | "-" | "n/a" | "na" | "none" | "null" | "not applicable"
            )
        })
}

/// The one member that holds the value.
fn keyed<'n, 't>(
    given: &'n Node<'t>,
    comparison: bool,
) -> Result<(&'static str, &'n Node<'t>), String> {
    let keys: &[&'static str] = if comparison { &SIDES } else { &VALUES };
    let mut found = None;
    for key in keys {
        for (name, value) in given.members().unwrap_or_default() {
            if plain(name) != *key {
                continue;
            }
            if let Some((other, _)) = found {
                return Err(format!("it has both `{other}` and `{name}`"));
            }
            found = Some((*key, value));
        }
    }
    found.ok_or_else(|| format!("it has none of: {}", keys.join(", ")))
}

fn reason(beside: &Node<'_>) -> Option<String> {
    REASONS.iter().find_map(|key| {
        let value = member(beside, key).ok()??;
        match &value.value {
            Value::Text(text) => Some(text.trim().to_owned()),
            Value::List(items) => {
                let lines: Option<Vec<&str>> = items.iter().map(Node::text).collect();
                Some(lines?.join("\n"))
            }
            _ => None,
        }
    })
}

/// A member by its name: exactly, else without regard to case and separators.
///
/// # Errors
/// Several members have such a name.
fn member<'n, 't>(object: &'n Node<'t>, name: &str) -> Result<Option<&'n Node<'t>>, String> {
    if let Some(exact) = object.get(name) {
        return Ok(Some(exact));
    }
    let wanted = plain(name);
    let members = object.members().unwrap_or_default();
    let mut alike = members.iter().filter(|(key, _)| plain(key) == wanted);
    match (alike.next(), alike.next()) {
        (found, None) => Ok(found.map(|(_, node)| node)),
        (_, Some(_)) => Err(format!("several members are named like `{name}`")),
    }
}

/// A name without regard to case and separators.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|each| !matches!(each, '_' | '-' | ' '));
    letters.flat_map(char::to_lowercase).collect()
}
