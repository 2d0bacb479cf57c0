//! Replies to a rubric's own prompt, in the form that the rubric names.
//!
//! A value counts only where it stands as an answer. What that means is written at each form; words and numbers
//! within the reasoning never count, and where several count that differ, the rubric says which one is taken or
//! the reply is not read.

mod anew;
mod around;
mod attribution;
mod beginning;
mod brackets;
mod choice;
mod claim;
mod comma;
mod digits;
mod label;
mod lead;
mod legend;
mod lines;
mod loser;
mod meaning;
mod number;
mod numbers;
mod object;
mod order;
mod other;
mod pattern;
mod polarity;
mod quoted;
mod rated;
mod remark;
mod retraction;
mod rival;
mod scale;
mod score;
mod section;
mod sentence;
mod stance;
mod standing;
mod table;
mod tail;
mod terse;
mod unread;
mod unseen;
mod wide;

use std::borrow::Cow;
use std::ops::Range;

use domain::plan::ReaderVersion;
use domain::rubric::{Criterion, Meaning, ReplyForm, ReplyFormat, Rubric, Take};

use choice::Choices;
use unseen::Seen;

use super::logprobs::Values;
use super::reasoning_block;
use super::verdict::{CriterionVerdict, Grade, Verdict};
use crate::call::Token;

pub(super) use anew::is_voided;
pub(super) use around::{check as check_around, check_summary, check_text};
pub(super) use label::is_anew;
pub(super) use meaning::{mapped, meant};
pub(super) use other::is_another;
pub(super) use remark::counts;
pub(super) use rival::names_other;
pub(super) use scale::most as most_of;
pub(super) use tail::{counts_down, is_open};

/// The longest rationale that is kept, in bytes: where a form has no field for it, it is the rest of the reply.
const MAX_RATIONALE: usize = 8 * 1024;

/// Something that counts, and where it stands in the reply, in bytes.
#[derive(Debug, Clone, PartialEq)]
struct Match<T> {
    what: T,
    at: Range<usize>,
}

/// Reads the reply to a rubric's own prompt. In a comparison the votes are for the candidate that was shown first.
/// With its tokens a reply of one token needs not be one of the values itself.
///
/// # Errors
/// One sentence that names what is missing or off its scale; good enough to ask for a repair with.
pub(crate) fn read_custom(
    rubric: &Rubric,
    reader: ReaderVersion,
    form: &ReplyForm,
    comparison: bool,
    text: &str,
    tokens: Option<&[Token]>,
) -> Result<Verdict, String> {
    let by_tokens = || by_tokens(rubric, form, comparison, text, tokens?);
    let verdict = match in_words(rubric, reader, form, comparison, text) {
        Ok(verdict) => verdict,
        Err(problem) => return by_tokens().ok_or(problem),
    };
    if let (Some(tokens), [criterion], [said]) = (
        tokens,
        rubric.criteria.as_slice(),
        verdict.criteria.as_slice(),
    ) && form.logprobs
        && let Some(at) = said.grade.as_ref().and_then(|grade| grade.at.as_ref())
        && let Some(values) = Values::of_form(criterion, form, comparison)
        && values.is_improbable(text, at, tokens)
    {
        return Err(
            "its value was improbable: the judge was about to say something else".to_owned(),
        );
    }
    Ok(verdict)
}

fn in_words(
    rubric: &Rubric,
    reader: ReaderVersion,
    form: &ReplyForm,
    comparison: bool,
    text: &str,
) -> Result<Verdict, String> {
    if form.format == ReplyFormat::Json {
        return object::read(rubric, reader, comparison, text);
    }
    // What decorates a value says nothing, where no choice is written so.
    let is_decorated = match &form.format {
        ReplyFormat::Choice { choices } => choices
            .keys()
            .any(|each| each.contains(unseen::is_decoration) || each.contains('<')),
        ReplyFormat::Regex { .. } | ReplyFormat::Json => true,
        _ => false,
    };
    let seen = Seen::of(text, reader >= ReaderVersion::V2 && !is_decorated);
    let pointed = match form.format {
        ReplyFormat::Number { min, max } if reader >= ReaderVersion::V2 => {
            Cow::Owned(comma::pointed(&seen.text, (min, max)))
        }
        _ => Cow::Borrowed(seen.text.as_ref()),
    };
    let mut verdict = in_prose(rubric, reader, form, comparison, (&pointed, &seen.text))?;
    for grade in verdict
        .criteria
        .iter_mut()
        .filter_map(|said| said.grade.as_mut())
    {
        grade.at = grade.at.take().map(|at| seen.whole(&at));
        if grade
            .at
            .as_ref()
            .is_some_and(|at| unseen::is_struck(text, at))
        {
            return Err("some of it is struck through".to_owned());
        }
    }
    Ok(verdict)
}

/// Reads a text whose decimal commas are points; `said` is as it was said.
fn in_prose(
    rubric: &Rubric,
    reader: ReaderVersion,
    form: &ReplyForm,
    comparison: bool,
    (text, said): (&str, &str),
) -> Result<Verdict, String> {
    reasoning_block::answer(
        text,
        reader,
        |part| {
            let (grades, places) = grades(rubric, reader, form, comparison, text, part.clone())?;
            if places
                .iter()
                .any(|at| lead::is_elsewhere(rubric, text, &part, at.start))
            {
                return Err("its value stands as that of an example".to_owned());
            }
            if places.iter().any(|at| lines::is_marked(text, &part, at)) {
                return Err("a mark stands at its value".to_owned());
            }
            if reader < ReaderVersion::V2 && places.iter().any(|at| label::is_newer(text, at.start))
            {
                return Err("its label is one of a newer reader".to_owned());
            }
            let end = places.iter().map(|at| at.end).max();
            let upholds = |said: &str| upholds(&form.format, &grades, said);
            if end.is_some_and(|end| terse::is_unexplained(text, (end, part.end), upholds)) {
                return Err("what stands behind its value is no explanation".to_owned());
            }
            let taken_from = quoted::taken_from(rubric, said, part.clone(), &places);
            let rationale = rest(said, part, &grades);
            let criteria = grades.into_iter().map(|grade| CriterionVerdict {
                rationale: rationale.clone(),
                quotes: Vec::new(),
                grade: Some(grade),
                failure_step: None,
            });
            Ok(Verdict {
                taken_from,
                ..Verdict::of(criteria.collect())
            })
        },
        Verdict::agrees,
        |_| false,
    )
}

/// Whether a sentence says the same of two candidates as the verdict; `None` where it says something else of them, or there are none.
fn upholds(format: &ReplyFormat, grades: &[Grade], said: &str) -> Option<bool> {
    let (ReplyFormat::Choice { choices }, [grade]) = (format, grades) else {
        return None;
    };
    let chosen = choices
        .values()
        .find(|it| matches!(it, Meaning::Side(side) if Grade::side(*side).label == grade.label))?;
    Choices::new(choices, "", true, false).upholds(said, chosen)
}

/// Reads the reply of one token to a prompt for a choice or a number by the probabilities of what it might have been,
/// where it is itself none of the values; `None` where that cannot be done.
fn by_tokens(
    rubric: &Rubric,
    form: &ReplyForm,
    comparison: bool,
    text: &str,
    tokens: &[Token],
) -> Option<Verdict> {
    if !matches!(
        form.format,
        ReplyFormat::Choice { .. } | ReplyFormat::Number { .. }
    ) {
        return None;
    }
    let values = Values::of_form(sole(rubric).ok()?, form, comparison)?;
    // It stands there as a whole, where it is weighed again and then said to be.
    let grade = values.weigh_whole(text, tokens)?.standing(0..text.len());
    Some(Verdict::of(vec![CriterionVerdict {
        rationale: String::new(),
        quotes: Vec::new(),
        grade: Some(grade),
        failure_step: None,
    }]))
}

/// The grades, and the places that they were read from: of two scores that make one grade both.
fn grades(
    rubric: &Rubric,
    reader: ReaderVersion,
    form: &ReplyForm,
    comparison: bool,
    text: &str,
    part: Range<usize>,
) -> Result<(Vec<Grade>, Vec<Range<usize>>), String> {
    // Sentences that claim a value, and the short forms.
    let claims = reader >= ReaderVersion::V2;
    let alone = |grade: Grade, at: Range<usize>| (vec![grade.standing(at.clone())], vec![at]);
    match &form.format {
        ReplyFormat::Json => Err("it is read elsewhere".to_owned()),
        ReplyFormat::Number { min, max } => {
            if comparison {
                return Err("one number does not say which of two candidates is better".to_owned());
            }
            let criterion = sole(rubric)?;
            let spot = number::read(
                text,
                part,
                (*min, *max),
                (&criterion.name, claims),
                form.take,
            )?;
            let grade = mapped(spot.what, (*min, *max), &criterion.scale)?;
            Ok(alone(grade, spot.at))
        }
        ReplyFormat::Numbers { count } => {
            let spots = numbers::read(text, part.clone(), *count, claims, form.take)?;
            let row = spots.first().map_or(part.start, |spot| spot.at.start);
            if comparison && order::is_turned(text, &part, row) {
                return Err("its scores may stand in another order".to_owned());
            }
            let grades = numbers::grades(rubric, comparison, &spots)?;
            Ok((grades, spots.into_iter().map(|spot| spot.at).collect()))
        }
        ReplyFormat::Choice { choices } => {
            let criterion = sole(rubric)?;
            let spot = choice::read(text, part, choices, (&criterion.name, claims), form.take)?;
            let grade = meant(&spot.what, &criterion.scale, comparison)?;
            Ok(alone(grade, spot.at))
        }
        ReplyFormat::Regex { pattern, choices } => {
            let grades =
                pattern::read(rubric, pattern, choices, comparison, form.take, text, part)?;
            let places = grades.iter().filter_map(|grade| grade.at.clone()).collect();
            Ok((grades, places))
        }
    }
}

/// The one criterion of a rubric whose reply holds one value.
fn sole(rubric: &Rubric) -> Result<&Criterion, String> {
    match rubric.criteria.as_slice() {
        [criterion] => Ok(criterion),
        several => Err(format!(
            "the rubric's reply form gives one value, and the rubric has {} criteria",
            several.len()
        )),
    }
}

/// The spot that counts of several: the one that the rubric says; else they have to be the same. `what` names them
/// in messages, such as `scores`.
fn taken<T: PartialEq>(
    mut spots: Vec<Match<T>>,
    take: Option<Take>,
    what: &str,
) -> Result<Option<Match<T>>, String> {
    spots.sort_by_key(|spot| (spot.at.start, spot.at.end));
    let same = spots
        .windows(2)
        .all(|pair| matches!(pair, [one, other] if one.what == other.what));
    match take {
        None if !same => Err(format!("it holds {what} that differ")),
        None | Some(Take::Last) => Ok(spots.pop()),
        Some(Take::First) => Ok(spots.into_iter().next()),
    }
}

/// What the reply says besides its values.
fn rest(text: &str, part: Range<usize>, grades: &[Grade]) -> String {
    let mut spots: Vec<&Range<usize>> = grades.iter().filter_map(|each| each.at.as_ref()).collect();
    spots.sort_by_key(|at| at.start);
    let mut rest = String::new();
    let mut at = part.start;
    for spot in spots {
        rest.push_str(text.get(at..spot.start).unwrap_or_default());
        at = spot.end;
    }
    rest.push_str(text.get(at..part.end).unwrap_or_default());
    let rest = rest.trim();
    let end = rest.floor_char_boundary(MAX_RATIONALE);
    rest.get(..end).unwrap_or_default().to_owned()
}
