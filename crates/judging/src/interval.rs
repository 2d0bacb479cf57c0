//! How sure a mean is.

use agreement::wilson;
use domain::assessment::Uncertainty;

/// Quantiles of Student's t distribution for 97.5 % at 1 to 31 degrees of freedom: as many as there can be.
const T_975: [f64; 31] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042, 2.040,
];

/// Mean and interval of samples of a score: Student's t, 95 %, cut off at the ends of the scale.
pub(crate) fn of_scores(values: &[f64], unusable: usize) -> Uncertainty {
    let std = deviation(values);
    let half = std.and_then(|std| {
        let quantile = T_975.get(values.len().checked_sub(2)?)?;
        Some(quantile * std / count(values.len()).sqrt())
    });
    Uncertainty {
        low: half.map(|half| (mean(values) - half).clamp(0.0, 1.0)),
        high: half.map(|half| (mean(values) + half).clamp(0.0, 1.0)),
        ..spread(values, unusable, "student_t_95", std)
    }
}

/// The share of votes and its interval, by [`wilson`].
pub(crate) fn of_votes(votes: &[f64], unusable: usize) -> Uncertainty {
    let uncertainty = spread(votes, unusable, "wilson_95", deviation(votes));
    if votes.len() < 2 {
        return uncertainty;
    }
    let [low, high] = wilson(mean(votes), count(votes.len()));
    Uncertainty {
        low: Some(low),
        high: Some(high),
        ..uncertainty
    }
}

/// Only how far values lie apart, where no interval is justified: their weights differ, or a vote was taken.
pub(crate) fn of_spread(values: &[f64], unusable: usize) -> Uncertainty {
    spread(values, unusable, "spread", deviation(values))
}

fn spread(values: &[f64], unusable: usize, method: &str, std: Option<f64>) -> Uncertainty {
    Uncertainty {
        samples: u32::try_from(values.len()).unwrap_or(u32::MAX),
        unusable: u32::try_from(unusable).unwrap_or(u32::MAX),
        std,
        low: None,
        high: None,
        method: method.to_owned(),
    }
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

fn deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (count(values.len()) - 1.0)).sqrt())
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts of samples are small")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: Option<f64>, right: f64) -> bool {
        left.is_some_and(|left| (left - right).abs() < 1e-3)
    }

    #[test]
    fn the_interval_of_three_samples_is_that_of_the_textbook() {
        // Mean 0.5, standard deviation 0.1, t(2) = 4.303.
        let uncertainty = of_scores(&[0.4, 0.5, 0.6], 1);
        assert!(near(uncertainty.std, 0.1));
        assert!(near(uncertainty.low, 0.5 - 0.2484) && near(uncertainty.high, 0.5 + 0.2484));
        assert_eq!((uncertainty.samples, uncertainty.unusable), (3, 1));
    }

    #[test]
    fn one_value_has_no_interval() {
        let uncertainty = of_scores(&[0.4], 2);
        assert_eq!(
            (uncertainty.std, uncertainty.low, uncertainty.high),
            (None, None, None)
        );
    }

    #[test]
    fn votes_that_are_all_the_same_still_leave_doubt() {
        // Wilson's interval for 10 of 10 is 0.7225 to 1.
        let uncertainty = of_votes(&[1.0; 10], 0);
        assert!(near(uncertainty.low, 0.7225) && near(uncertainty.high, 1.0));
    }
}
