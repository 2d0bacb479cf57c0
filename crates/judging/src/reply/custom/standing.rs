//! Which of the values that stand in a reply is its answer.

use domain::rubric::Take;

use super::{Match, lines, taken};

/// How a value stands in a reply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Placement {
    /// In double brackets, behind or below a label, or chosen in the last sentence.
    Explicit,
    /// At the beginning or the end, without words that say what it is.
    Positional,
    /// On a line of its own within the reasoning: the answer perhaps, and perhaps what a program prints. It is never
    /// taken, but what stands before it may not be the last word.
    Incidental,
}

/// A value that may be the answer.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) standing: Placement,
    pub(super) spot: Match<T>,
}

impl Placement {
    /// That of a value, where it stands like this.
    pub(super) fn of<T>(self, spot: Match<T>) -> Found<T> {
        Found {
            standing: self,
            spot,
        }
    }

    /// That of a value which is a whole line.
    pub(super) fn of_line(is_below_label: bool, is_end: bool) -> Self {
        match (is_below_label, is_end) {
            (true, _) => Self::Explicit,
            (false, true) => Self::Positional,
            (false, false) => Self::Incidental,
        }
    }
}

/// Without what is read anew of a place where a value stands incidentally: nothing makes that an answer.
pub(super) fn without_reread<T>(mut found: Vec<Found<T>>) -> Vec<Found<T>> {
    let is_incidental = |each: &&Found<T>| each.standing == Placement::Incidental;
    let places = found.iter().filter(is_incidental);
    let places: Vec<usize> = places.map(|each| each.spot.at.start).collect();
    found.retain(|each| is_incidental(&each) || !places.contains(&each.spot.at.start));
    found
}

/// Without the incidental values that an explicit one follows: the answer comes behind the reasoning.
pub(super) fn without_superseded<T>(mut found: Vec<Found<T>>) -> Vec<Found<T>> {
    let last_explicit = found
        .iter()
        .filter(|each| each.standing == Placement::Explicit)
        .map(|each| each.spot.at.start)
        .max();
    found.retain(|each| {
        each.standing != Placement::Incidental
            || last_explicit.is_none_or(|last_explicit| each.spot.at.start > last_explicit)
    });
    found
}

/// Checks that a value which is marked as a quotation is not taken where another one is not.
///
/// # Errors
/// It is.
pub(super) fn check_quoted<T: PartialEq>(
    text: &str,
    others: &[Match<T>],
    answer: Option<&Match<T>>,
) -> Result<(), String> {
    let Some(answer) = answer.filter(|answer| lines::is_block_quoted(text, answer.at.start)) else {
        return Ok(());
    };
    // What is said below a quotation may be of whose it is.
    let behind = text.get(answer.at.end..).unwrap_or_default();
    let mut below = behind.lines().skip(1).map(str::trim_start);
    let is_said = |line: &str| {
        let quoted = line.trim_start_matches(['>', ' ']);
        !line.is_empty() && (!line.starts_with('>') || quoted.starts_with("is "))
    };
    if below.any(is_said) {
        return Err("its value stands in a quotation, and more is said below it".to_owned());
    }
    let is_own = |other: &Match<T>| {
        other.what != answer.what && !lines::is_block_quoted(text, other.at.start)
    };
    if others.iter().any(is_own) {
        return Err("its value stands in a quotation".to_owned());
    }
    Ok(())
}

/// The value that counts, as [`taken`] has it, where no incidental value contradicts it; `found` is [`without_superseded`] ones.
pub(super) fn resolve<T: PartialEq>(
    found: Vec<Found<T>>,
    take: Option<Take>,
    what: &str,
) -> Result<Option<Match<T>>, String> {
    let (incidental, answers): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|each| each.standing == Placement::Incidental);
    let answers = answers.into_iter().map(|each| each.spot).collect();
    let Some(answer) = taken(answers, take, what)? else {
        return Ok(None);
    };
    let contradicts = |other: &Found<T>| {
        let other = &other.spot;
        other.what != answer.what
            && match take {
                None => true,
                Some(Take::First) => other.at.start < answer.at.start,
                Some(Take::Last) => other.at.start > answer.at.start,
            }
    };
    if incidental.iter().any(contradicts) {
        return Err(format!("it holds {what} that differ"));
    }
    Ok(Some(answer))
}
