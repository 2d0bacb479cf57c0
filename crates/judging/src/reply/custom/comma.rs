//! Decimal commas: `4,0`, `Bewertung: 3,5`, `3,5/5`.
//!
//! A comma may also stand between two values, or between thousands, so that it is a decimal one only where it can be nothing else.

use super::label::{self, Kind};
use super::sentence::words;
use super::{lines, scale};

/// The most characters of a decimal comma and what stands behind it: with three digits it may stand between thousands.
const LONGEST_PART: usize = ",25".len();

/// From here on a comma may stand between thousands.
const THOUSAND: f64 = 1000.0;

/// How far around a comma is looked, in bytes: a flood is not gone through from each.
const NEAR: usize = 120;

/// A text with points for its decimal commas: what stands before its scale (`3,5/5`), or behind a label in a language that has them,
/// is no row of two.
pub(super) fn pointed(text: &str, bounds: (f64, f64)) -> String {
    with_points(text, bounds, |start, end| {
        let before = text.get(text.ceil_char_boundary(start.saturating_sub(NEAR))..start);
        let line = before.and_then(|before| before.rsplit('\n').next());
        let rest = text.get(end..text.floor_char_boundary(end + NEAR));
        let to = end + rest.map_or(0, |rest| rest.find('\n').unwrap_or(rest.len()));
        let label = line.and_then(|line| line.trim_end().strip_suffix([':', '：', '=']));
        label.is_some_and(is_foreign_score) || scale::out_of(text, end, to).is_some()
    })
}

/// A text with points for its decimal commas, at the same places. A comma is one where it can be nothing else on a scale of less than
/// a thousand: before `0`, or what is itself off the scale (`4,0`, `4,25`), and where `is_told` says of the number's place that it is.
fn with_points(
    text: &str,
    (min, max): (f64, f64),
    is_told: impl Fn(usize, usize) -> bool,
) -> String {
    let is_digit = |each: char| each.is_ascii_digit();
    let is_decimal = |at: usize| -> Option<bool> {
        let (before, behind) = (text.get(..at)?, text.get(at + 1..)?);
        let (lead, rest) = (
            before.trim_end_matches(is_digit),
            behind.trim_start_matches(is_digit),
        );
        let (start, end) = (lead.len(), text.len() - rest.len());
        let value: f64 = text.get(start..at)?.parse().ok()?;
        let part: f64 = text.get(at + 1..end)?.parse().ok()?;
        let is_part = lead.ends_with(['.', ',', '-', '–', '/', '('])
            || rest.starts_with(['-', '–', ')'])
            || rest.trim_start_matches(['.', ',']).starts_with(is_digit);
        let is_number = end - at <= LONGEST_PART && (min..=max).contains(&value) && !is_part;
        let is_sole = || part == 0.0 || !(min..=max).contains(&part) || is_told(start, end);
        Some(is_number && is_sole())
    };
    let plain = |(at, each)| match each {
        ',' if max < THOUSAND && is_decimal(at) == Some(true) => '.',
        other => other,
    };
    text.char_indices().map(plain).collect()
}

/// Whether a label's word for a score is one of another language than English.
fn is_foreign_score(label: &str) -> bool {
    let english = "score scores rating ratings grade mark marks points evaluation";
    words(label).any(|word| label::is_score(&word) && !lines::is_among(english, &word))
        && label::names(
            label,
            Kind::Score {
                criterion: "",
                answers: false,
            },
        )
}
