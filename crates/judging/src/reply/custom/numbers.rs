//! The form `numbers`: several scores in a row.
//!
//! They count
//! - as a whole line, separated by blanks, commas or semicolons, in brackets or behind a label or not (`9 8.5`,
//!   `Output: (1, 7)`);
//! - as lines, or parts of one, that count up (`Assistant 1: 8/10 (…)`, `Assistant 2: 6/10`; `Assistant 1's score: 8`);
//! - as a sentence that gives each by name one ([`rated::rows`]).
//!
//! Where they say what they are out of, that has to be the same for all, and the largest value of the criteria's scales.

use std::ops::Range;

use domain::rubric::{Rubric, Scale, Side, Take};

use super::anew::Own;
use super::label::{self, Kind};
use super::score::{self, Score};
use super::unread::Read;
use super::{Match, digits, lines, rated, scale, taken};
use crate::reply::verdict::Grade;

/// What may be counted up.
const NAMES: &str = "assistant response answer output model candidate submission system criterion";

/// The longest label of a counted score, in bytes.
const LONGEST_LABEL: usize = 80;

/// Reads the row, as the form has it.
pub(super) fn read(
    text: &str,
    part: Range<usize>,
    count: usize,
    claims: bool,
    take: Option<Take>,
) -> Result<Vec<Match<Score>>, String> {
    let whole_part = part.clone();
    let lines: Vec<Range<usize>> = lines::lines(text, part).collect();
    let rows = lines
        .iter()
        .filter_map(|line| row(text, line.clone(), count, claims));
    let counted = lines.iter().map(|line| counted(text, line.clone()));
    let blocks: Vec<Vec<Match<Score>>> = if claims {
        in_turn(&counted.flatten().collect::<Vec<_>>(), count)
    } else {
        let each: Vec<Vec<Counted>> = counted.collect();
        let plain = |line: &Vec<Counted>| match line.as_slice() {
            [only] if only.is_plain => Some(only.clone()),
            _ => None,
        };
        let block = |lines: &[Vec<Counted>]| lines.iter().map(plain).collect::<Option<Vec<_>>>();
        let blocks = each.windows(count.max(1)).filter_map(block);
        blocks.flat_map(|block| in_turn(&block, count)).collect()
    };
    let whole = |numbers: Vec<Match<Score>>| {
        let at = numbers.iter().map(|each| each.at.start).min()?
            ..numbers.iter().map(|each| each.at.end).max()?;
        Some(Match {
            what: Row(numbers),
            at,
        })
    };
    let given = lines.iter().filter(|_| claims);
    let given = given.flat_map(|line| rated::rows(text, line.clone(), count));
    let spots: Vec<Match<Row>> = rows.chain(blocks).chain(given).filter_map(whole).collect();
    let values = spots.iter().map(|spot| spot.at.start).collect();
    let answer = taken(spots, take, "rows of scores")?;
    let read = Read {
        text,
        part: whole_part,
        values,
        is_reason: false,
    };
    if let Some(spot) = answer.as_ref().filter(|_| take != Some(Take::First)) {
        let is_compared = |line: Range<usize>| {
            let body = text.get(line.clone()).unwrap_or_default();
            let row_at = line.end - body.trim_start_matches(lines::is_comparing).len();
            line.start > spot.at.start
                && row_at > line.start
                && row(text, row_at..line.end, count, claims).is_some()
        };
        if read.is_relabelled(spot.at.start, |_| Kind::Row)
            || lines::lines(text, read.part.clone()).any(is_compared)
        {
            return Err("a row of scores further down cannot be read".to_owned());
        }
    }
    if let Some(spot) = &answer {
        let row = spot.what.0.iter().map(|each| each.what.number);
        let row: Vec<f64> = row.collect();
        if Own::Row(&row).is_taken_back(&read, spot.at.end) {
            return Err("a line further down gives other scores".to_owned());
        }
    }
    match answer {
        Some(spot) => Ok(spot.what.0),
        None => Err(format!("it holds no row of {count} scores")),
    }
}

/// The grades that a row gives: one for each criterion; in a comparison of its two numbers the larger is better.
pub(super) fn grades(
    rubric: &Rubric,
    comparison: bool,
    row: &[Match<Score>],
) -> Result<Vec<Grade>, String> {
    if comparison {
        let [first, second] = row else {
            return Err(format!("two scores are compared, not {}", row.len()));
        };
        super::sole(rubric)?;
        let side = match first.what.number.total_cmp(&second.what.number) {
            std::cmp::Ordering::Greater => Side::First,
            std::cmp::Ordering::Less => Side::Second,
            std::cmp::Ordering::Equal => Side::Tie,
        };
        return Ok(vec![Grade::side(side)]);
    }
    if row.len() != rubric.criteria.len() {
        return Err(format!(
            "it holds {} scores for {} criteria",
            row.len(),
            rubric.criteria.len()
        ));
    }
    let graded = rubric.criteria.iter().zip(row).map(|(criterion, spot)| {
        if let (Some(of), Scale::Numeric { max, .. }) = (spot.what.of, &criterion.scale)
            && of.total_cmp(max).is_ne()
        {
            return Err(format!(
                "criterion `{}`: its score is out of {of} where {max} is the most",
                criterion.name
            ));
        }
        Grade::number(&criterion.scale, spot.what.number)
            .map(|grade| grade.standing(spot.at.clone()))
            .ok_or_else(|| {
                format!(
                    "criterion `{}`: {} is no value of its scale",
                    criterion.name, spot.what.number
                )
            })
    });
    graded.collect()
}

/// Rows are the same when their numbers are, wherever they stand.
struct Row(Vec<Match<Score>>);

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |row: &Self| row.0.iter().map(|spot| spot.what).collect::<Vec<_>>();
        numbers(self) == numbers(other)
    }
}

/// The scores of a line that is a row of them; with `claims` each may say what it is out of, all of them alike: `8/10, 6/10`.
pub(super) fn row(
    text: &str,
    line: Range<usize>,
    count: usize,
    claims: bool,
) -> Option<Vec<Match<Score>>> {
    let words = text.get(line.clone())?;
    let behind = label::behind(words, Kind::Row).unwrap_or(0);
    let labelled = label::most(words.get(..behind)?);
    let from = line.start + behind;
    let mut numbers = Vec::with_capacity(count);
    let mut at = lines::openings(text, from, line.end).last()?;
    loop {
        let (number, end) = digits::at(text.get(..line.end)?, at, true)?;
        let own = text.get(end..line.end)?;
        let is_share = claims && (own.starts_with('/') || own.starts_with(" out of "));
        let own = scale::out_of(text, end, line.end).filter(|_| is_share);
        let what = Score {
            number,
            of: own.map(|(of, _)| of),
        };
        numbers.push(Match { what, at: at..end });
        let rest = text.get(own.map_or(end, |(_, end)| end)..line.end)?;
        if lines::is_over(rest) {
            break;
        }
        let is_joint = |each| {
            matches!(
                each,
                ' ' | '\t' | ',' | ';' | '，' | '、' | '；' | '*' | '`'
            )
        };
        let next = rest.trim_start_matches(is_joint);
        let joined = next.strip_prefix("and ").filter(|_| claims);
        let next = joined.unwrap_or(next);
        if next.len() == rest.len() || numbers.len() == count {
            return None;
        }
        at = line.end - next.len();
    }
    let of = numbers.first()?.what.of;
    let is_alike = numbers.iter().all(|each| each.what.of == of);
    let all = numbers.into_iter().map(|spot| {
        let what = spot.what.labelled(labelled)?;
        Some(Match { what, ..spot })
    });
    let all: Vec<Match<Score>> = all.collect::<Option<_>>()?;
    (is_alike && all.len() == count).then_some(all)
}

/// A score with the name and the number of what has it.
#[derive(Clone)]
struct Counted {
    name: String,
    ordinal: usize,
    spot: Match<Score>,
    /// Whether nothing but these and a colon stands before it in its line.
    is_plain: bool,
}

/// The scores of a line that stand behind a name with a number: `Assistant 1's score: 9/10, Assistant 2's score: 8/10`.
fn counted(text: &str, line: Range<usize>) -> Vec<Counted> {
    let mut all = Vec::new();
    let mut from = line.start;
    let body = text.get(line.clone()).unwrap_or_default();
    for (place, _) in body.char_indices() {
        let at = line.start + place;
        let starts = body
            .get(..place)
            .is_some_and(|before| !before.ends_with(char::is_alphanumeric));
        if at >= from
            && starts
            && let Some((counted, end)) = counted_at(text, from..at, line.end, from == line.start)
        {
            all.push(counted);
            from = end;
        }
    }
    all
}

/// The next name with a number, `Assistant 1`: where it begins, the name, the number, and where it ends.
pub(super) fn next_name(text: &str, range: Range<usize>) -> Option<(usize, String, usize, usize)> {
    let body = text.get(range.clone())?;
    body.char_indices().find_map(|(place, _)| {
        let before = body.get(..place)?;
        let apart = !before.ends_with(char::is_alphanumeric);
        let (name, ordinal, length) = name_at(body.get(place..)?).filter(|_| apart)?;
        let at = range.start + place;
        Some((at, name, ordinal, at + length))
    })
}

/// The name with a number that a text begins with, and how long both are together, in bytes.
fn name_at(text: &str) -> Option<(String, usize, usize)> {
    let (name, rest) = text.split_once(' ')?;
    let name = name.to_lowercase();
    if !lines::is_among(NAMES, &name) {
        return None;
    }
    let wrapped = rest.trim_start_matches('(');
    let end = wrapped
        .find(|each: char| !each.is_alphanumeric())
        .unwrap_or(wrapped.len());
    let (ordinal, rest) = wrapped.split_at_checked(end)?;
    let ordinal = match ordinal.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => {
            usize::from(letter.to_ascii_lowercase() - b'a') + 1
        }
        _ => ordinal.parse().ok()?,
    };
    Some((name, ordinal, text.len() - rest.len()))
}

/// The score of the name that begins behind words which may stand before it, and the place behind.
fn counted_at(
    text: &str,
    before: Range<usize>,
    to: usize,
    first: bool,
) -> Option<(Counted, usize)> {
    if before.len() > LONGEST_LABEL {
        return None;
    }
    let near = text.floor_char_boundary(before.end + LONGEST_LABEL).min(to);
    let rest = text.get(before.end..near)?;
    let (name, ordinal, length) = name_at(rest)?;
    let rest = rest.get(length..)?;
    let known = |word: &str| {
        word == "and"
            || label::is_score(&word.to_lowercase())
            || label::is_beside(&word.to_lowercase())
    };
    let words = |part: &str| -> Vec<String> {
        let words = part.split(|each: char| !each.is_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let led = words(text.get(before)?);
    // A list may count on: `2. Assistant 2: 8/10`.
    let is_marker = |word: &String| first && *word == ordinal.to_string();
    if !(led.iter().all(|word| known(word)) || matches!(led.as_slice(), [only] if is_marker(only)))
    {
        return None;
    }
    let (label, behind) = rest.split_once([':', '：', '='])?;
    let said = label
        .trim_start_matches([')', '\'', '’'])
        .strip_prefix("s ")
        .unwrap_or(label);
    if !words(said).iter().all(|word| known(word)) {
        return None;
    }
    let (spot, end) = score::at(text, near - behind.len(), to)?;
    let within = text.get(spot.at.end..end)?;
    let rest = text.get(end..to)?;
    let is_over =
        lines::is_clause_over(rest) || rest.starts_with(" and ") || rest.starts_with(" |");
    if !is_over && !within.ends_with('(') {
        return None;
    }
    let is_plain = first && led.is_empty() && words(label).is_empty();
    let counted = Counted {
        name,
        ordinal,
        spot,
        is_plain,
    };
    Some((counted, end))
}

/// Rows of scores whose names are alike and count up from 1; none where something else stands among them.
fn in_turn(all: &[Counted], count: usize) -> Vec<Vec<Match<Score>>> {
    let rows = all.chunks(count.max(1)).map(|row| {
        let (first, turns) = (row.first()?, row.iter().zip(1..));
        let alike = turns.clone().all(|(each, turn)| {
            each.ordinal == turn
                && each.name == first.name
                && each.spot.what.of == first.spot.what.of
        });
        (row.len() == count && alike).then(|| row.iter().map(|each| each.spot.clone()).collect())
    });
    rows.collect::<Option<_>>().unwrap_or_default()
}
