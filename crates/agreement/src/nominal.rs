//! Agreement on labels that have no order.

use std::collections::BTreeMap;

use crate::real;

/// The share of pairs that are equal. `None` without a pair.
#[must_use]
pub fn accuracy<T: PartialEq>(pairs: &[(T, T)]) -> Option<f64> {
    let equal = pairs.iter().filter(|(left, right)| left == right).count();
    (!pairs.is_empty()).then(|| real(equal) / real(pairs.len()))
}

/// Cohen's kappa of two raters: agreement beyond what their own shares of each label would give by chance.
///
/// `None` with fewer than two pairs, and where chance alone would have them agree always. J. Cohen, "A coefficient of
/// agreement for nominal scales", Educational and Psychological Measurement 20 (1960), pp. 37-46.
#[must_use]
pub fn cohen_kappa<T: Ord>(pairs: &[(T, T)]) -> Option<f64> {
    let lefts = shares(pairs.iter().map(|(left, _)| left));
    let rights = shares(pairs.iter().map(|(_, right)| right));
    let expected = lefts
        .iter()
        .map(|(label, share)| share * rights.get(label).copied().unwrap_or_default())
        .sum();
    beyond_chance(pairs, expected)
}

/// Scott's pi of two raters: as kappa, with the labels' shares taken over both of them.
///
/// `None` as for [`cohen_kappa`]. W. A. Scott, "Reliability of content analysis: the case of nominal scale coding", Public
/// Opinion Quarterly 19 (1955), pp. 321-325.
#[must_use]
pub fn scott_pi<T: Ord>(pairs: &[(T, T)]) -> Option<f64> {
    let pooled = shares(pairs.iter().flat_map(|(left, right)| [left, right]));
    let expected = pooled.values().map(|share| share * share).sum();
    beyond_chance(pairs, expected)
}

/// Fleiss' kappa of subjects that were rated by the same number of raters each, not necessarily the same ones.
///
/// `None` with fewer than two subjects or two raters, where the numbers of ratings differ, and where all ratings are one
/// label. J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971), pp. 378-382.
#[must_use]
pub fn fleiss_kappa<T: Ord>(subjects: &[Vec<T>]) -> Option<f64> {
    let raters = subjects.first()?.len();
    if subjects.len() < 2 || raters < 2 || subjects.iter().any(|each| each.len() != raters) {
        return None;
    }
    let per_subject = |ratings: &Vec<T>| {
        let squares: f64 = counts(ratings.iter())
            .values()
            .map(|count| real(*count) * real(*count))
            .sum();
        (squares - real(raters)) / (real(raters) * (real(raters) - 1.0))
    };
    let observed = subjects.iter().map(per_subject).sum::<f64>() / real(subjects.len());
    let pooled = shares(subjects.iter().flatten());
    let expected: f64 = pooled.values().map(|share| share * share).sum();
    (pooled.len() > 1).then(|| (observed - expected) / (1.0 - expected))
}

fn beyond_chance<T: PartialEq>(pairs: &[(T, T)], expected: f64) -> Option<f64> {
    let observed = accuracy(pairs)?;
    (pairs.len() > 1 && expected < 1.0 - 1e-12).then(|| (observed - expected) / (1.0 - expected))
}

fn counts<'v, T: Ord + 'v>(values: impl Iterator<Item = &'v T>) -> BTreeMap<&'v T, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

fn shares<'v, T: Ord + 'v>(values: impl Iterator<Item = &'v T>) -> BTreeMap<&'v T, f64> {
    let counts = counts(values);
    let all: usize = counts.values().sum();
    counts
        .into_iter()
        .map(|(value, count)| (value, real(count) / real(all)))
        .collect()
}
