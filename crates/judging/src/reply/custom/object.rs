//! The form `json`: an object as prompts of all kinds ask for it.
//!
//! - per criterion an object (`{"helpfulness": {"reason": "…", "score": "4"}}`) or a bare value, at the top or
//!   under `criteria`;
//! - for a rubric of one criterion the value itself (`{"rating": 4, "feedback": "…"}`).
//!
//! Names of criteria are taken exactly, else without regard to case, `_`, `-` and blanks where that names one
//! member and one criterion only.

use super::{check_around, check_summary};
use domain::plan::ReaderVersion;
use domain::rubric::{Criterion, Rubric, Scale};

use crate::reply::json::{Node, Value};
use crate::reply::siblings::{self, plain};
use crate::reply::structured::{called, leaves_out};
use crate::reply::verdict::{CriterionVerdict, Grade, Verdict};
use crate::reply::word_list::is_among;
use crate::reply::{extract, grade, layout, unasked};

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
const REASONS: &str = "rationale reasoning reason explanation feedback analysis justification critique comment comments thoughts";

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
        &|object| from_object(rubric, reader, comparison, &called(object, reader)),
        &Verdict::agrees,
        &|verdict, part, object| {
            check_around(rubric, reader, comparison, verdict, text, (part, object))
        },
    )?;
    verdict.taken_from = taken_from.into_iter().collect();
    Ok(verdict)
}

fn from_object(
    rubric: &Rubric,
    reader: ReaderVersion,
    comparison: bool,
    object: &Node<'_>,
) -> Result<Verdict, String> {
    let wrapped = layout::wrapped(rubric, reader, object, keys(comparison))?;
    let (wrapper, given) = wrapped
        .as_ref()
        .map_or(("criteria", object), |(key, given)| (*key, given));
    let given = &*layout::plainly_named(rubric, given);
    siblings::check_name(rubric, object, wrapper)?;
    if wrapped.is_some() {
        unasked::check_beside_criteria(rubric, object, |key| key == wrapper || is_reason(key))?;
    }
    siblings::check_all(rubric, comparison, object)?;
    siblings::check_all(rubric, comparison, given)?;
    let criteria = rubric.criteria.iter().map(|criterion| {
        one(rubric, criterion, reader, comparison, given)
            .map_err(|problem| format!("criterion `{}`: {problem}", criterion.name))
    });
    let mut verdict = Verdict::of(criteria.collect::<Result<_, _>>()?);
    let read = unasked::given(rubric, &verdict);
    let is_known =
        |key: &str| key == "criteria" || wrapped.is_some() && key == wrapper || is_reason(key);
    for object in [object, given] {
        unasked::check(rubric, comparison, &read, object, is_known)?;
        unasked::check_texts(rubric, (reader, comparison), &read, object, is_reason)?;
    }
    let summary = object.get("summary").and_then(Node::text);
    summary.unwrap_or_default().clone_into(&mut verdict.summary);
    check_summary(rubric, (reader, comparison), &verdict)?;
    Ok(verdict)
}

fn one(
    rubric: &Rubric,
    criterion: &Criterion,
    reader: ReaderVersion,
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
    siblings::check_name(rubric, given, &criterion.name)?;
    let named = named.map(|value| value.unfolded(reader));
    let alone = rubric.criteria.len() == 1;
    let is_numeric = !comparison && matches!(criterion.scale, Scale::Numeric { .. });
    let (value, beside) = match named.as_deref() {
        Some(inner) if inner.members().is_some() => {
            (keyed(inner, comparison, is_numeric)?, Some(inner))
        }
        Some(bare) => ((criterion.name.as_str(), bare), alone.then_some(given)),
        None if alone => (keyed(given, comparison, is_numeric)?, Some(given)),
        None if criterion.may_not_apply && leaves_out(rubric, given, is_reason) => {
            return Ok(CriterionVerdict::not_applicable(String::new(), Vec::new()));
        }
        None => return Err("it is missing".to_owned()),
    };
    let grade = graded(criterion, reader, comparison, value)?;
    if let (Some(beside), Some(grade)) = (beside, &grade) {
        let how = (reader, comparison);
        siblings::check(rubric, criterion, how, (value.0, grade), beside)?;
        let is_known =
            |key: &str| is_reason(key) || key == "criteria" || plain(key) == plain(value.0);
        unasked::check(
            rubric,
            comparison,
            &[(criterion, Some(grade))],
            beside,
            is_known,
        )?;
        let is_said = |key: &str| is_reason(key) && plain(key) != plain(value.0);
        unasked::check_texts(rubric, how, &[(criterion, Some(grade))], beside, is_said)?;
    }
    Ok(CriterionVerdict {
        failure_step: None,
        rationale: beside.and_then(reason).unwrap_or_default(),
        quotes: Vec::new(),
        grade,
    })
}

fn is_reason(key: &str) -> bool {
    key == "summary" || is_among(REASONS, &plain(key))
}

/// The value; `None` where the criterion does not apply.
fn graded(
    criterion: &Criterion,
    reader: ReaderVersion,
    comparison: bool,
    (key, value): (&str, &Node<'_>),
) -> Result<Option<Grade>, String> {
    if grade::is_declined(&criterion.scale, reader, value) {
        return if criterion.may_not_apply {
            Ok(None)
        } else {
            Err("it is not scored but N/A".to_owned())
        };
    }
    if comparison {
        return grade::better(value, reader, key).map(Some);
    }
    match (&criterion.scale, &value.value) {
        (Scale::Numeric { max, .. }, Value::Text(_)) => {
            let (digits, at) = grade::out_of(value, *max);
            let score = Node {
                at,
                value: Value::Text(digits.unwrap_or_default().into()),
            };
            grade::on_scale(&criterion.scale, reader, &score, key)
        }
        // Truths are often asked for as 1 and 0.
        (Scale::Boolean, Value::Number(digits @ ("0" | "1"))) => {
            Ok(Grade::truth(*digits == "1").standing_if(value.at.clone()))
        }
        (scale, _) => grade::on_scale(scale, reader, value, key),
    }
    .map(Some)
}

/// Keys of a value.
fn keys(comparison: bool) -> &'static [&'static str] {
    if comparison { &SIDES } else { &grade::VALUES }
}

/// Keys of what a value is called.
const CALLED: [&str; 5] = ["rating", "grade", "verdict", "label", "result"];

fn is_number(value: &Node<'_>) -> bool {
    match &value.value {
        Value::Number(_) => true,
        Value::Text(text) => text.trim().starts_with(|each: char| each.is_ascii_digit()),
        _ => false,
    }
}

fn is_word(value: &Node<'_>) -> bool {
    let is_said = |text: &str| text.contains(char::is_alphabetic);
    value.text().is_some_and(is_said) && !is_number(value)
}

/// The one member that holds the value; `is_numeric` where that is a number.
fn keyed<'n, 't>(
    given: &'n Node<'t>,
    comparison: bool,
    is_numeric: bool,
) -> Result<(&'static str, &'n Node<'t>), String> {
    let keys = keys(comparison);
    let mut found = None;
    let has_number = |key: &str| {
        let members = given.members().unwrap_or_default().iter();
        let mut others = members.filter(|(name, _)| plain(name) != key);
        others.any(|(name, value)| keys.contains(&&*plain(name)) && is_number(value))
    };
    for key in keys {
        for (name, value) in given.members().unwrap_or_default() {
            if plain(name) != *key {
                continue;
            }
            // `"score": 4, "label": "good"`: what it is called, which is looked at as what was not asked for.
            if is_numeric && CALLED.contains(key) && is_word(value) && has_number(key) {
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
    REASONS.split(' ').find_map(|key| {
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
