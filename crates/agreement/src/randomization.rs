//! Whether paired differences are more than chance.

use crate::bootstrap::below;
use crate::real;

/// Up to so many differences every way of turning their signs is tried.
const EXACT: usize = 12;
/// With more so many are drawn.
const DRAWS: u32 = 9999;

/// How often chance alone would bring a mean as far from 0 as that of these differences, either way.
///
/// The p-value of Fisher's randomization test, under which each difference might as well have had the other sign: exact for up to 12
/// that are not 0, else over 9,999 draws from the seed. With fewer than six it is never below 0.05, however alike they are. `None`
/// without any, and where one is no finite number. R. A. Fisher, "The design of experiments" (1935), chapter 3.
#[must_use]
pub fn sign_flip_p_value(differences: &[f64], seed: u64) -> Option<f64> {
    if differences.is_empty() || !differences.iter().all(|each| each.is_finite()) {
        return None;
    }
    let moved: Vec<f64> = differences
        .iter()
        .copied()
        .filter(|each| *each != 0.0)
        .collect();
    let size: f64 = moved.iter().map(|each| each.abs()).sum();
    // Sums of the same terms with other signs differ by their rounding.
    let least = moved.iter().sum::<f64>().abs() - 1e-12 * size;
    let is_exact = moved.len() <= EXACT;
    let draws = if is_exact { 1 << moved.len() } else { DRAWS };
    let mut state = seed;
    let mut reaches = |draw: &u32| {
        let signed = moved.iter().enumerate().map(|(index, each)| {
            let is_turned = if is_exact {
                draw >> index & 1 == 1
            } else {
                below(&mut state, 2) == 1
            };
            if is_turned { -each } else { *each }
        });
        signed.sum::<f64>().abs() >= least
    };
    let reached = (0..draws).filter(|draw| reaches(draw)).count();
    // What was observed is one of the draws, which all ways together hold already.
    let observed = usize::from(!is_exact);
    Some(real(reached + observed) / (f64::from(draws) + real(observed)))
}
