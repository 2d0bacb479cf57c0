//! The scores that one sentence gives to all candidates by their names: `Assistant 1's submission receives a score of 8/10 and
//! Assistant 2's submission receives a score of 9/10`, `I would rate Assistant 2 as a 9, and Assistant 1 as an 8`.
//!
//! Each name stands once, its score right behind it with only such words between as a sentence about a score is made of, and no
//! other number stands in the sentence: `Assistant 1 receives 7 and 8 for style and speed` says nothing.

use std::ops::Range;

use super::super::score::{self, Score};
use super::super::sentence::{sentences, words};
use super::super::{Match, lines, numbers};
use super::{BEHIND, LINKS, TURNS, is_plain};

/// What may stand between one score and the next name.
const JOINTS: &str = "and while whereas";

/// The rows of so many scores that the sentences of a line give.
pub(in crate::reply::custom) fn rows(
    text: &str,
    line: Range<usize>,
    count: usize,
) -> Vec<Vec<Match<Score>>> {
    let sentences = sentences(text, line).into_iter();
    sentences
        .filter_map(|sentence| row(text, sentence, count))
        .collect()
}

fn row(text: &str, sentence: Range<usize>, count: usize) -> Option<Vec<Match<Score>>> {
    let body = text.get(sentence.clone())?;
    let mut at = sentence.start + super::opening(body);
    let own = text.get(at..sentence.end)?;
    let closed = own.trim_end_matches(lines::is_wrapper);
    let turned = words(own).any(|word| lines::is_among(TURNS, &word));
    if turned || own.contains(['{', '}']) || closed.ends_with(['?', '？']) {
        return None;
    }
    let mut found: Vec<(String, usize, Match<Score>)> = Vec::with_capacity(count);
    while found.len() < count {
        let (start, name, ordinal, behind) = numbers::next_name(text, at..sentence.end)?;
        let before = text.get(at..start)?;
        let joins = if found.is_empty() {
            is_plain(before, "")
        } else {
            words(before).all(|word| lines::is_among(JOINTS, &word))
                && before.chars().any(|each| matches!(each, ',' | ';' | ' '))
        };
        let rest = text.get(behind..sentence.end)?;
        let between = rest.get(..rest.find(char::is_numeric)?)?;
        let said = between
            .strip_prefix(['\'', '’'])
            .and_then(|rest| rest.strip_prefix("s "))
            .unwrap_or(between);
        let link = words(said).next_back()?;
        let is_link = lines::is_among(LINKS, &link)
            || lines::is_among("scores gets receives earns deserves", &link);
        let is_apart = said.ends_with(char::is_whitespace);
        if !joins
            || !is_link
            || !is_apart
            || said.contains([',', ':', ';', '('])
            || !is_plain(said, "")
        {
            return None;
        }
        let (spot, end) = score::at(text, behind + between.len(), sentence.end)?;
        found.push((name, ordinal, spot));
        at = end;
    }
    let rest = text.get(at..sentence.end)?;
    let is_over = lines::is_clause_over(rest)
        || words(rest)
            .next()
            .is_some_and(|word| lines::is_among(BEHIND, &word));
    found.sort_by_key(|each| each.1);
    let first = found.first()?.clone();
    let alike = found.iter().zip(1..).all(|((name, ordinal, spot), turn)| {
        *ordinal == turn && *name == first.0 && spot.what.of == first.2.what.of
    });
    (is_over && alike && !rest.contains(char::is_numeric))
        .then(|| found.into_iter().map(|(.., spot)| spot).collect())
}
