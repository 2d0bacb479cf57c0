//! The form `number`: one score in prose.
//!
//! A number is a score where it stands as one:
//! - in double brackets, anywhere but in a quotation (`[[4]]`); where there are such, nothing else counts;
//! - as a whole line, with a point behind it only as the first or the last (elsewhere it belongs to a list);
//! - behind a label at the beginning of a line, before the end of a clause (`Score: 1. The code …`), or of the last
//!   sentence (`… Therefore, the score is 3.`);
//! - at the very beginning of the reply before an explanation (`3 - The code …`, `2 (It …`), unless a list
//!   begins so.
//!
//! It may stand in quotes, emphasis or brackets, and before `/5` or `out of 5` where 5 is the form's largest.

use std::ops::Range;

use domain::rubric::Take;

use super::label::{self, Kind};
use super::quoted::Quotations;
use super::{Spot, digits, lines, sentence, taken};

/// Reads the score, as the form has it.
pub(super) fn read(
    text: &str,
    part: Range<usize>,
    (min, max): (f64, f64),
    criterion: &str,
    take: Option<Take>,
) -> Result<Spot<f64>, String> {
    let mut found = bracketed(text, part.clone());
    if found.is_empty() {
        found = in_lines(text, part.clone(), criterion);
    }
    let mut spots = Vec::with_capacity(found.len());
    for score in found {
        if let Some(of) = score.of
            && of.total_cmp(&max).is_ne()
        {
            return Err(format!(
                "it gives a score out of {of} where {max} is the most"
            ));
        }
        spots.push(score.spot);
    }
    match taken(spots, take, "scores")? {
        Some(spot) if !(min..=max).contains(&spot.what) => Err(format!(
            "its score {} is off the scale {min} to {max}",
            spot.what
        )),
        Some(spot) => Ok(spot),
        None if is_declined(text, part) => Err("it gives no score but says N/A".to_owned()),
        None => Err(format!(
            "it holds no number from {min} to {max} that stands as a score"
        )),
    }
}

/// A number that may be a score.
struct Score {
    spot: Spot<f64>,
    /// What it is out of, where it says so.
    of: Option<f64>,
    /// Where it ends, with all that belongs to it.
    end: usize,
}

/// The score that begins at a place, behind blanks and wrappers.
fn score_at(text: &str, from: usize, to: usize) -> Option<Score> {
    let (start, (what, end)) = lines::openings(text, from, to)
        .find_map(|at| digits::at(text.get(..to)?, at, false).map(|number| (at, number)))?;
    let mut score = Score {
        spot: Spot {
            what,
            at: start..end,
        },
        of: None,
        end: lines::closed(text, end, to),
    };
    if let Some((of, end)) = out_of(text, score.end, to) {
        score.of = Some(of);
        score.end = lines::closed(text, end, to);
    }
    let rest = text.get(score.end..to)?;
    let units = ["points", "point", "stars", "star", "分", "点", "點", "점"];
    let bare = rest.trim_start_matches(' ');
    if let Some(behind) = units.iter().find_map(|unit| bare.strip_prefix(unit))
        && !behind.starts_with(|each: char| each.is_ascii_alphanumeric())
    {
        score.end = lines::closed(text, to - behind.len(), to);
    }
    Some(score)
}

/// `/5` or `out of 5` at a place.
fn out_of(text: &str, from: usize, to: usize) -> Option<(f64, usize)> {
    let rest = text.get(from..to)?.trim_start();
    let behind = rest
        .strip_prefix(['/', '／'])
        .or_else(|| rest.strip_prefix("out of "))?
        .trim_start();
    let at = to - behind.len();
    let (of, end) = digits::at(text.get(..to)?, at, false)?;
    Some((of, end))
}

fn bracketed(text: &str, part: Range<usize>) -> Vec<Score> {
    lines::bracketed(text, part.clone())
        .filter_map(|open| {
            let inside = text.get(open..part.end)?;
            let at = part.end - inside.trim_start().len();
            let (what, end) = digits::at(text, at, false)?;
            let (of, closing) = out_of(text, end, part.end).unzip();
            let closing = closing.unwrap_or(end);
            let closes = text.get(closing..part.end)?.trim_start().starts_with("]]");
            closes.then_some(Score {
                spot: Spot { what, at: at..end },
                of,
                end,
            })
        })
        .collect()
}

fn in_lines(text: &str, part: Range<usize>, criterion: &str) -> Vec<Score> {
    let mut found = Vec::new();
    let said = lines::said(text, part.clone());
    let quotations = Quotations::of(text, part);
    let is_own = |score: &Score| !quotations.lead_to(text, &score.spot.at);
    for (index, line) in said.iter().enumerate() {
        let (first, last) = (index == 0, index + 1 == said.len());
        if let Some(score) = labelled(text, line.clone(), criterion).filter(is_own) {
            found.push(score);
        } else if last
            && let Some(start) = sentence::last_sentence(text, line.clone())
            && let Some(score) = labelled(text, start..line.end, criterion).filter(is_own)
        {
            found.push(score);
        } else if let Some(score) = score_at(text, line.start, line.end) {
            let rest = text.get(score.end..line.end).unwrap_or_default();
            let whole = lines::is_over(rest)
                && (last || !rest.contains('.') || (first && !is_list(text, &said)));
            if whole || (first && begins(text, &said, rest)) {
                found.push(score);
            }
        }
    }
    found
}

/// Whether further lines than the first are a number and a point.
fn is_list(text: &str, said: &[Range<usize>]) -> bool {
    said.iter().skip(1).any(|line| {
        let behind = score_at(text, line.start, line.end)
            .and_then(|score| text.get(score.end..line.end))
            .unwrap_or_default();
        behind.starts_with('.') && lines::is_over(behind)
    })
}

/// The score behind the label that a line, or a sentence, begins with.
fn labelled(text: &str, line: Range<usize>, criterion: &str) -> Option<Score> {
    let behind = label::behind(text.get(line.clone())?, Kind::Score { criterion })?;
    let score = score_at(text, line.start + behind, line.end)?;
    lines::is_clause_over(text.get(score.end..line.end)?).then_some(score)
}

/// Whether a number at the beginning of a reply stands before an explanation: behind it stands a mark other than
/// the point of a list, and no other line begins like that.
fn begins(text: &str, said: &[Range<usize>], rest: &str) -> bool {
    let mark = |rest: &str| rest.trim_start().chars().next();
    let Some(own) = mark(rest).filter(|each| !matches!(each, '.' | ')' | '）' | ',' | '、'))
    else {
        return false;
    };
    lines::is_clause_over(rest)
        && !said.iter().skip(1).any(|line| {
            score_at(text, line.start, line.end)
                .is_some_and(|score| text.get(score.end..line.end).and_then(mark) == Some(own))
        })
}

/// Whether the reply, or one of its labels, says that there is no score.
fn is_declined(text: &str, part: Range<usize>) -> bool {
    lines::lines(text, part).any(|line| {
        let words = text.get(line).unwrap_or_default();
        let at = label::behind(words, Kind::Score { criterion: "" }).unwrap_or(0);
        let said = words.get(at..).unwrap_or_default();
        let said = said.trim_start_matches(|each: char| lines::is_wrapper(each) || each == ' ');
        said.get(..3)
            .is_some_and(|it| it.eq_ignore_ascii_case("n/a"))
    })
}
