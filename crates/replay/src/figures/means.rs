//! Means and sums of scores.

use agreement::mean;

use super::{Found, real};
use crate::reading::Reading;
use crate::said::Source;

/// Of each criterion `NAME.mean`, `NAME.sum` and `NAME.n`, without the name where there is one only; how many were
/// unread, and how many were read that the source did not read.
pub(super) fn means(readings: &[&Reading<'_>], source: Source) -> Found {
    let mut found = Found::new();
    let unread = readings
        .iter()
        .filter(|reading| reading.by(source).is_none())
        .count();
    found.insert("unread".to_owned(), Some(real(unread)));
    let beyond = readings
        .iter()
        .filter(|reading| reading.by(source).is_some() && reading.by(Source::Recorded).is_none())
        .count();
    found.insert("read_beyond_recorded".to_owned(), Some(real(beyond)));
    let names = readings
        .first()
        .map(|reading| reading.criteria.clone())
        .unwrap_or_default();
    for name in &names {
        let numbers: Vec<f64> = readings
            .iter()
            .filter_map(|reading| Some(reading.said(source, name)?.number))
            .collect();
        let key = |figure: &str| {
            if names.len() == 1 {
                figure.to_owned()
            } else {
                format!("{name}.{figure}")
            }
        };
        found.insert(key("mean"), mean(&numbers));
        found.insert(key("sum"), Some(numbers.iter().sum()));
        found.insert(key("n"), Some(real(numbers.len())));
    }
    found
}
