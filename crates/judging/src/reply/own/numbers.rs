//! The form `numbers`: several scores in a row.
//!
//! They count
//! - as a whole line, separated by blanks, commas or semicolons, in brackets or behind a label or not (`9 8.5`,
//!   `Output: (1, 7)`);
//! - as lines that follow one another and count up (`Assistant 1: 8/10 (…)`, `Assistant 2: 6/10`).
//!
//! Where they say what they are out of, that has to be the same for all, and the largest value of the criteria's scales.

use std::ops::Range;

use domain::rubric::{Rubric, Scale, Side, Take};

use super::label::{self, Kind};
use super::score::{self, Score};
use super::{Spot, digits, lines, taken};
use crate::reply::verdict::Grade;

/// What may be counted up.
const NAMES: &str = "assistant response answer output model candidate submission system criterion";

/// Reads the row, as the form has it.
pub(super) fn read(
    text: &str,
    part: Range<usize>,
    count: usize,
    take: Option<Take>,
) -> Result<Vec<Spot<Score>>, String> {
    let lines: Vec<Range<usize>> = lines::lines(text, part).collect();
    let rows = lines
        .iter()
        .filter_map(|line| row(text, line.clone(), count));
    let blocks = lines
        .windows(count.max(1))
        .filter_map(|block| counted(text, block));
    let whole = |numbers: Vec<Spot<Score>>| {
        let at = numbers.first()?.at.start..numbers.last()?.at.end;
        Some(Spot {
            what: Row(numbers),
            at,
        })
    };
    let spots = rows.chain(blocks).filter_map(whole).collect();
    match taken(spots, take, "rows of scores")? {
        Some(spot) => Ok(spot.what.0),
        None => Err(format!("it holds no row of {count} scores")),
    }
}

/// The grades that a row gives: one for each criterion; in a comparison of its two numbers the larger is better.
pub(super) fn grades(
    rubric: &Rubric,
    comparison: bool,
    row: &[Spot<Score>],
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
struct Row(Vec<Spot<Score>>);

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |row: &Self| row.0.iter().map(|spot| spot.what).collect::<Vec<_>>();
        numbers(self) == numbers(other)
    }
}

fn row(text: &str, line: Range<usize>, count: usize) -> Option<Vec<Spot<Score>>> {
    let words = text.get(line.clone())?;
    let behind = label::behind(words, Kind::Row).unwrap_or(0);
    let of = label::most(words.get(..behind)?);
    let from = line.start + behind;
    let mut numbers = Vec::with_capacity(count);
    let mut at = lines::openings(text, from, line.end).last()?;
    loop {
        let (number, end) = digits::at(text.get(..line.end)?, at, true)?;
        let what = Score { number, of };
        numbers.push(Spot { what, at: at..end });
        let rest = text.get(end..line.end)?;
        if lines::is_over(rest) {
            break;
        }
        let next = rest.trim_start_matches([' ', '\t', ',', ';', '，', '、', '；', '*', '`']);
        if next.len() == rest.len() || numbers.len() == count {
            return None;
        }
        at = line.end - next.len();
    }
    (numbers.len() == count).then_some(numbers)
}

/// Lines of one name that count up from 1, each with its score.
fn counted(text: &str, block: &[Range<usize>]) -> Option<Vec<Spot<Score>>> {
    let mut first: Option<(String, Option<f64>)> = None;
    let mut numbers = Vec::with_capacity(block.len());
    for (index, line) in block.iter().enumerate() {
        let words = text.get(line.clone())?;
        let colon = words.find([':', '：'])?;
        let label = words.get(..colon)?.trim_matches(|each: char| {
            lines::is_wrapper(each) || each.is_whitespace() || each == '-'
        });
        let (name, ordinal) = label.split_once(' ')?;
        if ordinal != (index + 1).to_string() || !lines::is_among(NAMES, &name.to_lowercase()) {
            return None;
        }
        let behind = words.get(colon..)?.trim_start_matches([':', '：']);
        let from = line.end - behind.len();
        let (spot, end) = score::at(text, from, line.end)?;
        let within = text.get(spot.at.end..end)?;
        if !lines::is_clause_over(text.get(end..line.end)?) && !within.ends_with('(') {
            return None;
        }
        let alike = (name.to_owned(), spot.what.of);
        if *first.get_or_insert_with(|| alike.clone()) != alike {
            return None;
        }
        numbers.push(spot);
    }
    Some(numbers)
}
