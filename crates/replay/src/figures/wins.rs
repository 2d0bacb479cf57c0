//! How often one candidate wins against the others.

use agreement::{mean, sample_deviation};

use super::{Found, named, real};
use crate::reading::Reading;
use crate::said::Source;

/// Figures in percent; where nobody was asked it is neither's win.
pub(super) fn win_rate(readings: &[&Reading<'_>], candidate: &str, source: Source) -> Found {
    let (mut wins, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
    for reading in readings {
        let Some(vote) = reading.number(source) else {
            continue;
        };
        let (name, shown) = (reading.call.text(candidate), reading.call.shown());
        if shown.is_empty() {
            wins.push(vote);
        } else if shown.first().copied() == name.as_deref() {
            wins.push(vote);
            first.push(vote);
        } else {
            wins.push(1.0 - vote);
            second.push(1.0 - vote);
        }
    }
    let apart = readings.iter().filter_map(|reading| {
        let recorded = reading.number(Source::Recorded)?;
        Some((reading.number(source)? - recorded).abs())
    });
    let furthest = apart.fold(0.0, f64::max);
    // A vote counts as a whole one for the side that it leans to.
    let whole: Vec<f64> = wins
        .iter()
        .map(|win| match win.partial_cmp(&0.5) {
            Some(std::cmp::Ordering::Greater) => 1.0,
            Some(std::cmp::Ordering::Less) => 0.0,
            _ => 0.5,
        })
        .collect();
    let percent = |share: Option<f64>| share.map(|share| 100.0 * share);
    let error = sample_deviation(&wins).map(|std| 100.0 * std / real(wins.len()).sqrt());
    named([
        ("n", Some(real(wins.len()))),
        ("win_rate_pct", percent(mean(&wins))),
        ("discrete_win_rate_pct", percent(mean(&whole))),
        ("standard_error_pct", error),
        ("win_rate_first_pct", percent(mean(&first))),
        ("win_rate_second_pct", percent(mean(&second))),
        ("furthest_from_recorded", Some(furthest)),
    ])
}
