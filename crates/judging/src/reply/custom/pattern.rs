//! The form `regex`: what the named groups of a regular expression match.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use domain::rubric::{MAX_COMPILED_PATTERN, Meaning, Rubric, Scale, Take, group_of};
use regex::{Regex, RegexBuilder};

use super::label::Kind;
use super::meaning::{meant, plain};
use super::quoted::Quotations;
use super::unread::Read;
use super::{Match, sole, taken};
use crate::reply::verdict::Grade;

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
        .size_limit(MAX_COMPILED_PATTERN)
        .build()
        .map_err(|_| "the pattern of the rubric's reply form cannot be used".to_owned())?;
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
    let graded = criteria.into_iter().map(|(criterion, group)| {
        let (spots, lead) = matches(&expression, group, text, part.clone());
        let values: Vec<usize> = spots.iter().map(|spot| spot.at.start).collect();
        let spot = taken(spots, take, "matches")?
            .ok_or_else(|| format!("its pattern matches nothing for `{}`", criterion.name))?;
        if take != Some(Take::First) {
            let read = Read {
                text,
                part: part.clone(),
                values,
            };
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
        Ok(grade.standing(spot.at))
    });
    graded.collect()
}

/// Every match of a group, without the blanks around it, and what stands before it in those of the whole expression. One within a quotation is left out, unless the expression
/// matches the quotation marks too.
fn matches(
    expression: &Regex,
    group: &str,
    text: &str,
    part: Range<usize>,
) -> (Vec<Match<String>>, BTreeSet<String>) {
    let mut leads = BTreeSet::new();
    let body = text.get(part.clone()).unwrap_or_default();
    let quotations = Quotations::of(text, part.clone());
    let spots = expression
        .captures_iter(body)
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
            (!quotations.lead_within(text, &at, &whole)).then(|| Match {
                what: words.to_owned(),
                at,
            })
        })
        .collect();
    (spots, leads)
}

fn chosen<'c>(words: &str, choices: &'c BTreeMap<String, Meaning>) -> Result<&'c Meaning, String> {
    if let Some(meaning) = choices.get(words) {
        return Ok(meaning);
    }
    let folded = words.to_lowercase();
    let mut alike = choices
        .iter()
        .filter(|(choice, _)| choice.to_lowercase() == folded);
    match (alike.next(), alike.next()) {
        (Some((_, meaning)), None) => Ok(meaning),
        _ => Err("what its pattern matches is none of the choices".to_owned()),
    }
}
