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

use super::anew::Own;
use super::label::{self, Kind};
use super::quoted::Quotations;
use super::score::{self, Score};
use super::section::{self, Section};
use super::standing::{self, Found, Placement};
use super::unread::{Read, is_declined};
use super::{Match, brackets, digits, legend, lines, rated, scale, sentence, table, tail};

/// What a share is out of.
const SHARE: f64 = 100.0;

/// What a score is read by.
#[derive(Clone, Copy)]
struct Form<'n> {
    criterion: &'n str,
    /// Whether a sentence may claim one.
    claims: bool,
    /// Whether an `answer` may be one.
    answers: bool,
    /// The largest.
    most: f64,
}

/// Reads the score, as the form has it.
pub(super) fn read(
    text: &str,
    part: Range<usize>,
    (min, max): (f64, f64),
    (criterion, claims): (&str, bool),
    take: Option<Take>,
) -> Result<Match<f64>, String> {
    let form = Form {
        criterion,
        claims,
        answers: claims,
        most: max,
    };
    let mut found = in_lines(text, part.clone(), form);
    found.extend(bracketed(text, part.clone(), (max, criterion)));
    // A share within the reasoning is that of something else.
    found.retain(|each| {
        each.standing != Placement::Incidental || each.spot.what.of != Some(SHARE) || max == SHARE
    });
    let found = standing::without_superseded(standing::without_reread(found));
    for each in &found {
        if let Some(of) = each.spot.what.of
            && of.total_cmp(&max).is_ne()
        {
            return Err(format!(
                "it gives a score out of {of} where {max} is the most"
            ));
        }
    }
    let values = found.iter().map(|each| each.spot.at.start).collect();
    let all: Vec<Match<Score>> = found.iter().map(|each| each.spot.clone()).collect();
    let answer = standing::resolve(found, take, "scores")?;
    standing::check_quoted(text, &all, answer.as_ref())?;
    let read = Read {
        text,
        part: part.clone(),
        values,
        is_reason: false,
    };
    if let Some(spot) = answer.as_ref().filter(|_| take != Some(Take::First)) {
        let kind = |last| Kind::Score {
            criterion,
            answers: claims && last,
        };
        if read.is_relabelled(spot.at.start, kind) || read.is_bracketed_anew(spot.at.start) {
            return Err("a score further down cannot be read".to_owned());
        }
    }
    if let Some(spot) = &answer {
        let of = scale::told(text, part.clone(), &read.values);
        let is_share = scale::is_share(text.get(spot.at.end..part.end).unwrap_or_default());
        if let Some(of) = of
            .or_else(|| is_share.then_some(100.0))
            .filter(|of| *of != max)
        {
            return Err(format!("its scale goes to {of} where {max} is the most"));
        }
        if claims && legend::is_reversed(text, part.clone(), max) {
            return Err("its smaller scores are the better ones".to_owned());
        }
        let value = spot.what.number;
        let is_named = |number: f64| number.total_cmp(&value).is_eq();
        if take.is_none() && !score::in_words(text, read.part.clone(), criterion, max).all(is_named)
        {
            return Err("it holds scores that differ".to_owned());
        }
        let own = Own::Score { value, most: max };
        if own.is_taken_back(&read, spot.at.end) {
            return Err("a line further down takes its score back".to_owned());
        }
    }
    match answer {
        Some(Match { what, at }) if (min..=max).contains(&what.number) => Ok(Match {
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

/// Whether a text says of another number than `value` that it is the score.
pub(super) fn is_claimed_otherwise(
    text: &str,
    part: Range<usize>,
    (value, most): (f64, f64),
    criterion: &str,
) -> bool {
    // Most reasons hold no number, and all that is read below stands in digits.
    let said = text.get(part.clone()).unwrap_or_default();
    if !said.contains(char::is_numeric) {
        return false;
    }
    let form = Form {
        criterion,
        claims: true,
        answers: false,
        most,
    };
    let mut found = in_lines(text, part.clone(), form);
    found.extend(bracketed(text, part, (most, criterion)));
    let differs = |score: Score| {
        score.number.total_cmp(&value).is_ne()
            || score.of.is_some_and(|of| of.total_cmp(&most).is_ne())
    };
    found
        .iter()
        .any(|each| each.standing == Placement::Explicit && differs(each.spot.what))
}

fn bracketed(text: &str, part: Range<usize>, (most, criterion): (f64, &str)) -> Vec<Found<Score>> {
    let spots = lines::bracketed(text, part.clone()).filter_map(|open| {
        let inside = text.get(open..part.end)?;
        let at = part.end - inside.trim_start().len();
        let (number, end) = digits::at(text, at, false)?;
        let (inside, closing) = scale::out_of(text, end, part.end).unzip();
        let rest = text.get(closing.unwrap_or(end)..part.end)?;
        let behind = rest.trim_start().strip_prefix("]]")?;
        if lines::is_bound(text, open, part.end - behind.len()) {
            return None;
        }
        let behind = behind.trim_start_matches(['*', '_', '`', '"']);
        let close = part.end - behind.len();
        let (beside, behind) = scale::out_of(text, close, part.end).unzip();
        let spot = Match {
            what: Score {
                number,
                of: inside.or(beside),
            },
            at: at..end,
        };
        let from = behind.unwrap_or(close);
        let leaves = |to| tail::leaves_score(text, number, most, from, to);
        Some(brackets::Bracketed::of(text, spot, from, leaves))
    });
    brackets::standing(text, &part, criterion, spots.collect())
}

fn in_lines(text: &str, part: Range<usize>, form: Form<'_>) -> Vec<Found<Score>> {
    let Form {
        criterion,
        claims,
        answers,
        most: bound,
    } = form;
    let mut found = Vec::new();
    let mut said = lines::said(text, part.clone());
    let kind = |last| Kind::Score {
        criterion,
        answers: answers && last,
    };
    if claims {
        said.iter_mut().for_each(|line| {
            let bare = text.get(line.clone()).unwrap_or_default();
            line.end = line.start + bare.trim_end_matches(';').len();
        });
        lines::unwrap_objects(text, &mut said);
        let cell = |cell: Range<usize>| {
            let (spot, end) = score::at(text, cell.start, cell.end)?;
            lines::is_over(text.get(end..cell.end)?).then(|| Placement::Explicit.of(spot))
        };
        let mut cells = table::labelled(text, &said, kind(false));
        cells.extend(table::tagged(text, part.clone(), kind(false)));
        found.extend(cells.into_iter().filter_map(cell));
    }
    let quotations = Quotations::of(text, part);
    let is_unquoted = |spot: &Match<Score>| !quotations.lead_to(text, &spot.at);
    found.retain(|each| is_unquoted(&each.spot));
    let mut above = "";
    // What stands below the heading of another criterion, or might be the mark of a list, is left out where something
    // else is left.
    let mut others = Vec::new();
    // Words with digits are no heading of one.
    let sections = section::sections(text, &said, kind, |_| false);
    // What may be the score of the whole again contradicts one that is.
    let mut doubtful = Vec::new();
    for (index, line) in said.iter().enumerate() {
        let (first, last) = (index == 0, index + 1 == said.len());
        let kind = kind(first || last);
        let by_label = |line: Range<usize>, kind| {
            let name = text.get(line.start..line.end).unwrap_or_default();
            let name = name.split([':', '：', '=']).next().unwrap_or_default();
            let is_known = claims || !label::is_of_share(name);
            labelled(text, line, kind, bound).filter(|spot| is_known && is_unquoted(spot))
        };
        let sentence = |start| by_label(start..line.end, kind);
        let words = text.get(line.clone()).unwrap_or_default();
        let mut spots: Vec<Match<Score>> = sentence(line.start).into_iter().collect();
        if spots.is_empty() && claims {
            spots.extend(by_label(line.clone(), Kind::Whole));
        }
        if spots.is_empty() && claims {
            // `Score (tone): 4`, where no label says that it is the score that is asked for.
            let partial = by_label(line.clone(), Kind::PartialScore);
            others.extend(partial.map(|spot| Placement::Explicit.of(spot)));
        }
        if !spots.is_empty() {
            // What a line begins with may be taken back in it.
            spots.extend(sentence::further(text, line.clone()).filter_map(sentence));
        } else if last {
            spots.extend(sentence(sentence::last_sentence(text, line.clone())));
        }
        if claims {
            spots.extend(
                rated::claims(text, line.clone(), criterion, bound)
                    .into_iter()
                    .filter(is_unquoted),
            );
        }
        let found = match sections.get(index) {
            Some(Section::Other) => &mut others,
            Some(Section::Doubtful) => &mut doubtful,
            Some(Section::Elsewhere) => {
                above = words;
                continue;
            }
            Some(Section::Own) | None => &mut found,
        };
        found.extend(spots.into_iter().map(|spot| Placement::Explicit.of(spot)));
        if let Some((spot, end)) = score::at(text, line.start, line.end) {
            let rest = text.get(end..line.end).unwrap_or_default();
            let whole = lines::is_over(rest)
                && (last || !rest.contains('.') || (first && !score::is_list(text, &said)));
            let is_below_label = label::is_label(above, kind);
            let most = is_below_label.then(|| label::most(above)).flatten();
            if whole && let Some(what) = spot.what.labelled(most) {
                let standing = Placement::of_line(is_below_label, first || last);
                found.push(standing.of(Match { what, ..spot }));
            } else if first && begins(text, &said, spot.what, end, form) {
                let found = if rest.starts_with('.') {
                    &mut others
                } else {
                    found
                };
                found.push(Placement::Positional.of(spot));
            }
        } else if claims && said.len() == 1 {
            let noted = rated::noted(text, line.clone(), bound).filter(is_unquoted);
            found.extend(noted.map(|spot| Placement::Positional.of(spot)));
        }
        above = words;
    }
    let is_answer = |each: &Found<Score>| each.standing != Placement::Incidental;
    if found.iter().any(is_answer) {
        found.extend(
            doubtful
                .into_iter()
                .map(|each| Placement::Incidental.of(each.spot)),
        );
    } else {
        // Of several criteria none is the one.
        others.append(&mut doubtful);
        let mut answers = others.iter().filter(|each| is_answer(each));
        let first = answers.next().map(|each| each.spot.what);
        let is_one = answers.all(|each| Some(each.spot.what) == first);
        others.retain(|each| is_one || !is_answer(each));
        found.append(&mut others);
    }
    found
}

/// The score behind the label that a line, or a sentence, begins with.
fn labelled(text: &str, line: Range<usize>, kind: Kind<'_>, most: f64) -> Option<Match<Score>> {
    let words = text.get(line.clone())?;
    let behind = label::behind(words, kind)?;
    let (spot, end) = score::at(text, line.start + behind, line.end)?;
    let name = words.get(..behind)?;
    let what = spot.what.labelled(label::most(name))?;
    let rest = text.get(end..line.end)?;
    let is_whole = (lines::is_clause_over(rest) || tail::is_reason(rest))
        && tail::leaves_score(text, what.number, most, end, line.end)
        && !is_mark(text, &line, (behind, end), what.number);
    is_whole.then_some(Match { what, ..spot })
}

/// Whether a number behind a label may be the mark of a list that goes on in the next line, or a reference in a remark.
pub(super) fn is_mark(
    text: &str,
    line: &Range<usize>,
    (behind, end): (usize, usize),
    value: f64,
) -> bool {
    let rest = text.get(end..line.end).unwrap_or_default();
    let name = text
        .get(line.start..line.start + behind)
        .unwrap_or_default();
    begins_list(text, line, value, end) || (label::is_ambiguous(name) && tail::goes_on(rest))
}

fn begins_list(text: &str, line: &Range<usize>, value: f64, end: usize) -> bool {
    let mark = |rest: &str| rest.chars().next().filter(|each| matches!(each, '.' | ')'));
    let mark_behind = text.get(end..line.end).and_then(mark);
    let label = text.get(line.start..).unwrap_or_default();
    let next = text.get(line.end..).unwrap_or_default();
    let from = text.len() - next.trim_start().len();
    let next = digits::at(text, from, false);
    mark_behind.is_some()
        && !label.starts_with(char::is_numeric)
        && next.is_some_and(|(next, behind)| {
            next.total_cmp(&(value + 1.0)).is_eq()
                && text.get(behind..).and_then(mark) == mark_behind
        })
}

/// Whether what stands behind a score leaves it open: `4, or 5`.
pub(super) fn is_left_open(text: &str, from: usize, to: usize) -> bool {
    lines::is_left_open(text, from, to, |at| Some(score::at(text, at, to)?.1))
}

/// Whether a number at the beginning of a reply stands before an explanation: behind it stands a mark other than
/// the point of a list, and no other line begins like that. With `claims` it may be that of a list too, where none
/// follows, and a dash without a blank.
fn begins(
    text: &str,
    said: &[Range<usize>],
    score: Score,
    end: usize,
    Form { claims, most, .. }: Form<'_>,
) -> bool {
    let Some((line, others)) = said.split_first() else {
        return false;
    };
    let rest = text.get(end..line.end).unwrap_or_default();
    let mark = |rest: &str| rest.trim_start().chars().next();
    let Some(mark_behind) = mark(rest) else {
        return false;
    };
    let number = text.get(..end).unwrap_or_default();
    let begins_list = number.ends_with('1') && !others.is_empty();
    let is_list_mark = matches!(mark_behind, '.' | ')' | '）' | ',' | '、');
    let is_scored = score.of.is_some() && matches!(mark_behind, '.' | ',');
    if is_list_mark && !(claims && (is_scored || mark_behind == '.' && !begins_list)) {
        return false;
    }
    let dash = rest.strip_prefix(['-', '–']).unwrap_or_default();
    let is_dash = claims
        && dash.starts_with(char::is_whitespace)
        && dash.trim_start().starts_with(char::is_alphabetic);
    (lines::is_clause_over(rest) || is_dash)
        && tail::leaves_score(text, score.number, most, end, line.end)
        && !tail::is_count(rest)
        && !others.iter().any(|line| {
            score::at(text, line.start, line.end)
                .is_some_and(|(_, end)| text.get(end..line.end).and_then(mark) == Some(mark_behind))
        })
}
