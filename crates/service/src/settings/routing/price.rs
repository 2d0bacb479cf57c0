//! Prices as an operator writes them: US dollars for a million tokens, as a decimal number.

use domain::money::NanoUsd;

use super::super::value::{DisplayValue, Setting, quoted};

/// Digits after the point: a nano-USD is the smallest amount.
const FRACTION: usize = 9;
/// Digits before the point. Together with those after it there are no more than what a number of
/// TOML, which is a binary one, gives back as it was written.
const WHOLE: usize = 6;

/// An amount as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount(pub(super) u64);

impl Setting for Amount {
    const EXPECTED: &'static str =
        "USD per million tokens, such as \"2.50\", below 1000000 and with at most nine decimals";

    /// Reads the digits themselves: no binary fraction is exact.
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{} is not a price", quoted(text));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_number =
            |digits: &str| !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit());
        if !is_number(whole)
            || !is_number(fraction)
            || whole.len() > WHOLE
            || fraction.len() > FRACTION
        {
            return Err(wrong());
        }
        format!("{whole}{fraction:0<FRACTION$}")
            .parse()
            .map(Self)
            .map_err(|_| wrong())
    }

    fn display(&self) -> Option<DisplayValue> {
        let nano = i64::try_from(self.0).unwrap_or(i64::MAX);
        Some(DisplayValue::Text(NanoUsd(nano).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_exact() {
        for (text, nano) in [
            ("0", 0),
            ("2.50", 2_500_000_000),
            ("10", 10_000_000_000),
            ("0.000000001", 1),
            ("0.1", 100_000_000),
            ("999999.999999999", 999_999_999_999_999),
        ] {
            assert_eq!(Amount::parse(text), Ok(Amount(nano)), "{text}");
            let shown = Amount(nano).display().unwrap().to_string();
            assert_eq!(Amount::parse(&shown), Ok(Amount(nano)), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "1.2.3",
            "nan",
            "inf",
            "1000000",
            "0.0000000001",
            " 1",
        ] {
            assert!(Amount::parse(text).is_err(), "{text}");
        }
    }
}
