//! The form `regex`: what the named groups of a regular expression match.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use domain::rubric::{MAX_COMPILED_PATTERN, Meaning, Rubric, Scale, Take, group_of};
use regex::{Captures, RegexBuilder};

use super::anew::Own;
use super::choice::Choices;
use super::label::Kind;
use super::meaning::{meant, plain, values_of};
use super::quoted::Quotations;
use super::unread::Read;
use super::{Match, digits, lines, scale, sole, tail, taken};
use crate::reply::verdict::Grade;

/// A search takes up to half a nanosecond for each byte of the reply and of the compiled expression: the reply times the
/// expression are bounded by what makes four seconds at the worst.
const WORK: usize = 1 << 33;
/// Matches that are looked at.
const MAX_MATCHES: usize = 2_000;
/// How long may be searched for all matches together, each of which may take a search of all that is left. Replies take a
/// thousandth of it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads the grades: of one named group that of the single criterion, or of the comparison, whatever its name; of
/// several groups that of the criterion whose name it has ([`group_of`]).
///
/// A matched text means what the choices say, in another case too where that names one of them only; without
/// choices it is a value of the scale.
pub(super) fn read(
    rubric: &Rubric,
    pattern: &str,
    choices: &BTreeMap<String, Meaning>,
    comparison: bool,
    take: Option<Take>,
    text: &str,
    part: Range<usize>,
) -> Result<Vec<Grade>, String> {
    let expression = RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED_PATTERN.min(WORK / part.len().max(1)))
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                "the reply is too long for the pattern of the rubric's reply form".to_owned()
            }
            _ => "the pattern of the rubric's reply form cannot be used".to_owned(),
        })?;
    let groups: Vec<&str> = expression.capture_names().flatten().collect();
    let criteria = match groups.as_slice() {
        [] => return Err("the pattern of the rubric's reply form has no named group".to_owned()),
        [group] => vec![(sole(rubric)?, *group)],
        several => {
            let named = rubric.criteria.iter().map(|criterion| {
                let group = group_of(criterion, &rubric.criteria, several);
                group.map(|group| (criterion, group)).ok_or_else(|| {
                    format!(
                        "the pattern of the rubric's reply form has no group for criterion `{}`",
                        criterion.name
                    )
                })
            });
            named.collect::<Result<_, _>>()?
        }
    };
    let is_alone = criteria.len() == 1;
    let body = text.get(part.clone()).unwrap_or_default();
    let all = all_matches(expression.captures_iter(body))?;
    let graded = criteria.into_iter().map(|(criterion, group)| {
        let most = match criterion.scale {
            Scale::Numeric { max, .. } if !comparison && choices.is_empty() => Some(max),
            _ => None,
        };
        let (spots, lead) = matches(&all, group, (text, part.clone()), most)?;
        let values: Vec<usize> = spots.iter().map(|spot| spot.at.start).collect();
        let spot = taken(spots, take, "matches")?
            .ok_or_else(|| format!("its pattern matches nothing for `{}`", criterion.name))?;
        let read = Read {
            text,
            part: part.clone(),
            values,
            is_reason: false,
        };
        if take != Some(Take::First) {
            let from = spot.at.start;
            let kind = |last| match criterion.scale {
                Scale::Numeric { .. } if !comparison => Kind::Score {
                    criterion: "",
                    answers: false,
                },
                _ => Kind::Decision {
                    criterion: "",
                    last,
                },
            };
            if read.is_led_to_anew(from, &lead) || (is_alone && read.is_relabelled(from, kind)) {
                return Err("a match further down cannot be read".to_owned());
            }
        }
        let grade = if choices.is_empty() {
            plain(&spot.what, &criterion.scale, comparison)?
        } else {
            meant(chosen(&spot.what, choices)?, &criterion.scale, comparison)?
        };
        let named;
        let words = if choices.is_empty() {
            named = values_of(&criterion.scale, comparison);
            &named
        } else {
            choices
        };
        let forms = Choices::new(words, "", true, true);
        let own = match most {
            Some(most) => Some(Own::Score {
                value: grade.score,
                most,
            }),
            None => meaning_of(&spot.what, words).map(|chosen| Own::Choice {
                choices: &forms,
                chosen,
            }),
        };
        if is_alone && own.is_some_and(|own| own.is_taken_back(&read, spot.at.end)) {
            return Err("a line further down takes its match back".to_owned());
        }
        Ok(grade.standing(spot.at))
    });
    graded.collect()
}

/// The matches of the whole expression, if they are soon found.
fn all_matches<'t>(found: impl Iterator<Item = Captures<'t>>) -> Result<Vec<Captures<'t>>, String> {
    let begun = Instant::now();
    let mut all = Vec::new();
    for captures in found {
        all.push(captures);
        if all.len() > MAX_MATCHES {
            return Err(format!("its pattern matches over {MAX_MATCHES} times"));
        }
        if begun.elapsed() > PATIENCE {
            return Err("its pattern takes too long to find all matches".to_owned());
        }
    }
    Ok(all)
}

/// Every match of a group, without the blanks around it, and what stands before it in those of the whole expression. One within a quotation is left out, unless the expression
/// matches the quotation marks too.
fn matches(
    all: &[Captures<'_>],
    group: &str,
    (text, part): (&str, Range<usize>),
    most: Option<f64>,
) -> Result<(Vec<Match<String>>, BTreeSet<String>), String> {
    let mut leads = BTreeSet::new();
    let quotations = Quotations::of(text, part.clone());
    let mut is_part = false;
    let spots: Vec<Match<String>> = all
        .iter()
        .filter_map(|all| {
            let whole = all.get(0)?.range();
            let found = all.name(group)?;
            let words = found.as_str();
            let start = part.start + found.start() + (words.len() - words.trim_start().len());
            let words = words.trim();
            let at = start..start + words.len();
            let whole = part.start + whole.start..part.start + whole.end;
            let lead = text
                .get(whole.start..start)
                .unwrap_or_default()
                .trim()
                .to_lowercase();
            leads.insert(lead);
            is_part |= is_part_of_more((text, part.end), &at, &whole, most);
            (!quotations.lead_within(text, &at, &whole)).then(|| Match {
                what: words.to_owned(),
                at,
            })
        })
        .collect();
    if is_part {
        return Err("what its pattern matches is a part of a longer number".to_owned());
    }
    Ok((spots, leads))
}

/// Whether a number that a group matches is, where the expression looks at nothing beside it, a part of another one, or
/// of a range: `4` of `4-5`, `4+`, `40%` and `3.4`.
fn is_part_of_more(
    (text, to): (&str, usize),
    at: &Range<usize>,
    whole: &Range<usize>,
    most: Option<f64>,
) -> bool {
    let words = text.get(at.clone()).unwrap_or_default();
    let (Some(number), Some(most)) = (digits::number(words), most) else {
        return false;
    };
    let before = text.get(..at.start).unwrap_or_default();
    let joint = before.trim_end_matches(['-', '–', '/', '.', ',', '~']);
    let is_behind = whole.start == at.start
        && (joint.ends_with(char::is_numeric) && !before.ends_with(". ")
            || before.ends_with(lines::is_comparing));
    let behind = text.get(at.end..to).unwrap_or_default();
    let out_of = scale::out_of(text, at.end, to);
    let end = out_of.map_or(at.end, |(_, end)| end);
    let line_end = at.end + behind.find('\n').unwrap_or(behind.len());
    let is_before = whole.end == at.end
        && (digits::at(text.get(..to).unwrap_or_default(), at.start, true)
            .is_none_or(|(_, end)| end != at.end)
            || behind.starts_with(['+', '?'])
            || out_of.is_some_and(|(of, _)| of.total_cmp(&most).is_ne())
            || !tail::leaves_score(text, number, most, end, line_end));
    is_behind || is_before
}

fn chosen<'c>(words: &str, choices: &'c BTreeMap<String, Meaning>) -> Result<&'c Meaning, String> {
    let none = || "what its pattern matches is none of the choices".to_owned();
    meaning_of(words, choices).ok_or_else(none)
}

fn meaning_of<'c>(words: &str, choices: &'c BTreeMap<String, Meaning>) -> Option<&'c Meaning> {
    if let Some(meaning) = choices.get(words) {
        return Some(meaning);
    }
    let folded = words.to_lowercase();
    let mut alike = choices
        .iter()
        .filter(|(choice, _)| choice.to_lowercase() == folded);
    let (first, other) = (alike.next(), alike.next());
    first
        .filter(|_| other.is_none())
        .map(|(_, meaning)| meaning)
}
