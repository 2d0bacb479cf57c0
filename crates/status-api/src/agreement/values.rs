//! The few values that a confusion table has, and which of them a number is.

use ::agreement::Level;
use domain::rubric::{Scale, Side};

/// Numeric scales with more whole numbers than this are cut into ranges.
const MAX_WHOLE: f64 = 10.0;
const RANGES: u8 = 5;

/// The values of one scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    /// Whether a score of the whole reaches the threshold.
    Passing(f64),
    /// Each whole number from the first to the last.
    Whole { min: f64, max: f64 },
    /// Ranges of equal width; the upper end of each but the last belongs to the next.
    Ranges { min: f64, max: f64 },
    /// False or true.
    Truths,
    /// Words and their worth, the worst first.
    Categories(Vec<(String, f64)>),
    /// The sides of a comparison: a number is the share of votes for the first.
    Sides,
}

impl Values {
    /// Of scores of the whole.
    pub(crate) fn of_whole(threshold: Option<f64>) -> Self {
        let (min, max) = (0.0, 1.0);
        threshold.map_or(Self::Ranges { min, max }, Self::Passing)
    }

    /// Of scores of a criterion.
    pub(crate) fn of_scale(scale: &Scale) -> Self {
        match scale {
            Scale::Boolean => Self::Truths,
            Scale::Categories { values } => {
                let mut values: Vec<_> = values
                    .iter()
                    .map(|(word, worth)| (word.clone(), *worth))
                    .collect();
                values.sort_by(|left, right| left.1.total_cmp(&right.1));
                // A label says what a category is worth: of two that are worth the same nobody knows which one was meant.
                values.dedup_by(|next, kept| {
                    let same = next.1 == kept.1;
                    if same {
                        kept.0 = format!("{} or {}", kept.0, next.0);
                    }
                    same
                });
                Self::Categories(values)
            }
            Scale::Numeric { min, max, .. } => {
                let (min, max) = (*min, *max);
                let is_whole = min.fract() == 0.0 && max.fract() == 0.0;
                if is_whole && max - min <= MAX_WHOLE {
                    Self::Whole { min, max }
                } else {
                    Self::Ranges { min, max }
                }
            }
        }
    }

    /// Their names, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self {
            Self::Passing(_) => words(&["not_passed", "passed"]),
            Self::Truths => words(&["false", "true"]),
            Self::Sides => words(&[Side::Second, Side::Tie, Side::First].map(Side::as_str)),
            Self::Categories(values) => values.iter().map(|(word, _)| word.clone()).collect(),
            Self::Whole { min, max } => (0..=index(max - min))
                .map(|step| format!("{}", min + real(step)))
                .collect(),
            Self::Ranges { min, max } => (0..RANGES)
                .map(|range| {
                    let end = |range: u8| {
                        let end = min + (max - min) * f64::from(range) / f64::from(RANGES);
                        (end * 1000.0).round() / 1000.0
                    };
                    format!("{} to {}", end(range), end(range + 1))
                })
                .collect(),
        }
    }

    /// Which of them a number is: the nearest, where it lies between; of two that are equally near, the better.
    pub(crate) fn of(&self, number: f64) -> usize {
        match self {
            // As judging forgives the rounding of a mean.
            Self::Passing(threshold) => usize::from(number + 1e-9 >= *threshold),
            Self::Truths => usize::from(number >= 0.5),
            Self::Sides if number > 0.5 => 2,
            Self::Sides => usize::from(number >= 0.5),
            Self::Whole { min, max } => index((number.clamp(*min, *max) - min).round()),
            Self::Ranges { min, max } => {
                let share = (number.clamp(*min, *max) - min) / (max - min);
                // 0.6 of 1 is the beginning of a range, however it is written in binary.
                let range = index((share * f64::from(RANGES) + 1e-9).floor());
                range.min(usize::from(RANGES) - 1)
            }
            Self::Categories(values) => {
                let apart = |worth: f64| (worth - number).abs();
                let nearest = values.iter().enumerate().rev();
                let nearest = nearest
                    .min_by(|(_, left), (_, right)| apart(left.1).total_cmp(&apart(right.1)));
                nearest.map_or(0, |(index, _)| index)
            }
        }
    }

    /// Whether several raters are put together by the most frequent value; else by their mean.
    pub(crate) fn are_voted_on(&self) -> bool {
        matches!(self, Self::Truths | Self::Categories(_) | Self::Sides)
    }

    /// What differences mean for Krippendorff's alpha.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Passing(_) | Self::Whole { .. } | Self::Ranges { .. } => Level::Interval,
            Self::Categories(_) => Level::Ordinal,
            Self::Truths | Self::Sides => Level::Nominal,
        }
    }

    /// What alpha reckons with: the number itself where differences count, else the value that it is.
    pub(crate) fn rating(&self, number: f64, value: usize) -> f64 {
        match self.level() {
            Level::Interval => number,
            Level::Ordinal | Level::Nominal => real(value),
        }
    }
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small whole number"
)]
fn index(number: f64) -> usize {
    number.max(0.0) as usize
}
