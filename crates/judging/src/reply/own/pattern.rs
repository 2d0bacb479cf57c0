//! The form `regex`: what the named groups of a regular expression match.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::rubric::{MAX_COMPILED_PATTERN, Meaning, Rubric, Take, group_of};
use regex::{Regex, RegexBuilder};

use super::meaning::{meant, plain};
use super::quoted::Quotations;
use super::{Spot, sole, taken};
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
    let graded = criteria.into_iter().map(|(criterion, group)| {
        let spots = matches(&expression, group, text, part.clone());
        let spot = taken(spots, take, "matches")?
            .ok_or_else(|| format!("its pattern matches nothing for `{}`", criterion.name))?;
        let grade = if choices.is_empty() {
            plain(&spot.what, &criterion.scale, comparison)?
        } else {
            meant(chosen(&spot.what, choices)?, &criterion.scale, comparison)?
        };
        Ok(grade.standing(spot.at))
    });
    graded.collect()
}

/// Every match of a group, without the blanks around it. One within a quotation is left out, unless the expression
/// matches the quotation marks too.
fn matches(expression: &Regex, group: &str, text: &str, part: Range<usize>) -> Vec<Spot<String>> {
    let body = text.get(part.clone()).unwrap_or_default();
    let quotations = Quotations::of(text, part.clone());
    expression
        .captures_iter(body)
        .filter_map(|all| {
            let whole = all.get(0)?.range();
            let found = all.name(group)?;
            let words = found.as_str();
            let start = part.start + found.start() + (words.len() - words.trim_start().len());
            let words = words.trim();
            let at = start..start + words.len();
            let whole = part.start + whole.start..part.start + whole.end;
            (!quotations.lead_within(text, &at, &whole)).then(|| Spot {
                what: words.to_owned(),
                at,
            })
        })
        .collect()
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
