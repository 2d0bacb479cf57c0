//! Which of the values that stand in a reply is its answer.

use domain::rubric::Take;

use super::{Spot, taken};

/// How a value stands in a reply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Standing {
    /// In double brackets, behind or below a label, or chosen in the last sentence.
    Marked,
    /// At the beginning or the end, without words that say what it is.
    Plain,
    /// On a line of its own within the reasoning: the answer perhaps, and perhaps what a program prints. It is never
    /// taken, but what stands before it may not be the last word.
    Stray,
}

/// A value that may be the answer.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) standing: Standing,
    pub(super) spot: Spot<T>,
}

impl Standing {
    /// That of a value, where it stands like this.
    pub(super) fn of<T>(self, spot: Spot<T>) -> Found<T> {
        Found {
            standing: self,
            spot,
        }
    }

    /// That of a value which is a whole line.
    pub(super) fn of_line(is_below_label: bool, is_end: bool) -> Self {
        match (is_below_label, is_end) {
            (true, _) => Self::Marked,
            (false, true) => Self::Plain,
            (false, false) => Self::Stray,
        }
    }
}

/// Without the strays that a marked value follows: the answer comes behind the reasoning.
pub(super) fn without_superseded<T>(mut found: Vec<Found<T>>) -> Vec<Found<T>> {
    let marked = found
        .iter()
        .filter(|each| each.standing == Standing::Marked)
        .map(|each| each.spot.at.start)
        .max();
    found.retain(|each| {
        each.standing != Standing::Stray || marked.is_none_or(|marked| each.spot.at.start > marked)
    });
    found
}

/// The value that counts, as [`taken`] has it, where no stray contradicts it; of those [`without_superseded`] ones.
pub(super) fn settled<T: PartialEq>(
    found: Vec<Found<T>>,
    take: Option<Take>,
    what: &str,
) -> Result<Option<Spot<T>>, String> {
    let (strays, answers): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|each| each.standing == Standing::Stray);
    let answers = answers.into_iter().map(|each| each.spot).collect();
    let Some(answer) = taken(answers, take, what)? else {
        return Ok(None);
    };
    let contradicts = |stray: &Found<T>| {
        let stray = &stray.spot;
        stray.what != answer.what
            && match take {
                None => true,
                Some(Take::First) => stray.at.start < answer.at.start,
                Some(Take::Last) => stray.at.start > answer.at.start,
            }
    };
    if strays.iter().any(contradicts) {
        return Err(format!("it holds {what} that differ"));
    }
    Ok(Some(answer))
}
