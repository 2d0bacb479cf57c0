//! Whether a value in double brackets is the verdict of its sentence.
//!
//! It is none where the sentence supposes or denies (`It would be [[5]] if …`), or gives another value too (`Neither [[A]]
//! nor [[B]]`), nor where it goes on behind the brackets in words that are no reason (`[[5]] would be too high`).

use std::ops::Range;

use super::sentence::{sentences, words};
use super::standing::{Found, Placement};
use super::{Match, lead, lines};

/// Words by which a sentence supposes, doubts or denies.
const SUPPOSING: &str = "if unless neither nor either whether between could may might cannot can't wenn falls weder noch si sauf \
    ni se né jeśli если ли ни";

/// Words that may follow right behind the brackets.
const BEHIND: &str = "because as since for it is given due based with on in overall and but while the this so out of \
    points point stars star weil da denn car parce pour porque pues para perché per です である だ とします とする と 点です 点とします 点 分 점 입니다 점입니다";

/// Words behind `is` that say it once more.
const BEING: &str =
    "my the better best correct right fair appropriate justified deserved given what therefore";

/// Words behind `and` that make the value a greater one.
const GREATER: &str = "a half";

/// A value in double brackets.
pub(super) struct Bracketed<T> {
    spot: Match<T>,
    /// The place behind the brackets and what the value is out of.
    from: usize,
    /// Whether what follows leaves the value as it is.
    is_left: bool,
}

impl<T> Bracketed<T> {
    /// `leaves` says whether what follows up to the end of the line leaves it as it is.
    pub(super) fn of(
        text: &str,
        spot: Match<T>,
        from: usize,
        leaves: impl FnOnce(usize) -> bool,
    ) -> Self {
        let rest = text.get(from..).unwrap_or_default();
        let to = from + rest.find('\n').unwrap_or(rest.len());
        // What follows without a mark is looked at by its words.
        let is_left = !lines::is_clause_over(text.get(from..to).unwrap_or_default()) || leaves(to);
        Self {
            spot,
            from,
            is_left,
        }
    }

    /// Not left as it is where `is_set_apart`.
    pub(super) fn unless(mut self, is_set_apart: bool) -> Self {
        self.is_left &= !is_set_apart;
        self
    }
}

/// How the values stand: those that are no verdicts may yet take back what stands before them.
pub(super) fn standing<T: PartialEq>(
    text: &str,
    part: &Range<usize>,
    criterion: &str,
    all: Vec<Bracketed<T>>,
) -> Vec<Found<T>> {
    if all.is_empty() {
        return Vec::new();
    }
    let sentences: Vec<Range<usize>> = lines::lines(text, part.clone())
        .flat_map(|line| sentences(text, line))
        .collect();
    let sentence = |each: &Bracketed<T>| {
        let behind = sentences.partition_point(|at| at.start <= each.spot.at.start);
        sentences.get(behind.checked_sub(1)?)
    };
    let places: Vec<_> = all.iter().map(|each| sentence(each).cloned()).collect();
    // Those of one sentence stand side by side.
    let differs = |one: usize, other: Option<usize>| {
        let other = other.and_then(|other| Some((all.get(other)?, places.get(other)?)));
        let this = all.get(one).zip(places.get(one));
        this.zip(other)
            .is_some_and(|((one, place), (other, beside))| {
                place.is_some() && place == beside && one.spot.what != other.spot.what
            })
    };
    let mut is_shared: Vec<bool> = (0..all.len())
        .map(|at| differs(at, at.checked_sub(1)) || differs(at, at.checked_add(1)))
        .collect();
    for at in 1..is_shared.len() {
        let same =
            places.get(at) == places.get(at - 1) && places.get(at).is_some_and(Option::is_some);
        if same && is_shared.get(at - 1) == Some(&true) {
            is_shared[at] = true;
        }
    }
    let stands = |(each, (place, is_shared)): (Bracketed<T>, (Option<Range<usize>>, bool))| {
        let is_said = || place.is_none_or(|place| is_said(text, &place, criterion, &each));
        let standing = if each.is_left && !is_shared && is_said() {
            Placement::Explicit
        } else {
            Placement::Incidental
        };
        standing.of(each.spot)
    };
    all.into_iter()
        .zip(places.into_iter().zip(is_shared))
        .map(stands)
        .collect()
}

/// Whether the words of a sentence give the value as its verdict.
fn is_said<T>(text: &str, sentence: &Range<usize>, criterion: &str, each: &Bracketed<T>) -> bool {
    let before = text
        .get(sentence.start..each.spot.at.start)
        .unwrap_or_default();
    let behind = text
        .get(each.from..sentence.end.max(each.from))
        .unwrap_or_default();
    let behind = behind.trim_start_matches(lines::is_wrapper);
    let mut next = words(behind);
    let follows = behind.trim_start().starts_with(char::is_alphabetic);
    next.next();
    let asks = text.get(sentence.clone()).is_some_and(|it| {
        it.trim_end_matches(lines::is_wrapper)
            .ends_with(['?', '？'])
    });
    let mut is_reason = |word: String| {
        lines::is_among(BEHIND, &word)
            && match word.as_str() {
                "and" => next
                    .next()
                    .is_none_or(|next| !lines::is_among(GREATER, &next)),
                "is" => next
                    .next()
                    .is_some_and(|next| lines::is_among(BEING, &next)),
                _ => true,
            }
    };
    let mut first = words(behind);
    !asks
        && !words(before).any(|word| lines::is_among(SUPPOSING, &word))
        && (!follows || first.next().is_some_and(&mut is_reason))
        && lead::gives(before, criterion)
}
