//! The form `number`: one score in prose.
//!
//! A number is a score where it stands as one:
//! - in double brackets, anywhere but in a quotation or a link (`[[4]]`);
//! - as a whole line, where that is the first or the last, or below a label;
//! - behind a label at the beginning of a line, before the end of a clause (`Score: 1. The code …`), of a further
//!   sentence of such a line, or of the last sentence (`… Therefore, the score is 3.`);
//! - at the very beginning of the reply before an explanation (`3 - The code …`, `2 (It …`), unless a list
//!   begins so.
//!
//! It may stand in quotes, emphasis or brackets. What it or its label says that it is out of has to be the form's largest.

use std::ops::Range;

use domain::rubric::Take;

use super::label::{self, Kind};
use super::quoted::Quotations;
use super::score::{self, Score};
use super::standing::{self, Found, Standing};
use super::{Spot, digits, lines, scale, sentence};

/// Reads the score, as the form has it.
pub(super) fn read(
    text: &str,
    part: Range<usize>,
    (min, max): (f64, f64),
    criterion: &str,
    take: Option<Take>,
) -> Result<Spot<f64>, String> {
    let mut found = in_lines(text, part.clone(), criterion);
    found.extend(bracketed(text, part.clone()).map(|spot| Standing::Marked.of(spot)));
    let found = standing::without_superseded(found);
    for each in &found {
        if let Some(of) = each.spot.what.of
            && of.total_cmp(&max).is_ne()
        {
            return Err(format!(
                "it gives a score out of {of} where {max} is the most"
            ));
        }
    }
    match standing::settled(found, take, "scores")? {
        Some(Spot { what, at }) if (min..=max).contains(&what.number) => Ok(Spot {
            what: what.number,
            at,
        }),
        Some(spot) => Err(format!(
            "its score {} is off the scale {min} to {max}",
            spot.what.number
        )),
        None if is_declined(text, part) => Err("it gives no score but says N/A".to_owned()),
        None => Err(format!(
            "it holds no number from {min} to {max} that stands as a score"
        )),
    }
}

fn bracketed(text: &str, part: Range<usize>) -> impl Iterator<Item = Spot<Score>> {
    lines::bracketed(text, part.clone()).filter_map(move |open| {
        let inside = text.get(open..part.end)?;
        let at = part.end - inside.trim_start().len();
        let (number, end) = digits::at(text, at, false)?;
        let (inside, closing) = scale::out_of(text, end, part.end).unzip();
        let rest = text.get(closing.unwrap_or(end)..part.end)?;
        let behind = rest.trim_start().strip_prefix("]]")?;
        let behind = behind.trim_start_matches(['*', '_', '`', '"']);
        let beside = || scale::out_of(text, part.end - behind.len(), part.end);
        let of = inside.or_else(|| beside().map(|(of, _)| of));
        Some(Spot {
            what: Score { number, of },
            at: at..end,
        })
    })
}

fn in_lines(text: &str, part: Range<usize>, criterion: &str) -> Vec<Found<Score>> {
    let mut found = Vec::new();
    let said = lines::said(text, part.clone());
    let quotations = Quotations::of(text, part);
    let is_own = |spot: &Spot<Score>| !quotations.lead_to(text, &spot.at);
    let labelled = |line| labelled(text, line, criterion).filter(is_own);
    let mut above = "";
    for (index, line) in said.iter().enumerate() {
        let (first, last) = (index == 0, index + 1 == said.len());
        let sentence = |start| labelled(start..line.end);
        let mut spots: Vec<Spot<Score>> = sentence(line.start).into_iter().collect();
        if !spots.is_empty() {
            // What a line begins with may be taken back in it.
            spots.extend(sentence::further(text, line.clone()).filter_map(sentence));
        } else if last {
            spots.extend(sentence(sentence::last_sentence(text, line.clone())));
        }
        found.extend(spots.into_iter().map(|spot| Standing::Marked.of(spot)));
        if let Some((spot, end)) = score::at(text, line.start, line.end) {
            let rest = text.get(end..line.end).unwrap_or_default();
            let whole = lines::is_over(rest)
                && (last || !rest.contains('.') || (first && !is_list(text, &said)));
            let is_below_label = label::is_label(above, Kind::Score { criterion });
            let most = is_below_label.then(|| label::most(above)).flatten();
            if whole && let Some(what) = spot.what.labelled(most) {
                let standing = Standing::of_line(is_below_label, first || last);
                found.push(standing.of(Spot { what, ..spot }));
            } else if first && begins(text, &said, rest) {
                found.push(Standing::Plain.of(spot));
            }
        }
        above = text.get(line.clone()).unwrap_or_default();
    }
    found
}

/// Whether further lines than the first are a number and a point.
fn is_list(text: &str, said: &[Range<usize>]) -> bool {
    said.iter().skip(1).any(|line| {
        let behind = score::at(text, line.start, line.end)
            .and_then(|(_, end)| text.get(end..line.end))
            .unwrap_or_default();
        behind.starts_with('.') && lines::is_over(behind)
    })
}

/// The score behind the label that a line, or a sentence, begins with.
fn labelled(text: &str, line: Range<usize>, criterion: &str) -> Option<Spot<Score>> {
    let words = text.get(line.clone())?;
    let behind = label::behind(words, Kind::Score { criterion })?;
    let (spot, end) = score::at(text, line.start + behind, line.end)?;
    let what = spot.what.labelled(label::most(words.get(..behind)?))?;
    lines::is_clause_over(text.get(end..line.end)?).then_some(Spot { what, ..spot })
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
            score::at(text, line.start, line.end)
                .is_some_and(|(_, end)| text.get(end..line.end).and_then(mark) == Some(own))
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
