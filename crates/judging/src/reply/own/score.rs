//! A score as it is written: a number, what it is out of, and its unit.

use super::{Spot, digits, lines};

/// Units of scores.
const UNITS: [&str; 8] = ["points", "point", "stars", "star", "分", "点", "點", "점"];

/// A number that may be a score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Score {
    pub(super) number: f64,
    /// What it is out of, where that is said.
    pub(super) of: Option<f64>,
}

/// Scores are the same when their numbers are: `4` and `4/5`.
impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.number.total_cmp(&other.number).is_eq()
    }
}

/// The score that begins at a place, behind blanks and wrappers, and where it ends, with all that belongs to it.
pub(super) fn at(text: &str, from: usize, to: usize) -> Option<(Spot<Score>, usize)> {
    let (start, (number, number_end)) = lines::openings(text, from, to)
        .find_map(|at| digits::at(text.get(..to)?, at, false).map(|number| (at, number)))?;
    let mut end = lines::closed(text, number_end, to);
    let mut of = None;
    if let Some((most, behind)) = out_of(text, end, to) {
        of = Some(most);
        end = lines::closed(text, behind, to);
    }
    let bare = text.get(end..to)?.trim_start_matches(' ');
    if let Some(behind) = UNITS.iter().find_map(|unit| bare.strip_prefix(unit))
        && !behind.starts_with(|each: char| each.is_ascii_alphanumeric())
    {
        end = lines::closed(text, to - behind.len(), to);
    }
    let what = Score { number, of };
    let at = start..number_end;
    Some((Spot { what, at }, end))
}

/// `/5` or `out of 5` at a place.
pub(super) fn out_of(text: &str, from: usize, to: usize) -> Option<(f64, usize)> {
    let rest = text.get(from..to)?.trim_start();
    let behind = rest
        .strip_prefix(['/', '／'])
        .or_else(|| rest.strip_prefix("out of "))?
        .trim_start();
    let at = to - behind.len();
    let (of, end) = digits::at(text.get(..to)?, at, false)?;
    Some((of, end))
}
