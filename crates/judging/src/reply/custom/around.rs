//! The words around an object that gives a verdict: they may give another value, take it back, or make it an example.

use std::ops::Range;

use domain::plan::ReaderVersion;
use domain::rubric::{Rubric, Scale};

use super::anew::{Given as Anew, Own};
use super::choice::Choices;
use super::meaning::{meant, values_of};
use super::sentence::{sentences, words};
use super::unread::Read;
use super::{choice, lead, legend, lines, number, polarity, scale, tail, unseen};
use crate::reply::unasked::{self, Given};
use crate::reply::verdict::{Grade, Verdict};

/// Words that go on behind an object, as a sentence does that says something of it.
const GOING_ON: &str = "is was would could might should but or nor unless if";

/// Checks what stands around an object at `object`, within a part of a reply.
///
/// # Errors
/// One sentence: what the words do to the verdict.
pub(in crate::reply) fn check(
    rubric: &Rubric,
    reader: ReaderVersion,
    comparison: bool,
    verdict: &Verdict,
    text: &str,
    (part, object): (&Range<usize>, Range<usize>),
) -> Result<(), String> {
    if is_none(rubric, text, part, &object) {
        return Err("its object stands as that of an example, or in doubt".to_owned());
    }
    let outside = Words {
        text,
        part: part.clone(),
        around: [part.start..object.start, object.end..part.end],
    };
    let given = unasked::given(rubric, verdict);
    outside.check((reader, comparison), &given, false, |value, most| {
        // What follows at once is a part of its sentence.
        let line = text
            .get(object.end..part.end)
            .and_then(|rest| rest.find('\n'));
        let end = line.map_or(part.end, |line| object.end + line);
        tail::leaves_score(text, value, most, object.end, end)
    })
}

/// Checks the summary that stands in an object: it may say another value as well, and name another scale.
///
/// # Errors
/// As [`check`].
pub(in crate::reply) fn check_summary(
    rubric: &Rubric,
    (reader, comparison): (ReaderVersion, bool),
    verdict: &Verdict,
) -> Result<(), String> {
    let text = verdict.summary.as_str();
    for sentence in sentences(text, 0..text.len()) {
        let of = scale::told(text, sentence, &[]).filter(|_| !comparison);
        let has_end = |of: f64| {
            let mut scales = rubric.criteria.iter().map(|each| &each.scale);
            scales.any(
                |scale| matches!(scale, Scale::Numeric { max, .. } if of.total_cmp(max).is_eq()),
            )
        };
        if let Some(of) = of.filter(|of| !has_end(*of)) {
            return Err(format!(
                "its summary names a scale up to {of}, which is that of no criterion"
            ));
        }
    }
    let given = unasked::given(rubric, verdict);
    inside(text).check((reader, comparison), &given, false, |_, _| true)
}

/// Checks a text that stands beside values in an object, such as the reason for one: as [`check_summary`], but that a value
/// there has to be said to be one, as reasons speak of values of many things.
///
/// # Errors
/// As [`check`].
pub(in crate::reply) fn check_text(
    (reader, comparison): (ReaderVersion, bool),
    given: &[Given<'_>],
    text: &str,
) -> Result<(), String> {
    inside(text).check((reader, comparison), given, true, |_, _| true)
}

/// A text that is all words beside a verdict.
fn inside(text: &str) -> Words<'_> {
    Words {
        text,
        part: 0..text.len(),
        around: [0..0, 0..text.len()],
    }
}

/// What is said besides a verdict, before it and behind it.
struct Words<'t> {
    text: &'t str,
    part: Range<usize>,
    around: [Range<usize>; 2],
}

impl Words<'_> {
    /// Checks that it gives no other values and takes none back; `leaves` says whether what follows at once leaves a score. A
    /// value counts where it might be an answer; with `is_reason` where it is said to be one.
    fn check(
        &self,
        (reader, comparison): (ReaderVersion, bool),
        given: &[Given<'_>],
        is_reason: bool,
        leaves: impl Fn(f64, f64) -> bool,
    ) -> Result<(), String> {
        let text = self.text;
        let is_alone = given.len() == 1;
        let claims = reader >= ReaderVersion::V2;
        for (criterion, grade) in given {
            let Some(grade) = grade else { continue };
            let named = values_of(&criterion.scale, comparison);
            let named = named
                .into_iter()
                .filter(|(word, _)| !matches!(word.as_str(), "yes" | "no"))
                .collect();
            let choices = Choices::new(&named, &criterion.name, true, false);
            let chosen = named.values().find(|meaning| {
                let other = meant(meaning, &criterion.scale, comparison);
                other.is_ok_and(|other| is_same(&other, grade))
            });
            let own = match (&criterion.scale, chosen) {
                (Scale::Numeric { max, .. }, _) if !comparison => Own::Score {
                    value: grade.score,
                    most: *max,
                },
                (_, Some(chosen)) => Own::Choice {
                    choices: &choices,
                    chosen,
                },
                _ => continue,
            };
            let read = Read {
                text,
                part: self.part.clone(),
                values: Vec::new(),
                is_reason,
            };
            let name = (criterion.name.as_str(), claims);
            let is_otherwise = |part: &Range<usize>| match (&own, &criterion.scale) {
                (Own::Score { value, most }, _) if is_reason => number::is_claimed_otherwise(
                    text,
                    part.clone(),
                    (*value, *most),
                    &criterion.name,
                ),
                (Own::Choice { choices, chosen }, _) if is_reason => {
                    choice::is_claimed_otherwise(text, part.clone(), choices, chosen)
                }
                (Own::Score { value, most }, Scale::Numeric { min, .. }) => {
                    number::read(text, part.clone(), (*min, *most), name, None)
                        .is_ok_and(|other| other.what.total_cmp(value).is_ne())
                }
                (Own::Choice { chosen, .. }, _) => {
                    choice::read(text, part.clone(), &named, name, None)
                        .is_ok_and(|other| other.what != **chosen)
                }
                _ => false,
            };
            let is_left = match &own {
                Own::Score { value, most } => leaves(*value, *most),
                _ => true,
            };
            let [_, behind] = &self.around;
            let is_reversed = match &own {
                Own::Score { most, .. } => {
                    let is_reversed =
                        |part: &Range<usize>| legend::is_reversed(text, part.clone(), *most);
                    self.around.iter().any(is_reversed)
                }
                _ => false,
            };
            let is_contrary = matches!(criterion.scale, Scale::Boolean)
                && !comparison
                && self.around.iter().any(|part| {
                    let words = text.get(part.clone()).unwrap_or_default();
                    polarity::is_contrary(words, &criterion.name, grade.score > 0.0)
                });
            if is_reversed
                || is_contrary
                || own.takes_back(&read, behind.clone())
                || is_alone && own.given_anew(&read, behind.clone()) == Some(Anew::Whole)
                || self
                    .around
                    .iter()
                    .any(|part| own.is_named(text, part.clone(), &criterion.name))
                || is_alone && (!is_left || self.around.iter().any(is_otherwise))
            {
                return Err(format!(
                    "the words beside its values give another value of `{}`, or take it back",
                    criterion.name
                ));
            }
        }
        Ok(())
    }
}

fn is_same(one: &Grade, other: &Grade) -> bool {
    one.label == other.label && one.score.total_cmp(&other.score).is_eq()
}

/// Whether what leads to an object, or goes on behind it, makes it no verdict.
fn is_none(rubric: &Rubric, text: &str, part: &Range<usize>, object: &Range<usize>) -> bool {
    let before = text.get(part.start..object.start).unwrap_or_default();
    let own = before.rsplit('\n').next().unwrap_or_default();
    let own = sentences(own, 0..own.len())
        .pop()
        .and_then(|last| own.get(last))
        .unwrap_or_default();
    let wrapped = |each: char| lines::is_wrapper(each) || each.is_whitespace();
    let is_labelled = own.trim_end_matches(wrapped).ends_with([':', '：']);
    let behind = text.get(object.end..part.end).unwrap_or_default();
    let rest = behind.trim_start_matches(wrapped);
    let next = words(rest).next().unwrap_or_default();
    let goes_on = rest.starts_with(char::is_lowercase)
        && lines::is_among(GOING_ON, &next)
        && !words(rest).take(4).any(|word| word == "my");
    lead::is_elsewhere(rubric, text, part, object.start)
        || lead::is_supposed(own)
        || (!is_labelled && lead::is_doubted(own))
        || goes_on
        || rest.starts_with('?')
        || unseen::is_struck(text, object)
        || before.ends_with("~~") && behind.starts_with("~~")
}
