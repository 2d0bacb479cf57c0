//! Times in query strings.

use jiff::Timestamp;
use service::http::wrong_parameter as wrong;
use service::problem::Problem;

/// A time of RFC 3339. What lies beyond all that we can hold is as good as the last moment that we can.
pub(crate) fn time(key: &str, value: &str) -> Result<Timestamp, Problem> {
    let wrong = || wrong(key, "must be a time such as 2026-11-20T10:00:00Z");
    // A `+` that was not escaped reaches us as a blank.
    let value = value.replace(' ', "+");
    // Other years, and what may stand behind a time, are no RFC 3339.
    let year = value.get(..5).is_some_and(|start| {
        start.ends_with('-') && start.chars().filter(char::is_ascii_digit).count() == 4
    });
    if !year || value.ends_with(']') {
        return Err(wrong());
    }
    match value.parse() {
        Ok(time) => Ok(time),
        Err(_) if is_last_day(&value) => Ok(Timestamp::MAX),
        Err(_) => Err(wrong()),
    }
}

/// Whether it is a time of the last days that RFC 3339 can write, which are beyond [`Timestamp::MAX`].
fn is_last_day(value: &str) -> bool {
    // The same time of a day that there is in any case.
    let rest = value
        .strip_prefix("9999-12-30")
        .or_else(|| value.strip_prefix("9999-12-31"));
    rest.is_some_and(|rest| format!("9999-12-01{rest}").parse::<Timestamp>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_any_of_rfc_3339_and_nothing_else() {
        for (text, expected) in [
            ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
            ("2026-11-20t10:00:00.5z", "2026-11-20T10:00:00.5Z"),
            ("2026-11-20T10:00:00 01:00", "2026-11-20T09:00:00Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-30T21:00:00Z", "9999-12-30T21:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00.999999999Z"),
            (
                "9999-12-31T23:59:59.999-23:59",
                "9999-12-30T22:00:00.999999999Z",
            ),
        ] {
            let time = time("created_before", text);
            assert_eq!(time, Ok(expected.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "2026-11-20",
            "2026-11-20T10:00:00",
            "9999-12-31T24:59:59Z",
            "9999-12-31",
            "9999-12-32T00:00:00Z",
            "-009999-01-02T02:00:00Z",
            "+002026-11-20T10:00:00Z",
            "10000-01-01T00:00:00Z",
            "2026-11-20T10:00:00Z[UTC]",
            "20261120T100000Z",
        ] {
            assert!(time("created_before", text).is_err(), "{text}");
        }
    }
}
