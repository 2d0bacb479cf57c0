//! Rates as a judge reports them, corrected for what is known of its errors.

use crate::{Interval, Z_95, real};

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub whole: usize,
}

impl Share {
    fn value(self) -> Option<f64> {
        (self.whole > 0 && self.part <= self.whole).then(|| real(self.part) / real(self.whole))
    }
}

/// A corrected rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corrected {
    /// The rate, 0 to 1.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

/// The true rate of passing, from the rate that a judge reports and how often it is right.
///
/// The latter is known from labelled cases: of those that people passed (`sensitivity`), and of those that they did not
/// (`specificity`).
/// `None` where one of the shares is empty, and where the judge is no better than chance. The rate after W. J. Rogan and
/// B. Gladen, "Estimating prevalence from the results of a screening test", American Journal of Epidemiology 107 (1978), pp.
/// 71-76, cut off at 0 and 1; the interval, which knows how few labels there may be, after Z. Lang and J. Reiczigel, "Confidence
/// limits for prevalence of disease adjusted for estimated sensitivity and specificity", Preventive Veterinary Medicine 113
/// (2014), pp. 13-22.
#[must_use]
pub fn rogan_gladen(passed: Share, sensitivity: Share, specificity: Share) -> Option<Corrected> {
    let (share, hits, misses) = (passed.value()?, sensitivity.value()?, specificity.value()?);
    let youden = hits + misses - 1.0;
    if youden <= 0.0 {
        return None;
    }
    let rate = ((share + misses - 1.0) / youden).clamp(0.0, 1.0);
    let z2 = Z_95 * Z_95;
    let add = |share: Share, ones: f64| {
        let whole = real(share.whole) + 2.0 * ones;
        ((real(share.part) + ones) / whole, whole)
    };
    let (share, count) = add(passed, z2 / 2.0);
    let (hits, hit_count) = add(sensitivity, 1.0);
    let (misses, miss_count) = add(specificity, 1.0);
    let youden = hits + misses - 1.0;
    if youden <= 0.0 {
        return None;
    }
    let middle = (share + misses - 1.0) / youden;
    let of_hits = hits * (1.0 - hits) / hit_count;
    let of_misses = misses * (1.0 - misses) / miss_count;
    let shift = 2.0 * z2 * (middle * of_hits - (1.0 - middle) * of_misses);
    let variance = share * (1.0 - share) / count
        + middle * middle * of_hits
        + (1.0 - middle) * (1.0 - middle) * of_misses;
    let half = Z_95 * variance.sqrt() / youden;
    let end = |end: f64| (middle + shift + end).clamp(0.0, 1.0);
    Some(Corrected {
        rate,
        interval: Interval {
            low: end(-half),
            high: end(half),
        },
    })
}
