//! Statistics of agreement: between judges, and between judges and people.
//!
//! Pure functions of values. What is undefined (too few values, ratings that do not vary) is `None`, never NaN: a caller that
//! shows a figure can say that there is none. `reference/` holds the script that made the figures of the tests with SciPy,
//! scikit-learn, statsmodels and krippendorff.

mod alpha;
mod bias;
mod bootstrap;
mod bradley_terry;
mod calibration;
mod correlation;
mod detection;
mod interval;
mod nominal;
mod randomization;
mod rates;
mod solve;

pub use alpha::{Level, krippendorff_alpha};
pub use bias::{LengthBias, Lengths, PositionBias, Shown, length_bias, position_bias};
pub use bootstrap::{Resampling, bootstrap};
pub use bradley_terry::{BradleyTerry, Game, Strength, bradley_terry};
pub use calibration::expected_calibration_error;
pub use correlation::{kendall_tau_b, mean, pearson, ranks, sample_deviation, spearman};
pub use detection::{Detection, macro_f1};
pub use interval::{Interval, Z_95, wilson};
pub use nominal::{accuracy, cohen_kappa, fleiss_kappa, scott_pi};
pub use randomization::sign_flip_p_value;
pub use rates::{Corrected, Share, rogan_gladen};

/// A count as a number to reckon with.
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}
