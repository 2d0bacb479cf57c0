//! What stands beside a value in an object and may change it: its scale, a newer value, a member that says that it is none.

use domain::plan::ReaderVersion;
use domain::rubric::{Criterion, Rubric, Scale};

use super::custom::{counts_down, is_anew, is_voided, most_of, names_other};
use super::grade;
use super::json::{Node, Value};
use super::verdict::Grade;
pub(super) use super::word_list::is_among;

/// Words of keys for the other end of a value's scale: `max`, `out_of`, `score_range`.
const ENDS: &str =
    "max maximum of range scale total possible upper highest best top limit ceiling denominator";

/// Words that may stand beside those, and alone name none.
const BESIDE_ENDS: &str = "out size scored scoring score scores rating grade value limit bound end points point mark marks on";

/// Words of keys for a value.
pub(super) const VALUES: &str = "score rating grade verdict label result value better winner preferred preference choice answer judgment judgement decision";

/// Keys by which a judge says that it gives no verdict, where they hold true; of the first also where they hold words.
const VOID: &str = "error exception refusal refused abstain abstained example sample dummy mock draft placeholder template \
    hypothetical tentative provisional invalid not_applicable unscorable unable failed aborted incomplete partial truncated superseded retracted withdrawn cancelled";
const SAID: &str = "error exception refusal";

/// Keys by which it says so where they hold false.
const VALID: &str =
    "valid success ok applicable final scored complete completed done finished usable reliable";

/// Words of a `status` that do not.
const DONE: &str = "ok okay success successful succeeded done complete completed final finished scored judged evaluated passed valid accepted";

/// Keys of remarks, which may say so in words.
const REMARKS: &str = "note notes comment remark warning warnings disclaimer caveat caveats limitation limitations summary";

/// Checks the members of an object that holds values of criteria: whether one says that there is no verdict, or names a
/// scale that none of the criteria has.
///
/// # Errors
/// One sentence: what stands there.
pub(super) fn check_all(
    rubric: &Rubric,
    comparison: bool,
    object: &Node<'_>,
) -> Result<(), String> {
    for (key, member) in others(rubric, object) {
        if is_void(key, member) {
            return Err(format!("its `{key}` says that it is no verdict"));
        }
        let named = end_by(key, member).filter(|_| !comparison && !spaced(key).contains("total"));
        let has_end = |of: f64| {
            let mut scales = rubric.criteria.iter().map(|each| &each.scale);
            scales.any(
                |scale| matches!(scale, Scale::Numeric { max, .. } if of.total_cmp(max).is_eq()),
            )
        };
        if let Some(of) = named.filter(|of| !has_end(*of)) {
            return Err(format!(
                "its `{key}` names a scale up to {of}, which is that of no criterion"
            ));
        }
    }
    Ok(())
}

/// The members that are no criteria.
fn others<'n, 't>(
    rubric: &'n Rubric,
    object: &'n Node<'t>,
) -> impl Iterator<Item = (&'n str, &'n Node<'t>)> {
    let is_criterion = |key: &str| {
        rubric
            .criteria
            .iter()
            .any(|each| plain(&each.name) == plain(key))
    };
    let members = object.members().unwrap_or_default().iter();
    members
        .map(|(key, member)| (&**key, member))
        .filter(move |(key, _)| !is_criterion(key))
}

/// Checks what stands beside the value of one criterion under `own`: its scale, and newer values.
///
/// # Errors
/// One sentence: what stands there.
pub(super) fn check(
    rubric: &Rubric,
    criterion: &Criterion,
    (reader, comparison): (ReaderVersion, bool),
    (own, given): (&str, &Grade),
    object: &Node<'_>,
) -> Result<(), String> {
    for (key, member) in others(rubric, object).filter(|(key, _)| plain(key) != plain(own)) {
        if is_void(key, member) {
            return Err(format!("its `{key}` says that it is no verdict"));
        }
        if let (Scale::Numeric { max, .. }, Some(of)) = (&criterion.scale, end_by(key, member))
            && !comparison
        {
            // A sum of one is that one.
            let is_sum = spaced(key).contains("total") && of.total_cmp(&given.score).is_eq();
            if of.total_cmp(max).is_ne() && !is_sum {
                return Err(format!(
                    "it gives a score out of {of} where {max} is the most"
                ));
            }
            continue;
        }
        let words = spaced(key);
        let (values, beside): (Vec<&str>, Vec<&str>) =
            words.split(' ').partition(|word| is_among(VALUES, word));
        if !beside.is_empty() && !is_anew(&beside.join(" "))
            || values.is_empty() && beside.is_empty()
        {
            continue;
        }
        let other = if comparison {
            grade::better(member, reader, key)
        } else {
            grade::on_scale(&criterion.scale, reader, member, key)
        };
        let differs = match &other {
            Ok(other) => other.score.total_cmp(&given.score).is_ne() || other.label != given.label,
            // One that is off the scale, and no text of another kind.
            Err(_) => match (&member.value, &criterion.scale) {
                (Value::Number(_), _) => !values.is_empty(),
                (Value::Text(text), Scale::Numeric { max, .. }) => {
                    names_other(text, given.score, *max)
                }
                _ => false,
            },
        };
        if differs {
            return Err(format!("its `{key}` is another value than its `{own}`"));
        }
    }
    Ok(())
}

/// The upper end of a scale that a member names by its key.
pub(super) fn end_by(key: &str, member: &Node<'_>) -> Option<f64> {
    let words = spaced(key);
    let mut said = words.split(' ');
    let is_known = |word| is_among(ENDS, word) || is_among(BESIDE_ENDS, word);
    let is_end = said.clone().any(|word| is_among(ENDS, word)) && said.all(is_known);
    let is_end = is_end || matches!(words.as_str(), "unit" | "units");
    is_end.then(|| end(member)).flatten()
}

/// The upper end of the scale that a member names: `10`, `"1-10"`, `[1, 10]`, `{"min": 1, "max": 10}`, `"percent"`.
fn end(member: &Node<'_>) -> Option<f64> {
    match &member.value {
        Value::Number(digits) => digits.parse().ok(),
        Value::Text(text) if matches!(text.trim(), "%" | "percent" | "percentage") => Some(100.0),
        Value::Text(text) => {
            let whole = text.trim().parse().ok();
            whole.or_else(|| most_of(text))
        }
        Value::List(items) => items.iter().filter_map(end).max_by(f64::total_cmp),
        Value::Map(members) => members
            .iter()
            .filter_map(|(_, member)| end(member))
            .max_by(f64::total_cmp),
        Value::Null | Value::Bool(_) => None,
    }
}

/// Whether a key is one by which a judge says that there is no verdict.
pub(super) fn is_void_key(key: &str) -> bool {
    let key = spaced(key).replace("is ", "").replace(' ', "_");
    is_among(VOID, &key)
}

/// Whether a member says that there is no verdict.
fn is_void(key: &str, member: &Node<'_>) -> bool {
    let words = spaced(key);
    let named = words
        .split(' ')
        .filter(|word| !is_among("is message msg text", word));
    let key = named.collect::<Vec<_>>().join("_");
    let is_unjudged = words
        .split(' ')
        .any(|word| is_among("not cannot unable", word))
        && words.split(' ').any(|word| {
            is_among(
                "judge judged score scored rate rated evaluate evaluated assess assessed",
                word,
            )
        });
    let says = |text: &str| {
        !matches!(
            text.trim().to_lowercase().as_str(),
            "" | "none" | "null" | "no" | "n/a" | "false"
        )
    };
    match &member.value {
        Value::Bool(true) => is_among(VOID, &key) || is_unjudged || counts_down(&words),
        Value::Bool(false) => is_among(VALID, &key),
        Value::Text(text) => {
            (is_among(REMARKS, &key) && is_unsaid(text))
                || (is_among(SAID, &key) && says(text))
                || (key == "status" && !is_among(DONE, &text.trim().to_lowercase()))
        }
        Value::List(items) => {
            is_among(REMARKS, &key) && items.iter().filter_map(Node::text).any(is_unsaid)
        }
        Value::Map(members) => is_among(SAID, &key) && !members.is_empty(),
        Value::Null | Value::Number(_) => false,
    }
}

/// Whether a text takes back, in one of its sentences, what the judge says elsewhere.
fn is_unsaid(text: &str) -> bool {
    text.split(['.', ';', '!', '?', '\n', '。']).any(is_voided)
}

/// Whether a member says by its key that its truth is about the verdict, and leaves that as it is: `"valid": true`,
/// `"error": false`.
pub(super) fn is_upheld(key: &str, holds: bool) -> bool {
    let key = spaced(key).replace("is ", "").replace(' ', "_");
    is_among(if holds { VALID } else { VOID }, &key)
}

/// Checks that no other member of an object has the name of one but for case and separators, save a criterion's.
///
/// # Errors
/// There is one.
pub(super) fn check_name(rubric: &Rubric, object: &Node<'_>, name: &str) -> Result<(), String> {
    let is_criterion = |key: &str| {
        rubric
            .criteria
            .iter()
            .any(|each| each.name == key && key != name)
    };
    let alike = object.members().unwrap_or_default().iter();
    let alike = alike.filter(|(key, _)| plain(key) == plain(name) && !is_criterion(key));
    if alike.count() > 1 {
        return Err(format!("several members are named like `{name}`"));
    }
    Ok(())
}

/// A name without regard to case and separators.
pub(super) fn plain(name: &str) -> String {
    let letters = name.chars().filter(|each| !matches!(each, '_' | '-' | ' '));
    letters.flat_map(char::to_lowercase).collect()
}

/// The words of a key in small letters: `final score` of `finalScore` and `final_score`.
pub(super) fn spaced(key: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for each in key.chars() {
        if matches!(each, '_' | '-' | ' ' | '.') {
            words.push(' ');
        } else {
            let begins = each.is_uppercase() && before.is_lowercase();
            if begins || each.is_numeric() && before.is_alphabetic() && before != 'v' {
                words.push(' ');
            }
            words.extend(each.to_lowercase());
        }
        before = each;
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
