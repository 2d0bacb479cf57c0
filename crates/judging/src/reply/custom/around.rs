//! The words around an object that gives a verdict: they may give another value, take it back, or make it an example.

use std::ops::Range;

use domain::plan::ReaderVersion;
use domain::rubric::{Rubric, Scale};

use super::anew::{Given as Anew, Own};
use super::choice::Choices;
use super::meaning::{meant, values_of};
use super::sentence::{sentences, words};
use super::unread::Read;
use super::{
    anew, attribution, choice, label, lead, legend, lines, number, polarity, rival, scale, tail,
    terse, unseen,
};
use crate::reply::json;
use crate::reply::unasked::{self, Given};
use crate::reply::verdict::{Grade, Verdict};

/// Words with which a reason goes on behind an object: it says nothing of the object itself.
const REASONS: &str = "because since as given due based for with and so my weil da denn car parce porque pues perché потому";

/// Words with which a sentence goes on in the line below it.
const GOING_ON: &str = "is was would could might should but or nor unless if which in to from than";

/// Words that may stand last before an object, besides those of verdicts.
const INTRODUCING: &str = "json object following below scores follows";

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
    check_comments((reader, comparison), &given, (text, &object))?;
    outside.check((reader, comparison), &given, false, |value, most| {
        // What follows at once is a part of its sentence.
        let line = text
            .get(object.end..part.end)
            .and_then(|rest| rest.find('\n'));
        let end = line.map_or(part.end, |line| object.end + line);
        let rest = text.get(object.end..end).unwrap_or_default().trim_start();
        let inside = rest
            .strip_prefix('(')
            .and_then(|inside| inside.split_once(')'));
        inside.is_none_or(|(inside, _)| terse::is_understood(inside, true))
            && tail::leaves_score(text, value, most, object.end, end)
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
    let behind = text.get(object.end..part.end).unwrap_or_default();
    lead::is_elsewhere(rubric, text, part, object.start)
        || is_mentioned(before, behind)
        || unseen::is_struck(text, object)
        || before.ends_with("~~") && behind.starts_with("~~")
}

/// Whether an object stands within a sentence, which speaks of it: `The candidate prints {…} in order to …`.
fn is_mentioned(before: &str, behind: &str) -> bool {
    // The fence around it is none of the sentence.
    let fence = |line: &str| line.trim_start().starts_with("```");
    let (above, own) = before.rsplit_once('\n').unwrap_or(("", before));
    let above = above.trim_end();
    let unfenced = match above.rsplit_once('\n') {
        Some((rest, last)) if fence(last) => rest,
        None if fence(above) => "",
        _ => above,
    };
    let is_own_line = own.trim_matches(lines::is_gap).is_empty();
    let line = if is_own_line { unfenced } else { own };
    let line = line.trim_end().rsplit('\n').next().unwrap_or_default();
    let said = sentences(line, 0..line.len()).pop();
    let said = said.and_then(|last| line.get(last)).unwrap_or_default();
    let bare = said.trim_end_matches(lines::is_gap);
    let is_over = bare.is_empty() || bare.ends_with(['.', '!', '?', '。', '！', '？']);
    let is_labelled = bare.ends_with([':', '：']);
    let rest = behind.trim_start_matches(|each: char| lines::is_gap(each) && each != '<');
    let follows = rest.trim_start_matches([',', '，', ' ']);
    let next = words(follows).next().unwrap_or_default();
    let gap = behind.get(..behind.len() - rest.len()).unwrap_or_default();
    let is_one_line = !gap.contains('\n');
    let goes_on = follows.starts_with(|each: char| each.is_alphabetic() && !each.is_uppercase())
        && (is_one_line || !is_over && !is_labelled || lines::is_among(GOING_ON, &next))
        && !lines::is_among(REASONS, &next)
        && !words(follows).take(4).any(|word| word == "my");
    let last = words(bare).next_back().unwrap_or_default();
    let gives = || lead::gives(said, "") || lines::is_among(INTRODUCING, &last);
    let is_own = is_over || is_labelled || is_own_line || gives();
    let speaks = !is_over && (lead::is_supposed(said) || attribution::attributes(bare));
    goes_on
        || rest.starts_with(['?', '/'])
        || is_labelled && is_of_candidate(bare)
        || speaks
        || !is_own
        || attribution::follows(rest)
        || !is_labelled && !is_own_line && lead::is_doubted(said)
}

/// Whether a label names the candidate, or its author, and nothing of a verdict: `The candidate:`, `The end of the answer reads:`.
fn is_of_candidate(label: &str) -> bool {
    let said: Vec<String> = words(label).collect();
    let has = |list| said.iter().any(|word| lines::is_among(list, word));
    let names_verdict = said.iter().any(|word| {
        label::names_alone(word).is_some()
            || lines::is_among("assessment evaluation judgement judgment json my i", word)
    });
    !names_verdict && has("candidate candidate's student user author reads")
}

/// Checks the comments in an object: one that says another value, denies, or says that it is an example may be meant.
fn check_comments(
    (reader, comparison): (ReaderVersion, bool),
    given: &[Given<'_>],
    (text, object): (&str, &Range<usize>),
) -> Result<(), String> {
    for comment in json::comments(text, reader, object.start, object.end) {
        let said = comment.trim_matches(['/', '*', ' ']);
        let is_plain = given.iter().all(|(criterion, grade)| {
            let numbers = said.contains(char::is_numeric);
            match (&criterion.scale, grade) {
                (Scale::Numeric { max, .. }, Some(grade)) if !comparison => {
                    let is_scale = scale::most(said).is_some_and(|of| of.total_cmp(max).is_eq());
                    !numbers
                        || is_scale
                        || !rival::names_other(said, grade.score, *max)
                            && !said.starts_with(|each: char| !each.is_alphanumeric())
                }
                _ => {
                    let named = values_of(&criterion.scale, comparison);
                    !words(said).any(|word| named.keys().any(|value| value.to_lowercase() == word))
                }
            }
        });
        let is_denied = words(said).any(|word| lines::is_among(DENYING, &word));
        if !is_plain || is_denied || anew::is_voided(said) || lead::names_elsewhere(said) {
            return Err("a comment in its JSON may say something else".to_owned());
        }
    }
    Ok(())
}

/// Words with which a comment denies.
const DENYING: &str = "not never isn't no nicht pas todo tbd fixme guess ignore maybe provisional";
