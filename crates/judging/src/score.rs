//! Arithmetic of scores.

/// The weighted mean of pairs of weight and value, which are from 0 to 1. Weights are more than 0 and there is
/// at least one pair.
pub(crate) fn weighted_mean(values: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut weights, mut sum) = (0.0, 0.0);
    for (weight, value) in values {
        weights += weight;
        sum += weight * value;
    }
    (sum / weights).clamp(0.0, 1.0)
}

/// Whether a score reaches a threshold, forgiving the rounding of the mean: 0.7 as a sum of thirds passes 0.7.
pub(crate) fn reaches(score: f64, threshold: f64) -> bool {
    score + 1e-9 >= threshold
}
