//! When a delivery that failed is tried again.

use std::time::Duration;

use jiff::Timestamp;

/// The waits after the first, second, … failed try: about 21 hours in all.
const WAITS: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(6),
    Duration::from_hours(12),
];
/// How often a delivery is tried.
pub const MAX_TRIES: u32 = WAITS.len() as u32 + 1;
/// A wait is up to this part shorter or longer, so that what failed together does not come together again.
const JITTER: f64 = 0.2;
/// A receiver that asks for more is asked sooner.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(12);

/// How long to wait after try number `tries` (from 1) failed; `None`: that was the last one.
///
/// `chance` from 0 to 1 spreads waits. What the receiver asked for lengthens a wait, within a bound, and never shortens it.
#[must_use]
pub fn next_try(tries: u32, retry_after: Option<Duration>, chance: f64) -> Option<Duration> {
    let index = usize::try_from(tries.checked_sub(1)?).ok()?;
    let wait = WAITS.get(index)?;
    let factor = 1.0 - JITTER + 2.0 * JITTER * chance.clamp(0.0, 1.0);
    let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
    Some(wait.mul_f64(factor).max(asked))
}

/// What `Retry-After` asks for (RFC 9110 §10.2.3): seconds, or a date. What is in the past is no wait.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let wait = Duration::try_from(date.duration_since(now)).unwrap_or_default();
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_over_hours_and_end() {
        let waits: Vec<_> = (1..=MAX_TRIES)
            .map_while(|tries| next_try(tries, None, 0.5))
            .collect();
        assert_eq!(waits.len(), 8);
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
        assert_eq!(waits[0], Duration::from_secs(5));
        let all: Duration = waits.iter().sum();
        assert!(all > Duration::from_hours(20), "{all:?}");
        assert_eq!(next_try(MAX_TRIES, None, 0.5), None);
        assert_eq!(next_try(0, None, 0.5), None);
    }

    #[test]
    fn a_wait_is_spread_by_a_fifth() {
        assert_eq!(next_try(1, None, 0.0), Some(Duration::from_secs(4)));
        assert_eq!(next_try(1, None, 1.0), Some(Duration::from_secs(6)));
    }

    #[test]
    fn a_receiver_may_ask_for_longer_waits_and_not_for_ever() {
        let asked = |seconds| next_try(1, Some(Duration::from_secs(seconds)), 0.5);
        assert_eq!(asked(1), Some(Duration::from_secs(5)));
        assert_eq!(asked(60), Some(Duration::from_secs(60)));
        assert_eq!(asked(u64::MAX), Some(MAX_RETRY_AFTER));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        let read = |value| retry_after(value, now);
        assert_eq!(read(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(
            read("Fri, 20 Nov 2026 10:00:30 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(read("Fri, 20 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("18446744073709551615"), Some(MAX_RETRY_AFTER));
        for nonsense in ["", "soon", "-1", "1e9"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
