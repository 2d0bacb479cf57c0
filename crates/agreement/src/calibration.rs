//! How far a judge's confidence is from how often it is right.

use crate::real;

/// The expected calibration error over bins of equal width: the mean distance between confidence and share of right answers in
/// a bin, weighted by how many lie in it.
///
/// Each pair is a confidence from 0 to 1 and whether the judge was right; a bin holds its lower end, the last one both ends.
/// `None` without pairs or bins, and where a confidence is not within 0 to 1. C. Guo et al., "On calibration of modern neural
/// networks" (2017).
#[must_use]
pub fn expected_calibration_error(answers: &[(f64, bool)], bins: usize) -> Option<f64> {
    let is_share = |answer: &(f64, bool)| (0.0..=1.0).contains(&answer.0);
    if answers.is_empty() || bins == 0 || !answers.iter().all(is_share) {
        return None;
    }
    let mut sums = vec![(0.0, 0.0); bins];
    for (confidence, right) in answers {
        let place = (1..bins)
            .take_while(|edge| real(*edge) / real(bins) <= *confidence)
            .count();
        sums[place].0 += confidence;
        sums[place].1 += f64::from(u8::from(*right));
    }
    // Each bin's distance times its share of the answers: the counts cancel out.
    let apart: f64 = sums
        .iter()
        .map(|(confidence, right)| (confidence - right).abs())
        .sum();
    Some(apart / real(answers.len()))
}
