//! Durations as an operator writes them: `500ms`, `10s`, `1h30m`; and as numbers.

use std::time::Duration;

use jiff::fmt::friendly::{Designator, Spacing, SpanParser, SpanPrinter};
use serde::Serializer;

/// The longest duration that any setting takes.
const MAX_PERIOD: Duration = Duration::from_hours(7 * 24);

/// Reads a duration with its units; less than a millisecond and more than seven days are refused.
///
/// # Errors
/// Says what is wrong, without what is expected.
pub fn parse(text: &str) -> Result<Duration, String> {
    // A long one is none.
    let short: String = text.chars().take(40).collect();
    let wrong = |problem: &str| Err(format!("{short:?} {problem}"));
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return wrong("has no unit");
    }
    // The other notation that the parser knows, `PT5M`, is none of ours.
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return wrong("is not a duration");
    }
    match SpanParser::new().parse_unsigned_duration(text) {
        Ok(duration) if duration.is_zero() => wrong("is no time at all"),
        Ok(duration) if duration < Duration::from_millis(1) => wrong("is less than a millisecond"),
        Ok(duration) if duration > MAX_PERIOD => wrong("is more than seven days"),
        Ok(duration) => Ok(duration),
        Err(_) => wrong("is not a duration"),
    }
}

/// Whole milliseconds, for columns, scripts and figures.
#[must_use]
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A spelling that [`parse`] reads back.
#[must_use]
pub fn format(duration: Duration) -> String {
    SpanPrinter::new()
        .designator(Designator::Compact)
        .spacing(Spacing::None)
        .unsigned_duration_to_string(&duration)
}

/// For `#[serde(serialize_with)]`.
///
/// # Errors
/// The serialiser's.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*duration))
}

/// For `#[serde(serialize_with)]` of an option.
///
/// # Errors
/// The serialiser's.
#[expect(clippy::ref_option, reason = "the shape that serde asks for")]
pub fn serialize_some<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serialize(duration, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_formatted_is_read_back() {
        for text in ["500ms", "1s500ms", "10s", "1m30s", "30m", "2h", "168h"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        assert_eq!(parse("1500ms"), parse("1s500ms"));
        assert_eq!(parse("90s"), parse("1m30s"));
        assert_eq!(parse("1h30m"), Ok(Duration::from_mins(90)));
    }

    #[test]
    fn a_bare_number_says_that_the_unit_is_missing() {
        assert_eq!(parse("10").unwrap_err(), "\"10\" has no unit");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "0s",
            "1d",
            "1ns",
            "1s ago",
            "PT1S",
            "99999999999999999999h",
            "169h",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
