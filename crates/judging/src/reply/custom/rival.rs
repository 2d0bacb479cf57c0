//! Whether a number behind a score is another value that the score may have.
//!
//! It is none where it counts or names something (`2 errors`, `lines 2-3`), or stands in a clause with a subject of its own
//! (`it prints 3`) that does not speak of the score (`it is 3`).

use super::choice::NOUNS;
use super::tail::{JOINS, begins_with_subject};
use super::{digits, lines, score};

/// Words that say of a subject which is only pointed at (`it is 2`, `that makes it a 2`) that it is a number. The value is
/// what they speak of then.
const EQUATING: &str = "is was be are s equals it's that's c'est makes made gets deserves merits earns should would could might must read reads rather really \
    only about still just ist sind wäre est serait fait sería è sarebbe é seria 是 也是";

/// Words that point at the value, or may stand between those and a number.
const POINTING: &str = "it this that which these he she a an of das dies es ce cela c eso esto ella il elle isso questo это \
    它 这 這 それ これ";

/// Words that begin a sum: `minus 1`, `plus a half`.
pub(super) const ARITHMETIC: &str =
    "minus plus less moins menos meno weniger abzüglich zuzüglich минус плюс";

/// Words behind those that are numbers, as digits are.
pub(super) const PARTS: &str = "one a an half ein eine einen un une uno один";

/// Words that name what a number behind them belongs to.
pub(super) const NAMED: &str = "line lines step steps test tests case cases point question figure fig table page pages section \
    chapter example item criterion criteria part paragraph sentence version python rule requirement task turn claim \
    zeile zeilen ligne lignes línea líneas";

/// Words behind a number that do not say what it counts.
const UNCOUNTED: &str = "for to and or on in out of instead because as at per from than if but is are was were be has have \
    would will should could might may must with finally initially though max maximum min minimum total now overall \
    possible best worst point points star stars mark marks percent scale later before really actually then instead rather perhaps \
    maybe please sorry again";

/// Words by which a clause takes a value back.
pub(super) const CORRECTING: &str = "actually meant changed switched revised corrected reconsidered lowered raised downgraded upgraded adjusted \
    score rating grade verdict total final";

#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Word(String),
    Number(f64),
    /// Makes the number before it one of hundred parts of the largest.
    Percent,
    /// Joins two numbers, or a number and a word.
    Join,
    /// Ends a clause.
    Mark,
}

/// Whether a number in what follows a score is another value that it may have.
pub(super) fn has_rival(pieces: &[Piece], value: f64, most: f64) -> bool {
    let mut is_reason = false;
    pieces.split(|piece| *piece == Piece::Mark).any(|clause| {
        let words = || {
            clause.iter().filter_map(|piece| match piece {
                Piece::Word(word) => Some(word.as_str()),
                _ => None,
            })
        };
        is_reason |= begins_with_subject(words());
        let is_corrected = words().any(|word| lines::is_among(CORRECTING, word));
        if let [Piece::Word(sign), Piece::Word(part), ..] = clause
            && lines::is_among(ARITHMETIC, sign)
            && lines::is_among(PARTS, part)
        {
            return true;
        }
        let is_rival = |at: usize| match clause.get(at) {
            Some(Piece::Number(number)) => {
                let percent = matches!(clause.get(at + 1), Some(Piece::Percent));
                let number = if percent {
                    number * most / 100.0
                } else {
                    *number
                };
                if number.total_cmp(&value).is_eq() {
                    return false;
                }
                let (is_named, counted) = (is_named(clause, at), counted(clause, at));
                let is_excused = is_denied(clause, at)
                    || is_named
                    || (is_reason && !is_corrected && !is_equated(clause, at));
                match counted {
                    // `10 üzerinden` may say what it is out of; `12 errors` does not.
                    Some(counted) => {
                        number > most
                            && !is_excused
                            && !counted.ends_with('s')
                            && words().count() <= 1
                    }
                    None => !is_excused,
                }
            }
            _ => false,
        };
        (0..clause.len()).any(is_rival)
    })
}

/// Whether a number is what a value is not, or is compared with: `4, not 5`, `4 rather than 5`.
pub(super) fn is_denied(clause: &[Piece], at: usize) -> bool {
    let before = clause.get(..at).unwrap_or_default();
    let is =
        |piece: &Piece, list| matches!(piece, Piece::Word(word) if lines::is_among(list, word));
    let mut before = before.iter().rev().skip_while(|piece| is(piece, "a an"));
    // `Not more than 2` says the most that it may be.
    let is_bound = before
        .clone()
        .nth(1)
        .is_some_and(|piece| is(piece, "more higher better mehr"))
        && before
            .clone()
            .nth(2)
            .is_some_and(|piece| is(piece, "not no nicht"));
    !is_bound
        && before
            .next()
            .is_some_and(|piece| is(piece, "not than nicht pas"))
}

/// Whether a clause says of what it only points at that it is a number: `it is 2`.
fn is_equated(clause: &[Piece], at: usize) -> bool {
    let said = clause.get(..at).unwrap_or_default();
    let is =
        |piece: &Piece, list| matches!(piece, Piece::Word(word) if lines::is_among(list, word));
    said.iter().any(|piece| is(piece, EQUATING))
        && said
            .iter()
            .all(|piece| is(piece, EQUATING) || is(piece, POINTING) || is(piece, JOINS))
}

/// Whether a clause says of what it only points at that it is another number, and no more than that: `It should be 3.`
pub(super) fn equates(pieces: &[Piece], value: f64) -> bool {
    pieces.split(|piece| *piece == Piece::Mark).any(|clause| {
        let other = clause.iter().position(
            |piece| matches!(piece, Piece::Number(number) if number.total_cmp(&value).is_ne()),
        );
        other.is_some_and(|at| {
            (is_equated(clause, at) || is_rated(clause, at))
                && match clause.get(at + 1) {
                    None => true,
                    Some(Piece::Word(next)) => {
                        score::is_unit(next) || lines::is_among("if unless", next)
                    }
                    Some(_) => false,
                }
        })
    })
}

/// Whether the judge says in a clause that it gives a number: `I rate it 2`.
fn is_rated(clause: &[Piece], at: usize) -> bool {
    let said = clause.get(..at).unwrap_or_default();
    let is =
        |piece: &Piece, list| matches!(piece, Piece::Word(word) if lines::is_among(list, word));
    let speaks = said.iter().position(|piece| is(piece, "i i'd we my"));
    speaks.is_some_and(|speaks| {
        said.iter()
            .skip(speaks)
            .any(|piece| is(piece, "rate give score rating grade verdict assign award meant mean settle stick go decide lower lowering lowered raise raising"))
            && matches!(said.last(), Some(last) if is(last, POINTING) || is(last, "as at rate is meant mean on with for to"))
    })
}

/// Whether a text names another number than a value, and counts nothing by it.
pub(in crate::reply) fn names_other(text: &str, value: f64, most: f64) -> bool {
    has_rival(&pieces(text), value, most) || equates(&pieces(text), value)
}

/// Whether pieces join numbers.
fn joins(piece: &Piece) -> bool {
    match piece {
        Piece::Join => true,
        Piece::Word(word) => lines::is_among("to of or and bis von", word),
        _ => false,
    }
}

/// Whether a number, or the row that it stands in, is that of something: `lines 2-3`.
pub(super) fn is_named(clause: &[Piece], at: usize) -> bool {
    let mut before = clause.get(..at).unwrap_or_default();
    while let [rest @ .., Piece::Number(_), join] = before
        && joins(join)
    {
        before = rest;
    }
    matches!(before, [.., Piece::Word(word)] if lines::is_among(NAMED, word) || lines::is_among(NOUNS, word))
}

/// What a number, or the row that it stands in, counts: `2 errors`, `3 of 10 tests`.
pub(super) fn counted(clause: &[Piece], at: usize) -> Option<&str> {
    let mut behind = clause.get(at + 1..).unwrap_or_default();
    while let [join, Piece::Number(_), rest @ ..] = behind
        && joins(join)
    {
        behind = rest;
    }
    if let [Piece::Percent, rest @ ..] = behind {
        behind = rest;
    }
    match behind {
        // `3 of the tests`.
        [Piece::Word(of), Piece::Word(word), ..] if of == "of" && !score::is_unit(word) => {
            Some(word)
        }
        [Piece::Word(word), ..] | [Piece::Join, Piece::Word(word), ..]
            if !lines::is_among(UNCOUNTED, word) && !score::is_unit(word) =>
        {
            Some(word)
        }
        _ => None,
    }
}

pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(each) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let run = |is: fn(char) -> bool| rest.find(|each| !is(each)).unwrap_or(rest.len());
        let length = if each.is_numeric() {
            let length = run(|each| each.is_numeric() || each == '.');
            let digits = rest.get(..length).unwrap_or_default().trim_end_matches('.');
            // One that is none is another value all the same: `4½`.
            pieces.push(Piece::Number(
                digits::number(digits).unwrap_or(f64::INFINITY),
            ));
            digits.len()
        } else if each.is_alphabetic() {
            let is_letter = |each: char| each.is_alphabetic() || matches!(each, '\'' | '’' | '_');
            let mut length = run(is_letter);
            // Digits are part of a name (`x2`), but not of a script without blanks.
            if rest.get(..length).is_some_and(str::is_ascii) {
                length = run(|each| each.is_alphanumeric() || matches!(each, '\'' | '_'));
            }
            let word = rest.get(..length).unwrap_or_default().to_lowercase();
            pieces.push(digits::word(&word).map_or(Piece::Word(word), Piece::Number));
            length
        } else {
            let before = text.get(..at).unwrap_or_default();
            let behind = rest.get(each.len_utf8()..).unwrap_or_default();
            let is_within =
                before.ends_with(char::is_numeric) && behind.starts_with(char::is_alphanumeric);
            match each {
                '%' => pieces.push(Piece::Percent),
                '-' | '–' | '~' | '/' | '—' if is_within => pieces.push(Piece::Join),
                '-' if !(before.ends_with(' ') && behind.starts_with(' ')) => {}
                _ if each.is_whitespace() || matches!(each, '*' | '_' | '`' | '"' | '\'') => {}
                _ => pieces.push(Piece::Mark),
            }
            each.len_utf8()
        };
        at += length;
    }
    pieces
}
