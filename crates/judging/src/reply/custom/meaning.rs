//! From what stands in a reply to a grade.

use std::collections::BTreeMap;

use domain::rubric::{Meaning, Scale, Side};

use crate::reply::grade;
use crate::reply::verdict::Grade;

/// What a choice means on a scale, or for a comparison.
///
/// # Errors
/// The meaning is of another kind, or off the scale.
pub(in crate::reply) fn meant(
    meaning: &Meaning,
    scale: &Scale,
    comparison: bool,
) -> Result<Grade, String> {
    let grade = match meaning {
        Meaning::Side(side) if comparison => Some(Grade::side(*side)),
        _ if comparison => None,
        Meaning::Truth(holds) if *scale == Scale::Boolean => Some(Grade::truth(*holds)),
        Meaning::Number(number) => Grade::number(scale, *number),
        Meaning::Label(label) => Grade::category(scale, label),
        Meaning::Side(_) | Meaning::Truth(_) => None,
    };
    grade.ok_or_else(|| "what its choice means does not fit what is judged".to_owned())
}

/// A number of a form's range, mapped linearly onto a numeric scale.
///
/// # Errors
/// It is off the range, or the scale is of another kind.
pub(in crate::reply) fn mapped(
    number: f64,
    (min, max): (f64, f64),
    scale: &Scale,
) -> Result<Grade, String> {
    let Scale::Numeric {
        min: least,
        max: most,
        ..
    } = scale
    else {
        return Err("a number is no value of the criterion's scale".to_owned());
    };
    let off = || format!("{number} is off the scale {min} to {max}");
    if !(min..=max).contains(&number) {
        return Err(off());
    }
    let same = min.total_cmp(least).is_eq() && max.total_cmp(most).is_eq();
    let score = if same {
        number
    } else {
        (least + (number - min) / (max - min) * (most - least)).clamp(*least, *most)
    };
    Grade::number(scale, score).ok_or_else(off)
}

/// The words that say a value of the scale itself; none of a numeric one.
pub(super) fn values_of(scale: &Scale, comparison: bool) -> BTreeMap<String, Meaning> {
    let sides = [("A", Side::First), ("B", Side::Second), ("tie", Side::Tie)];
    let truths = [
        ("true", true),
        ("yes", true),
        ("false", false),
        ("no", false),
    ];
    let named = |(word, meaning): (&str, Meaning)| (word.to_owned(), meaning);
    match scale {
        _ if comparison => sides
            .map(|(word, side)| named((word, Meaning::Side(side))))
            .into(),
        Scale::Boolean => truths
            .map(|(word, holds)| named((word, Meaning::Truth(holds))))
            .into(),
        Scale::Categories { .. } => scale
            .categories()
            .into_iter()
            .map(|label| named((label, Meaning::Label(label.to_owned()))))
            .collect(),
        Scale::Numeric { .. } => BTreeMap::new(),
    }
}

/// A text that says a value of the scale itself: a number on it, a category, a truth; in a comparison a side.
///
/// # Errors
/// It does not.
pub(super) fn plain(words: &str, scale: &Scale, comparison: bool) -> Result<Grade, String> {
    let words = words.trim();
    let grade = match scale {
        _ if comparison => grade::side(words).map(Grade::side),
        Scale::Numeric { min, max, .. } => {
            let number = super::digits::number(words)
                .ok_or_else(|| "what its pattern matches is no number".to_owned())?;
            let grade = Grade::number(scale, number)
                .ok_or_else(|| format!("{number} is off the scale {min} to {max}"))?;
            Some(grade)
        }
        Scale::Boolean => grade::truth_word(words),
        Scale::Categories { .. } => Grade::category(scale, words),
    };
    grade.ok_or_else(|| "what its pattern matches is no value of the scale".to_owned())
}
