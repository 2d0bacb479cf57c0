//! How long a provider asks to wait.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

/// `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110 §10.2.3), also with the prefix under which
/// LiteLLM passes them on, else the time until a limit that is
/// used up is reset, as OpenAI (`1m30s`) and Anthropic (a timestamp) say it. A wait in the past is none, and no wait is
/// longer than [`MAX_WAIT`].
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    requested_wait(headers, now).map(|wait| wait.min(MAX_WAIT))
}

/// Whoever asks for more means "not any more". Bounded where it is read: what is added to a moment could overflow it.
const MAX_WAIT: Duration = Duration::from_hours(24);

fn requested_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| {
        text(name)?
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && *number >= 0.0)
    };
    let until = |then: Timestamp| Duration::try_from(then.duration_since(now)).unwrap_or_default();
    for [milliseconds, plain] in NAMES {
        if let Some(milliseconds) = number(milliseconds) {
            return seconds(milliseconds / 1000.0);
        }
        if let Some(number) = number(plain) {
            return seconds(number);
        }
        if let Some(date) = text(plain) {
            let date = jiff::fmt::rfc2822::parse(date).ok()?;
            return Some(until(date.timestamp()));
        }
    }
    let resets = LIMITS.iter().filter_map(|(remaining, reset)| {
        (text(remaining)? == "0").then_some(())?;
        let reset = text(reset)?;
        let moment = reset.parse::<Timestamp>().ok().map(until);
        moment.or_else(|| period(reset))
    });
    resets.max()
}

/// How a wait is named, in milliseconds and in seconds or as a date.
const NAMES: [[&str; 2]; 2] = [
    ["retry-after-ms", "retry-after"],
    ["llm_provider-retry-after-ms", "llm_provider-retry-after"],
];

/// What is left of a limit, and when it is full again.
const LIMITS: [(&str, &str); 5] = [
    (
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    ),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    (
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    (
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
    (
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ),
];

/// A number of seconds; one that no duration holds is long.
fn seconds(number: f64) -> Option<Duration> {
    let bounded = number
        .is_finite()
        .then(|| number.min(MAX_WAIT.as_secs_f64()))?;
    Duration::try_from_secs_f64(bounded).ok()
}

/// `1m30.5s`, `500ms`, `6h0m0s`; a bare number is seconds.
fn period(text: &str) -> Option<Duration> {
    if let Ok(number) = text.parse() {
        return seconds(number);
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let factor = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        total = total.checked_add(seconds(number.parse::<f64>().ok()? * factor)?)?;
        rest = after;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], seconds: Option<f64>) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        let found = retry_after(&headers, now).map(|wait| wait.as_secs_f64());
        assert_eq!(found, seconds, "{headers:?}");
    }

    #[test]
    fn seconds_dates_and_milliseconds() {
        check(&[("retry-after", "2")], Some(2.0));
        check(&[("retry-after", " 1.5 ")], Some(1.5));
        check(
            &[("retry-after-ms", "250"), ("retry-after", "9")],
            Some(0.25),
        );
        check(
            &[("retry-after", "Fri, 20 Nov 2026 10:00:30 GMT")],
            Some(30.0),
        );
        check(&[("llm_provider-retry-after", "7")], Some(7.0));
        check(
            &[("retry-after", "Fri, 20 Nov 2026 09:00:00 GMT")],
            Some(0.0),
        );
    }

    #[test]
    fn no_wait_is_longer_than_a_day() {
        const DAY: Option<f64> = Some(86_400.0);
        // The largest that fits into seconds, and larger ones.
        for long in ["86401000", "9223372036854775807", "1e30"] {
            check(&[("retry-after", long)], DAY);
            check(&[("retry-after-ms", long)], DAY);
            check(&[("llm_provider-retry-after", long)], DAY);
            let reset = [
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", long),
            ];
            check(&reset, DAY);
        }
        check(&[("retry-after", "Fri, 20 Nov 6026 10:00:30 GMT")], DAY);
        for reset in [
            "9223372036854775807s",
            "106751991167300d",
            "1000000000000000000s1000d",
        ] {
            let reset = [
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", reset),
            ];
            check(&reset, DAY);
        }
        let reset = [
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "9000-11-20T10:00:07Z"),
        ];
        check(&reset, DAY);
        check(&[("retry-after", "86399")], Some(86_399.0));
    }

    #[test]
    fn nonsense_is_no_wait() {
        for nonsense in ["soon", "-1", "NaN", "inf", "1e400", ""] {
            check(&[("retry-after", nonsense)], None);
        }
        check(&[], None);
    }

    #[test]
    fn the_longest_reset_of_a_limit_that_is_used_up() {
        let both = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "500ms"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "1m30.5s"),
        ];
        check(&both, Some(90.5));
        check(
            &[
                ("x-ratelimit-remaining-requests", "17"),
                ("x-ratelimit-reset-requests", "6m0s"),
            ],
            None,
        );
        check(
            &[
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2026-11-20T10:00:07Z"),
            ],
            Some(7.0),
        );
        check(
            &[
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "1 fortnight"),
            ],
            None,
        );
        for nonsense in ["NaN", "inf", "-1"] {
            let reset = [
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", nonsense),
            ];
            check(&reset, None);
        }
    }
}
