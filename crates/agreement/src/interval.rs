//! Intervals.

/// The 97.5 % quantile of the normal distribution.
pub const Z_95: f64 = 1.959_964;

/// The ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The 95 % interval of a share of so many: Wilson's score interval, without continuity correction.
///
/// It stays within 0 to 1 and does not shrink to nothing where the share is 0 or 1; of none at all it is the whole. E. B. Wilson, "Probable inference, the
/// law of succession, and statistical inference", Journal of the American Statistical Association 22 (1927), pp. 209-212.
#[must_use]
pub fn wilson(share: f64, n: f64) -> [f64; 2] {
    if n <= 0.0 {
        return [0.0, 1.0];
    }
    let z2 = Z_95 * Z_95;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n)
        * (share * (1.0 - share) / n + z2 / (4.0 * n * n))
            .max(0.0)
            .sqrt();
    [middle - half, middle + half].map(|end| end.clamp(0.0, 1.0))
}
