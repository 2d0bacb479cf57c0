//! A choice with which a reply begins.

use std::ops::Range;

use domain::rubric::Meaning;

use super::choice::{Choices, cloned};
use super::{Match, lines};

/// A choice at the beginning of the reply, before an explanation. A point or bracket behind a single character makes
/// a list, as does a further line that begins alike; another choice in the line makes it a comparison.
pub(super) fn at_beginning(
    text: &str,
    lines: &[Range<usize>],
    choices: &Choices<'_>,
) -> Option<Match<Meaning>> {
    let (line, others) = lines.split_first()?;
    let spot = choices.begin(text, line.start, line.end)?;
    let closed = lines::closed(text, spot.at.end, line.end);
    let rest = text.get(closed..line.end)?;
    let mark = rest.trim_start().chars().next()?;
    let single = text.get(spot.at.clone())?.chars().count() == 1;
    if !lines::is_clause_over(rest)
        || choices.is_left_open(text, spot.what, closed, line.end)
        || (single && matches!(mark, '.' | ',' | '、'))
    {
        return None;
    }
    let other_choice = rest.char_indices().any(|(at, _)| {
        let other = choices.at(text, closed + at, line.end);
        other.is_some_and(|other| other.what != spot.what)
    });
    let list = others.iter().any(|line| {
        choices
            .begin(text, line.start, line.end)
            .is_some_and(|other| {
                let closed = lines::closed(text, other.at.end, line.end);
                let rest = text.get(closed..line.end).unwrap_or_default();
                other.what != spot.what && rest.trim_start().starts_with(mark)
            })
    });
    (!other_choice && !list).then(|| cloned(spot))
}
