//! A score as it is written: a number, what it is out of, and its unit.

use std::ops::Range;

use super::label::{self, Kind};
use super::sentence::sentences;
use super::{Match, digits, lines, rated, scale};

/// Units of scores.
const UNITS: &str = "points point stars star 分 点 點 점 Punkten punkten Punkte Punkt punkte punkt puntos punti pontos баллов балла балл";

pub(super) fn is_unit(word: &str) -> bool {
    lines::is_among(UNITS, word)
}

/// A number that may be a score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Score {
    pub(super) number: f64,
    /// What it is out of, where that is said.
    pub(super) of: Option<f64>,
}

impl Score {
    /// The score with what its label says that it is out of; `None` where the two say different things.
    pub(super) fn labelled(self, most: Option<f64>) -> Option<Self> {
        match (self.of, most) {
            (Some(of), Some(most)) if of.total_cmp(&most).is_ne() => None,
            (of, most) => Some(Self {
                of: of.or(most),
                ..self
            }),
        }
    }
}

/// Scores are the same when their numbers are: `4` and `4/5`.
impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.number.total_cmp(&other.number).is_eq()
    }
}

/// The score that begins at a place, behind blanks and wrappers, and where it ends, with all that belongs to it.
pub(super) fn at(text: &str, from: usize, to: usize) -> Option<(Match<Score>, usize)> {
    let (start, (number, number_end)) = lines::openings(text, from, to)
        .find_map(|at| digits::at(text.get(..to)?, at, false).map(|number| (at, number)))
        .or_else(|| {
            lines::openings(text, from, to).find_map(|at| Some((at, share(text, at, to)?)))
        })?;
    let (of, length) = beside(text.get(number_end..to)?);
    let end = number_end + length;
    let what = Score { number, of };
    let at = start..number_end;
    Some((Match { what, at }, end))
}

/// What belongs to a number behind it: what it is out of, and how long that is with its unit, in bytes.
fn beside(rest: &str) -> (Option<f64>, usize) {
    let to = rest.len();
    let closed = |from| lines::closed(rest, from, to);
    let mut of = None;
    let mut end = 0;
    if let Some(behind) = behind_share(rest) {
        of = Some(100.0);
        end = closed(to - behind.len());
    }
    let mut take_of = |end: &mut usize| {
        if of.is_none()
            && let Some((most, behind)) = scale::out_of(rest, *end, to)
        {
            of = Some(most);
            *end = closed(behind);
        }
    };
    // Before its own bracket is taken for one around the number: `4（满分5分）`.
    take_of(&mut end);
    end = closed(end);
    take_of(&mut end);
    let bare = rest.get(end..).unwrap_or_default().trim_start_matches(' ');
    if let Some(behind) = UNITS.split(' ').find_map(|unit| bare.strip_prefix(unit))
        && !behind.starts_with(|each: char| each.is_ascii_alphanumeric())
    {
        end = closed(to - behind.len());
        take_of(&mut end);
    }
    (of, end)
}

/// How long what belongs to a number is that stands right behind it, in bytes: ` out of 5 points`.
pub(super) fn end(rest: &str) -> usize {
    beside(rest).1
}

/// The number of a share: `85` of `85%`.
fn share(text: &str, at: usize, to: usize) -> Option<(f64, usize)> {
    let rest = text.get(at..to)?;
    let end = rest.find('%')?;
    let (number, behind) = digits::at(rest.get(..end)?, 0, false)?;
    (behind == end).then_some((number, at + end))
}

/// What stands behind the sign of a share.
fn behind_share(behind: &str) -> Option<&str> {
    let bare = behind.trim_start_matches(' ');
    let rest = ["%", "percent", "per cent"]
        .iter()
        .find_map(|sign| bare.strip_prefix(sign))?;
    let is_apart = !rest.starts_with(char::is_alphanumeric);
    is_apart.then_some(rest)
}

/// Whether further lines than the first are a number and a point.
pub(super) fn is_list(text: &str, said: &[Range<usize>]) -> bool {
    said.iter().skip(1).any(|line| {
        let behind = at(text, line.start, line.end)
            .and_then(|(_, end)| text.get(end..line.end))
            .unwrap_or_default();
        behind.starts_with('.') && lines::is_over(behind)
    })
}

/// The scores that sentences give in words, behind a label or as their claim: `Score: four`, `I give it a four.` `most` is the form's
/// largest.
pub(super) fn in_words<'t>(
    text: &'t str,
    part: Range<usize>,
    criterion: &'t str,
    most: f64,
) -> impl Iterator<Item = f64> + 't {
    let said = lines::said(text, part).into_iter();
    let said = said.flat_map(move |line| sentences(text, line));
    said.filter_map(move |sentence| {
        let said = digits::spelled(text.get(sentence)?)?;
        let answers = false;
        let labelled = || {
            let behind = label::behind(&said, Kind::Score { criterion, answers })?;
            let (spot, end) = at(&said, behind, said.len())?;
            lines::is_clause_over(said.get(end..)?).then_some(spot)
        };
        let claimed = || rated::claims(&said, 0..said.len(), criterion, most).pop();
        Some(labelled().or_else(claimed)?.what.number)
    })
}
