//! Detection: what a judge flags, against what is there.

use std::collections::BTreeSet;

use crate::real;

/// How often something was flagged, and how often it was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detection {
    /// Flagged and there.
    pub true_positives: usize,
    /// Flagged and not there.
    pub false_positives: usize,
    /// There and not flagged.
    pub false_negatives: usize,
    /// Neither.
    pub true_negatives: usize,
}

impl Detection {
    /// Counts pairs of what was flagged and what is there.
    #[must_use]
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counts = Self::default();
        for (flagged, there) in pairs {
            *match (flagged, there) {
                (true, true) => &mut counts.true_positives,
                (true, false) => &mut counts.false_positives,
                (false, true) => &mut counts.false_negatives,
                (false, false) => &mut counts.true_negatives,
            } += 1;
        }
        counts
    }

    /// Counts pairs of a score and of what is there: a score flags that reaches the threshold.
    #[must_use]
    pub fn at_threshold(scores: &[(f64, bool)], threshold: f64) -> Self {
        Self::of(
            scores
                .iter()
                .map(|(score, there)| (*score >= threshold, *there)),
        )
    }

    /// The share of what was flagged that is there. `None` where nothing was flagged.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positives, self.false_positives)
    }

    /// The share of what is there that was flagged. `None` where nothing is there.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positives, self.false_negatives)
    }

    /// The share of what is not there that was flagged. `None` where all is there.
    #[must_use]
    pub fn false_alarm_rate(&self) -> Option<f64> {
        share(self.false_positives, self.true_negatives)
    }

    /// The harmonic mean of precision and recall. `None` where nothing was flagged and nothing is there.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        share(
            2 * self.true_positives,
            self.false_positives + self.false_negatives,
        )
    }
}

/// The mean of the F1 of each label that either side gives, from pairs of what was said and what is right.
///
/// No label (`None`) on one side is an error on the other side's. `None` where there is no label at all.
#[must_use]
pub fn macro_f1<T: Ord>(pairs: &[(Option<T>, Option<T>)]) -> Option<f64> {
    let labels: BTreeSet<&T> = pairs
        .iter()
        .flat_map(|(said, right)| [said, right])
        .flatten()
        .collect();
    let of = |label: &&T| {
        let is = |value: &Option<T>| value.as_ref() == Some(*label);
        let pairs = pairs.iter().map(|(said, right)| (is(said), is(right)));
        Detection::of(pairs).f1().unwrap_or_default()
    };
    (!labels.is_empty()).then(|| labels.iter().map(of).sum::<f64>() / real(labels.len()))
}

fn share(part: usize, rest: usize) -> Option<f64> {
    (part + rest > 0).then(|| real(part) / real(part + rest))
}
