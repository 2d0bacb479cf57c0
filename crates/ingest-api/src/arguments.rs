//! Arguments that several commands take.

use std::time::Duration;

use domain::Tenant;
use domain::fields::line_problem;

/// What looks like another's name is none.
pub(crate) fn tenant(name: &str) -> Result<Tenant, String> {
    match line_problem(name) {
        Some(problem) => Err(problem),
        None => Tenant::parse(name).map_err(str::to_owned),
    }
}

/// A number of seconds, minutes, hours or days: `30s`, `15m`, `12h`, `90d`.
pub(crate) fn period(text: &str) -> Result<Duration, String> {
    let read = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 24 * 3600,
            _ => return None,
        };
        let seconds = number.parse::<u32>().ok()?;
        Some(Duration::from_secs(u64::from(seconds) * unit))
    };
    let read = read().filter(|period| !period.is_zero() && *period <= MAX_PERIOD);
    read.ok_or_else(|| "expected 1s to 3650d, such as 12h or 90d".to_owned())
}

/// Ten years.
const MAX_PERIOD: Duration = Duration::from_secs(3650 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_a_unit_and_bounds() {
        assert_eq!(period("90d"), Ok(Duration::from_secs(90 * 24 * 3600)));
        assert_eq!(period("30s"), Ok(Duration::from_secs(30)));
        for text in ["", "d", "90", "0d", "-1d", "3651d", "1.5h", "9é"] {
            assert!(period(text).is_err(), "{text}");
        }
    }
}
