//! The form `numbers`: several scores in a row.
//!
//! They count
//! - as a whole line, separated by blanks, commas or semicolons, in brackets or behind a label or not (`9 8.5`,
//!   `Output: (1, 7)`);
//! - as lines, or parts of one, that count up (`Assistant 1: 8/10 (…)`, `Assistant 2: 6/10`; `Assistant 1's score: 8`).
//!
//! Where they say what they are out of, that has to be the same for all, and the largest value of the criteria's scales.

use std::ops::Range;

use domain::rubric::{Rubric, Scale, Side, Take};

use super::anew::Own;
use super::choice::NOUNS;
use super::label::{self, Kind};
use super::score::{self, Score};
use super::sentence::sentences;
use super::unread::Read;
use super::{Match, digits, lines, rated, scale, taken};
use crate::reply::verdict::Grade;

/// What may be counted up.
const NAMES: &str = "assistant response answer output model candidate submission system criterion antwort assistent réponse respuesta asistente \
    risposta resposta ответ кандидат 回答 答案 助手";

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
    let counted = lines.iter().flat_map(|line| {
        // `1. Assistant 1: 8, Assistant 2: 7`.
        let parts = if claims {
            sentences(text, line.clone())
        } else {
            vec![line.clone()]
        };
        parts.into_iter().map(|part| counted(text, part))
    });
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
        let at = numbers.first()?.at.start..numbers.last()?.at.end;
        Some(Match {
            what: Row(numbers),
            at,
        })
    };
    let spots: Vec<Match<Row>> = rows.chain(blocks).filter_map(whole).collect();
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

/// The score of the name that begins behind words which may stand before it, and the place behind.
fn counted_at(
    text: &str,
    before: Range<usize>,
    to: usize,
    first: bool,
) -> Option<(Counted, usize)> {
    let rest = text.get(before.end..to)?;
    let length = rest.find(|each: char| !each.is_alphabetic())?;
    let name = rest.get(..length)?.to_lowercase();
    let is_name = lines::is_among(NAMES, &name)
        && rest
            .get(length..)?
            .starts_with(|each: char| each == ' ' || each.is_ascii_digit() && !name.is_ascii());
    if before.len() > LONGEST_LABEL || !is_name {
        return None;
    }
    let near = text.floor_char_boundary(before.end + LONGEST_LABEL).min(to);
    let rest = text.get(before.end + length..near)?.trim_start_matches(' ');
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
    // `I would give Assistant 1 a score of 8`, `Assistant 1 receives a score of 8`.
    let gives = |word: &str| {
        let word = word.to_lowercase();
        known(&word) || rated::is_of_rating(&word) || lines::is_among(NOUNS, &word)
    };
    let led = text.get(before)?.rsplit(", ").next()?;
    let led = words(led);
    let wrapped = rest.trim_start_matches('(');
    let end = wrapped.find(|each: char| !each.is_alphanumeric())?;
    let (ordinal, rest) = wrapped.split_at_checked(end)?;
    let ordinal = match ordinal.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => {
            usize::from(letter.to_ascii_lowercase() - b'a') + 1
        }
        _ => ordinal.parse().ok()?,
    };
    let (label, behind) = rest.split_once([':', '：', '=', '|']).unwrap_or((rest, ""));
    let number = rest.find(char::is_numeric)?;
    let is_awarded = number < label.len();
    let (label, behind) = if is_awarded {
        rest.split_at_checked(number)?
    } else {
        (label, behind)
    };
    let is_cell = rest.get(label.len()..)?.starts_with('|');
    let said = label
        .trim_start_matches([')', '\'', '’'])
        .strip_prefix("s ")
        .unwrap_or(label);
    let said = words(said);
    let is_understood = |all: &[String]| {
        all.iter()
            .all(|word| known(word) || is_awarded && gives(word))
    };
    let is_award = || {
        let rates = |word: &String| rated::is_of_rating(&word.to_lowercase()) && !known(word);
        let is_led = |word: &String| lines::is_among("of a an", word) || rates(word);
        said.last().is_some_and(is_led) && (!first || led.iter().chain(&said).any(rates))
    };
    if !is_understood(&led) || !is_understood(&said) || is_awarded && !is_award() {
        return None;
    }
    let (spot, end) = score::at(text, near - behind.len(), to)?;
    let within = text.get(spot.at.end..end)?;
    let rest = text.get(end..to)?;
    let is_over =
        lines::is_clause_over(rest) || rest.starts_with(" and ") || rest.starts_with(" |");
    let is_last_cell = || rest.chars().all(|each| matches!(each, '|' | ' '));
    if !is_over && !within.ends_with('(') || is_cell && !is_last_cell() {
        return None;
    }
    let is_plain = first && led.is_empty() && words(label).is_empty() && !is_cell;
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
