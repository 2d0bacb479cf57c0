//! Arithmetic of scores.

/// The weighted mean of pairs of weight and value, which are from 0 to 1. Weights are more than 0. `None`: there is no pair.
pub(crate) fn weighted_mean(values: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (mut weights, mut sum) = (0.0, 0.0);
    for (weight, value) in values {
        weights += weight;
        sum += weight * value;
    }
    (weights > 0.0).then(|| (sum / weights).clamp(0.0, 1.0))
}

/// Whether a score reaches a threshold, forgiving the rounding of the mean: 0.7 as a sum of thirds passes 0.7.
pub(crate) fn reaches(score: f64, threshold: f64) -> bool {
    score + 1e-9 >= threshold
}

/// The decimals that a number keeps. Sums of doubles are off by some units of the sixteenth digit, which nobody meant.
const DECIMALS: usize = 12;

/// A number that was reckoned out, without what rounding left behind: 0.3 where doubles make 0.30000000000000004 of
/// 0.1 + 0.2. A number with at most 12 decimals stays as it is.
pub(crate) fn tidy(number: f64) -> f64 {
    format!("{number:.DECIMALS$}").parse().unwrap_or(number) + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounding_left_behind_goes() {
        for (number, tidied) in [
            (0.1 + 0.2, "0.3"),
            (0.925_000_000_000_000_2, "0.925"),
            (0.999_999_999_999_999_9, "1"),
            (-1e-17, "0"),
            (2.0 / 3.0, "0.666666666667"),
        ] {
            assert_eq!(tidy(number).to_string(), tidied);
        }
        for number in [0.0, 4.5, -2.5, 1e9, 999_999_999.123_456, 0.123_456_789_012] {
            assert_eq!(tidy(number).to_bits(), number.to_bits(), "{number}");
            assert_eq!(tidy(tidy(number)).to_bits(), number.to_bits());
        }
    }
}
