//! Money: whole nano-dollars, so that sums are exact.

use std::fmt;
use std::iter::Sum;

use serde::Deserialize;

/// An amount in nano-USD (10^-9 US dollars).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(transparent)]
pub struct NanoUsd(pub i64);

impl fmt::Display for NanoUsd {
    /// A decimal string in USD without trailing zeros, at least one digit on either side of the point.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / 1_000_000_000;
        let fraction = format!("{:09}", self.0.unsigned_abs() % 1_000_000_000);
        let digits = fraction.trim_end_matches('0');
        write!(
            formatter,
            "{sign}{whole}.{}",
            if digits.is_empty() { "0" } else { digits }
        )
    }
}

impl Sum for NanoUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).fold(0, i64::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use super::NanoUsd;

    #[track_caller]
    fn check(nano: i64, text: &str) {
        assert_eq!(NanoUsd(nano).to_string(), text);
    }

    #[test]
    fn is_written_as_a_decimal_string() {
        check(0, "0.0");
        check(41_200_000, "0.0412");
        check(1_000_000_000, "1.0");
        check(-2_500_000_001, "-2.500000001");
    }
}
