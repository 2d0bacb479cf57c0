//! Correlations.

use std::cmp::Ordering;

use crate::real;

/// The mean. `None` without a value.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / real(values.len()))
}

/// The standard deviation of a sample (n − 1 in the denominator). `None` with fewer than two values.
#[must_use]
pub fn sample_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (real(values.len()) - 1.0)).sqrt())
}

/// Pearson's correlation. `None` with fewer than two pairs, where one side does not vary, and where a value is no finite number.
#[must_use]
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let lefts = deviations(pairs.iter().map(|pair| pair.0))?;
    let rights = deviations(pairs.iter().map(|pair| pair.1))?;
    let squares = |side: &[f64]| side.iter().map(|each| each * each).sum::<f64>();
    let both = lefts.iter().zip(&rights).map(|(left, right)| left * right);
    let correlation = both.sum::<f64>() / (squares(&lefts).sqrt() * squares(&rights).sqrt());
    correlation
        .is_finite()
        .then(|| correlation.clamp(-1.0, 1.0))
}

/// Values that vary, less their mean. The largest distance is the unit, so that no square is too large or too small for a double.
fn deviations(values: impl Iterator<Item = f64> + Clone) -> Option<Vec<f64>> {
    if !varies(values.clone()) {
        return None;
    }
    let mean = mean(&values.clone().collect::<Vec<_>>())?;
    let most = values
        .clone()
        .fold(0.0, |most: f64, value| most.max((value - mean).abs()));
    Some(values.map(|value| (value - mean) / most).collect())
}

/// Spearman's correlation: Pearson's of the [`ranks`]. `None` with fewer than two pairs, where one side does not vary, and where a value is
/// NaN.
#[must_use]
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    if has_nan(pairs) {
        return None;
    }
    let lefts = ranks(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
    let rights = ranks(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
    pearson(&lefts.into_iter().zip(rights).collect::<Vec<_>>())
}

/// The rank of each value, from 1; equal ones share the mean of theirs.
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    for run in order.chunk_by(|left, right| values[*left] == values[*right]) {
        let rank = real(from) + f64::midpoint(1.0, real(run.len()));
        for index in run {
            ranks[*index] = rank;
        }
        from += run.len();
    }
    ranks
}

/// Kendall's tau-b, which accounts for ties on either side. `None` as for [`spearman`].
///
/// In O(n log n) after W. R. Knight, "A computer method for calculating Kendall's tau with ungrouped data", Journal of the
/// American Statistical Association 61 (1966), pp. 436-439.
#[must_use]
pub fn kendall_tau_b(pairs: &[(f64, f64)]) -> Option<f64> {
    if has_nan(pairs) {
        return None;
    }
    let by_both = |left: &(f64, f64), right: &(f64, f64)| {
        order(left.0, right.0).then_with(|| order(left.1, right.1))
    };
    let mut sorted = pairs.to_vec();
    sorted.sort_by(by_both);
    let all = pairs_in(pairs.len());
    let tied_left = tied(&sorted, |left, right| left.0 == right.0);
    let tied_both = tied(&sorted, |left, right| left == right);
    let mut rights: Vec<f64> = sorted.iter().map(|pair| pair.1).collect();
    let swaps = inversions(&mut rights);
    let tied_right = tied(&rights, |left, right| left == right);
    let (left_pairs, right_pairs) = (all - tied_left, all - tied_right);
    if left_pairs <= 0.0 || right_pairs <= 0.0 {
        return None;
    }
    let concordant_less_discordant = all - tied_left - tied_right + tied_both - 2.0 * swaps;
    Some((concordant_less_discordant / left_pairs.sqrt() / right_pairs.sqrt()).clamp(-1.0, 1.0))
}

fn has_nan(pairs: &[(f64, f64)]) -> bool {
    let mut pairs = pairs.iter();
    pairs.any(|(left, right)| left.is_nan() || right.is_nan())
}

fn varies(mut values: impl Iterator<Item = f64>) -> bool {
    let first = values.next();
    values.any(|value| Some(value) != first)
}

fn order(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or(Ordering::Equal)
}

fn pairs_in(count: usize) -> f64 {
    real(count) * (real(count) - 1.0) / 2.0
}

/// Pairs that are equal, of what is sorted.
fn tied<T>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> f64 {
    sorted.chunk_by(equal).map(|run| pairs_in(run.len())).sum()
}

/// Pairs that stand in the wrong order; sorts them on the way.
fn inversions(values: &mut [f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let middle = values.len() / 2;
    let (left, right) = values.split_at_mut(middle);
    let mut found = inversions(left) + inversions(right);
    let mut merged = Vec::with_capacity(values.len());
    let (mut from, mut to) = (0, middle);
    while from < middle && to < values.len() {
        if values[to] < values[from] {
            found += real(middle - from);
            merged.push(values[to]);
            to += 1;
        } else {
            merged.push(values[from]);
            from += 1;
        }
    }
    merged.extend_from_slice(&values[from..middle]);
    merged.extend_from_slice(&values[to..]);
    values.copy_from_slice(&merged);
    found
}
