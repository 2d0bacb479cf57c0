//! Durations as an operator writes them: a whole number and a unit.

use std::time::Duration;

use super::value::quoted;

/// The longest duration that any setting takes.
const MAX_PERIOD: Duration = Duration::from_hours(7 * 24);

/// Reads `500ms`, `10s`, `30m` or `2h`; zero and more than seven days are refused.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("{} is not a duration", quoted(text)))?;
    let milliseconds = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "" => return Err(format!("{} has no unit", quoted(text))),
        _ => None,
    };
    let Some(milliseconds) = milliseconds else {
        return Err(format!("{} has an unknown unit", quoted(text)));
    };
    let duration = Duration::from_millis(number.saturating_mul(milliseconds));
    if duration.is_zero() {
        return Err(format!("{} is no time at all", quoted(text)));
    }
    if duration > MAX_PERIOD {
        return Err(format!("{} is more than seven days", quoted(text)));
    }
    Ok(duration)
}

/// The shortest exact spelling that [`parse`] reads back.
pub(super) fn format(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if milliseconds >= size && milliseconds.is_multiple_of(size) {
            return format!("{}{unit}", milliseconds / size);
        }
    }
    format!("{milliseconds}ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_formatted_is_read_back() {
        for text in ["500ms", "1500ms", "10s", "90s", "30m", "2h", "168h"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
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
            "1.5s",
            "0s",
            "1 s",
            "1d",
            "99999999999999999999h",
            "169h",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
