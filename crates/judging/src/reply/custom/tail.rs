//! What follows a value in its line, and whether it leaves the value as it is.
//!
//! A value stands where nothing follows, or what it is out of, or a reason that is set apart. A reason may hold numbers:
//! those that count or name something (`2 errors`, `lines 2-3`), and those in a clause with a subject of its own
//! (`it prints 3`). Any other value makes it two readings: a correction (`4, no, 3`), a range (`4 (3-5)`), a sum
//! (`5, minus 1`), a scale in unknown words (`4 (na 10)`), the next mark of a list (`1. It runs. 2. It is short.`).

use super::choice::NOUNS;
use super::label::{self, Kind};
use super::sentence::{sentences, words};
use super::{digits, lines, number, rated, score};

/// How far behind a value something that takes it back is looked for, in bytes: a flood is not gone through from each.
const NEAR: usize = 240;

/// The most words, besides a value, of a further sentence that is nothing but another value: `No wait, 2.`
const MOST_BESIDE: usize = 2;

/// Words that begin a clause which says something of what is judged, and gives no value.
const SUBJECTS: &str = "it its this that these those the there they he she a an all some both only because as since given due \
    for while although which who code answer response output candidate solution assistant \
    car parce weil da denn porque pues ya perché poiché";

/// Words that may stand before those.
const JOINS: &str = "and but so";

/// Words that name what a number behind them belongs to.
const NAMED: &str = "line lines step steps test tests case cases point question figure fig table page pages section \
    chapter example item criterion criteria part paragraph sentence version python rule requirement task turn claim \
    zeile zeilen ligne lignes línea líneas";

/// Words behind a number that do not say what it counts.
const UNCOUNTED: &str = "for to and or on in out of instead because as at per from than if but is are was were be has have \
    would will should could might may must with finally initially though max maximum min minimum total now overall \
    possible best worst point points star stars mark marks percent scale later before";

/// Words by which a clause takes a value back.
const CORRECTING: &str = "actually changed switched revised corrected reconsidered lowered raised downgraded upgraded adjusted score rating grade verdict";

/// Words that begin a sentence which takes back what is said before it.
const TAKING_BACK: &str = "no nope wait actually correction sorry rather or make hmm oops instead revised scratch \
    nein doch quatsch non pardon нет";

/// Words behind which another choice is compared with the own one.
const COMPARED: &str = "than over not unlike to of versus vs with beats against que als чем";

/// Words that, alone in a clause, leave a value open.
const OPENING: &str = "minimum maximum min max approx approximately roughly about maybe perhaps possibly tentative \
    tentatively provisional provisionally draft lower upper bound estimate estimated guess";

/// Numbers in words, from two on: `one` is seldom a number.
const COUNTS: [&str; 19] = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "twelve",
    "twenty",
    "fifty",
    "hundred",
    "zehn",
    "dix",
    "diez",
    "dieci",
    "dez",
    "десяти",
];

#[derive(Debug, PartialEq)]
enum Piece {
    Word(String),
    Number(f64),
    /// Joins two numbers, or a number and a word.
    Join,
    /// Ends a clause.
    Mark,
}

/// What stands near behind a value.
fn near(text: &str, from: usize, to: usize) -> &str {
    let rest = text.get(from..to).unwrap_or_default();
    rest.get(..rest.floor_char_boundary(NEAR))
        .unwrap_or_default()
}

/// Whether what follows a score in its line leaves it as it is. `most` is the form's largest.
pub(super) fn leaves_score(text: &str, own: f64, most: f64, from: usize, to: usize) -> bool {
    let rest = near(text, from, to);
    let is_ordinal = rest
        .strip_prefix(". ")
        .is_some_and(|next| next.trim_start().starts_with(char::is_lowercase));
    let Some((breath, further)) = split(rest) else {
        return true;
    };
    let is_labelled = |sentence: &str| {
        let criterion = "";
        let answers = false;
        // That is read by itself, and differs or is taken.
        sentence.contains("[[")
            || label::behind(sentence, Kind::Score { criterion, answers }).is_some()
            || words(sentence).any(|word| matches!(word.as_str(), "rate" | "rated"))
            || !rated::claims(sentence, 0..sentence.len(), criterion, most).is_empty()
    };
    !is_ordinal
        && !is_open(breath)
        && !number::is_left_open(text, from, to)
        && !has_rival(&pieces(breath), own, most)
        && !further.into_iter().any(|sentence| {
            !is_labelled(sentence) && (is_short(sentence) || takes_back(sentence)) && {
                let mut pieces = pieces(sentence);
                // A subject excuses nothing here: `It is 2.`
                pieces.insert(0, Piece::Word(String::new()));
                has_rival(&pieces, own, most)
            }
        })
}

/// Whether what follows a choice in its line leaves it as it is. `rival` gives the place behind a choice that means
/// something else, where one begins.
pub(super) fn leaves_choice(
    text: &str,
    from: usize,
    to: usize,
    rival: impl Fn(usize) -> Option<usize>,
) -> bool {
    let rest = near(text, from, to);
    let is_mark = |each: char| {
        matches!(
            each,
            ',' | ';'
                | '('
                | ')'
                | '['
                | ']'
                | '–'
                | '—'
                | '.'
                | '!'
                | '?'
                | '，'
                | '；'
                | '。'
                | '（'
                | '）'
        )
    };
    let breath = split(rest).map_or(rest, |(breath, _)| breath);
    if is_open(breath) {
        return false;
    }
    !rest.char_indices().any(|(at, _)| {
        let Some(end) = rival(from + at).map(|end| end - from) else {
            return false;
        };
        let (Some(before), Some(behind)) = (rest.get(..at), rest.get(end..)) else {
            return false;
        };
        let is_further = at >= breath.len();
        if is_further && rest.contains("[[") {
            return false;
        }
        let before = before.rsplit(is_mark).next().unwrap_or_default();
        let behind = behind.split(is_mark).next().unwrap_or_default();
        let said: Vec<String> = words(before).collect();
        let is_corrected = said.iter().any(|word| lines::is_among(CORRECTING, word))
            || said
                .first()
                .is_some_and(|word| lines::is_among(TAKING_BACK, word));
        let is_alone = said.is_empty() || is_corrected;
        let next = words(behind).next();
        // `Yes for style, No for content`.
        let is_over =
            next.is_none_or(|next| said.is_empty() && lines::is_among("for in on if when", &next));
        let label = format!("{}:", before.trim_end_matches([':', '：', ' ']));
        let kind = Kind::Decision {
            criterion: "",
            last: true,
        };
        is_over
            && (is_alone || (!is_further && said.len() <= MOST_BESIDE + 1))
            && !begins_with_subject(said.iter().map(String::as_str))
            && (is_corrected
                || !said
                    .last()
                    .is_some_and(|word| lines::is_among(COMPARED, word)))
            && !(before.trim_end().ends_with([':', '：'])
                && label::behind(label.trim_start(), kind).is_some())
    })
}

/// Whether a sentence goes on behind a comma in words that are no reason: `Note: 3, see the appendix`.
pub(super) fn goes_on(rest: &str) -> bool {
    let next = rest.trim_start().strip_prefix([',', '，', ';']);
    next.is_some_and(|next| {
        let words: Vec<String> = words(next).collect();
        !begins_with_subject(words.iter().map(String::as_str))
    })
}

/// What belongs to the value's own sentence, and the sentences behind it.
fn split(rest: &str) -> Option<(&str, Vec<&str>)> {
    let sentences = sentences(rest, 0..rest.len());
    let mut said = sentences.into_iter().filter_map(|at| rest.get(at));
    Some((said.next()?, said.collect()))
}

/// Whether a clause right behind a value says only that the value is no certain one: `4 (approx.)`.
fn is_open(breath: &str) -> bool {
    let clause = breath
        .trim_start()
        .trim_start_matches(['(', '（', '[', ',', ';']);
    let clause = clause
        .split([')', '）', ']', ',', ';'])
        .next()
        .unwrap_or_default();
    let mut said = words(clause).peekable();
    said.peek().is_some() && said.all(|word| lines::is_among(OPENING, &word))
}

fn is_short(sentence: &str) -> bool {
    let is_word = |piece: &&Piece| matches!(piece, Piece::Word(_));
    pieces(sentence).iter().filter(is_word).count() <= MOST_BESIDE
}

fn takes_back(sentence: &str) -> bool {
    words(sentence)
        .take(2)
        .any(|word| lines::is_among(TAKING_BACK, &word))
}

fn begins_with_subject<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    let mut words = words.skip_while(|word| lines::is_among(JOINS, word));
    words
        .next()
        .is_some_and(|word| lines::is_among(SUBJECTS, word))
}

/// Whether a number in what follows a score is another value that it may have.
fn has_rival(pieces: &[Piece], own: f64, most: f64) -> bool {
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
        let is_rival = |at: usize| match clause.get(at) {
            Some(Piece::Number(number)) if number.total_cmp(&own).is_ne() => {
                let (is_named, counted) = (is_named(clause, at), counted(clause, at));
                let is_excused = is_named || (is_reason && !is_corrected);
                match counted {
                    // `10 üzerinden` may say what it is out of; `12 errors` does not.
                    Some(counted) => {
                        *number > most
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

/// Whether pieces join numbers.
fn joins(piece: &Piece) -> bool {
    match piece {
        Piece::Join => true,
        Piece::Word(word) => lines::is_among("to of or and bis von", word),
        _ => false,
    }
}

/// Whether a number, or the row that it stands in, is that of something: `lines 2-3`.
fn is_named(clause: &[Piece], at: usize) -> bool {
    let mut before = clause.get(..at).unwrap_or_default();
    while let [rest @ .., Piece::Number(_), join] = before
        && joins(join)
    {
        before = rest;
    }
    matches!(before, [.., Piece::Word(word)] if lines::is_among(NAMED, word) || lines::is_among(NOUNS, word))
}

/// What a number, or the row that it stands in, counts: `2 errors`, `3 of 10 tests`.
fn counted(clause: &[Piece], at: usize) -> Option<&str> {
    let mut behind = clause.get(at + 1..).unwrap_or_default();
    while let [join, Piece::Number(_), rest @ ..] = behind
        && joins(join)
    {
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

fn pieces(text: &str) -> Vec<Piece> {
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
            pieces.push(
                match COUNTS.iter().zip(2_u8..).find(|(count, _)| **count == word) {
                    Some((_, number)) => Piece::Number(f64::from(number)),
                    None => Piece::Word(word),
                },
            );
            length
        } else {
            let before = text.get(..at).unwrap_or_default();
            let behind = rest.get(each.len_utf8()..).unwrap_or_default();
            let is_within =
                before.ends_with(char::is_numeric) && behind.starts_with(char::is_alphanumeric);
            match each {
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
