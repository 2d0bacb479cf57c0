//! Intervals of any statistic, by drawing again from what was observed.

use crate::{Interval, real};

/// How often is drawn, and from which seed: the same gives the same interval, for ever.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// How many times the whole sample is drawn anew.
    pub resamples: usize,
    /// The seed of the generator (splitmix64, Steele et al. 2014).
    pub seed: u64,
    /// The share of the draws that the interval holds, such as 0.95.
    pub level: f64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            resamples: 1000,
            seed: 0,
            level: 0.95,
        }
    }
}

/// The percentile interval of a statistic of `values`.
///
/// Draws for which the statistic is undefined are left out. `None` where there are fewer than two values, or where more than half
/// of the draws leave it undefined. B. Efron and R. Tibshirani, "An introduction to the bootstrap" (1993), chapter 13.
#[must_use]
pub fn bootstrap<T: Clone>(
    values: &[T],
    how: Resampling,
    statistic: impl Fn(&[T]) -> Option<f64>,
) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let mut state = how.seed;
    let mut drawn = Vec::with_capacity(values.len());
    let mut found = Vec::with_capacity(how.resamples);
    for _ in 0..how.resamples {
        drawn.clear();
        for _ in 0..values.len() {
            drawn.push(values[below(&mut state, values.len())].clone());
        }
        found.extend(statistic(&drawn).filter(|value| value.is_finite()));
    }
    if found.is_empty() || found.len() * 2 < how.resamples {
        return None;
    }
    found.sort_by(f64::total_cmp);
    let tail = (1.0 - how.level) / 2.0;
    Some(Interval {
        low: quantile(&found, tail),
        high: quantile(&found, 1.0 - tail),
    })
}

/// A whole number below `count`, by the high bits of a product (D. Lemire, "Fast random integer generation in an interval", 2019).
pub(crate) fn below(state: &mut u64, count: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let product = u128::from(mixed) * count as u128;
    usize::try_from(product >> 64).unwrap_or_default()
}

/// The quantile of sorted values, interpolated between the two nearest ones.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    let at = share.clamp(0.0, 1.0) * real(last);
    let low = (at.floor() as usize).min(last);
    let high = (low + 1).min(last);
    sorted[low] + (sorted[high] - sorted[low]) * (at - real(low))
}
