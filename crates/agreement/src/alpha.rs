//! Krippendorff's alpha.

use crate::real;

/// What differences between values mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Values are equal or not.
    Nominal,
    /// Values have an order; how far two lie apart is how many ratings lie between them.
    Ordinal,
    /// Differences are those of the numbers.
    Interval,
}

/// Krippendorff's alpha of units, each with the ratings that it has: any number of raters, some of which may be missing.
///
/// Units with fewer than two ratings count for nothing. `None` where no unit has two, where all ratings are one value, or where
/// a rating is no finite number. K. Krippendorff, "Computing Krippendorff's alpha-reliability" (2011).
#[must_use]
pub fn krippendorff_alpha(units: &[Vec<f64>], level: Level) -> Option<f64> {
    let pairable = || units.iter().filter(|ratings| ratings.len() > 1);
    let mut values: Vec<f64> = pairable().flatten().copied().collect();
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    values.sort_by(f64::total_cmp);
    values.dedup();
    if values.len() < 2 {
        return None;
    }
    if level == Level::Interval {
        let units: Vec<&Vec<f64>> = pairable().collect();
        return interval_alpha(&units, values[values.len() - 1] - values[0]);
    }
    let place = |value: f64| values.partition_point(|other| *other < value);
    let size = values.len();
    let mut coincidences = vec![0.0; size * size];
    for ratings in pairable() {
        let weight = 1.0 / (real(ratings.len()) - 1.0);
        for (index, left) in ratings.iter().enumerate() {
            for (other, right) in ratings.iter().enumerate() {
                if index != other {
                    coincidences[place(*left) * size + place(*right)] += weight;
                }
            }
        }
    }
    let totals: Vec<f64> = coincidences
        .chunks_exact(size)
        .map(|row| row.iter().sum())
        .collect();
    let all: f64 = totals.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for left in 0..size {
        for right in left + 1..size {
            let apart = match level {
                Level::Nominal => 1.0,
                Level::Ordinal | Level::Interval => {
                    let between: f64 = totals[left..=right].iter().sum();
                    between - f64::midpoint(totals[left], totals[right])
                }
            };
            observed += coincidences[left * size + right] * apart * apart;
            expected += totals[left] * totals[right] * apart * apart;
        }
    }
    Some(1.0 - (all - 1.0) * observed / expected)
}
/// Alpha of ratings that vary over a `span`, by the variance within units and over all: in O(n), where the table of coincidences has a
/// row and a column for each value. The span is the unit, so that no square is too large or too small for a double.
fn interval_alpha(units: &[&Vec<f64>], span: f64) -> Option<f64> {
    let squares = |ratings: &mut dyn Iterator<Item = f64>| {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for rating in ratings {
            count += 1.0;
            let rating = rating / span;
            let from_mean = rating - mean;
            mean += from_mean / count;
            squares += from_mean * (rating - mean);
        }
        (count, squares)
    };
    let (all, expected) = squares(&mut units.iter().flat_map(|ratings| ratings.iter().copied()));
    // The squared differences of all pairs of a unit are its squares about the mean, times its count.
    let observed: f64 = units
        .iter()
        .map(|ratings| squares(&mut ratings.iter().copied()))
        .map(|(count, squares)| count * squares / (count - 1.0))
        .sum();
    let alpha = 1.0 - (all - 1.0) * observed / (all * expected);
    alpha.is_finite().then_some(alpha)
}
