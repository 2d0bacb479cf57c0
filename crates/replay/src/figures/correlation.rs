//! Correlation of scores with labels.

use agreement::{kendall_tau_b, mean, pearson, spearman};

use super::{Found, grouped, named, real};
use crate::reading::Reading;
use crate::said::Source;

/// Within each problem, as the mean over those for which it is defined, and over all.
pub(super) fn correlation(
    readings: &[&Reading<'_>],
    label: &str,
    problem: &str,
    source: Source,
) -> Found {
    let pair = |reading: &Reading<'_>| {
        let shown = reading.call.shown();
        let label = label.replace("{}", &escaped(shown.first()?));
        Some((reading.number(source)?, reading.call.at(&label)?.as_f64()?))
    };
    let all: Vec<(f64, f64)> = readings
        .iter()
        .filter_map(|reading| pair(reading))
        .collect();
    let problems: Vec<Vec<(f64, f64)>> = grouped(readings, |reading| reading.call.text(problem))
        .values()
        .map(|readings| {
            readings
                .iter()
                .filter_map(|reading| pair(reading))
                .collect()
        })
        .collect();
    let within = |of: fn(&[(f64, f64)]) -> Option<f64>| {
        let each: Vec<f64> = problems.iter().filter_map(|pairs| of(pairs)).collect();
        mean(&each)
    };
    named([
        ("n", Some(real(all.len()))),
        ("problems", Some(real(problems.len()))),
        ("unread", Some(real(readings.len() - all.len()))),
        ("problem_tau", within(kendall_tau_b)),
        ("problem_pearson", within(pearson)),
        ("problem_spearman", within(spearman)),
        ("pooled_tau", kendall_tau_b(&all)),
        ("pooled_pearson", pearson(&all)),
        ("pooled_spearman", spearman(&all)),
    ])
}

/// A key as it stands in a JSON pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
