//! Whether the first stage of a cascade is sure enough.

use std::collections::BTreeMap;

use domain::assessment::{Assessment, DecisionReason, JudgeWord, Outcome};
use domain::strategy::EscalationRule;

use crate::score;

/// What is closer than this is equal: see [`score::reaches`].
const EQUAL: f64 = 1e-9;

/// Above this share the votes of a comparison are for the first candidate.
const HALF: f64 = 0.5;

/// Why a stage is unsure, in a code and a sentence; `None`: it is sure.
pub(super) fn unsure(
    first: &Assessment,
    threshold: Option<f64>,
    rule: &EscalationRule,
) -> Option<(DecisionReason, String)> {
    if first.outcome != Outcome::Scored {
        let why = first.detail.as_deref().unwrap_or("it has no score");
        let detail = format!("the first stage came to no score: {why}");
        return rule
            .unscorable
            .then_some((DecisionReason::Unscorable, detail));
    }
    if let Some((criterion, apart)) = widest(&last_words(first))
        && apart > rule.disagreement + EQUAL
    {
        let detail = format!(
            "the judges of the first stage are {} apart on `{criterion}`, more than {}",
            score::tidy(apart),
            score::tidy(rule.disagreement)
        );
        return Some((DecisionReason::Disagreement, detail));
    }
    let (value, mark, what) = match &first.preference {
        Some(preference) => (preference.probability_first, HALF, "one half of the votes"),
        None => (first.score?, threshold?, "the pass mark"),
    };
    let (low, high) = interval(first, value, rule.margin);
    (rule.interval && low <= mark + EQUAL && high >= mark - EQUAL).then(|| {
        let detail = format!(
            "the first stage's interval, {} to {}, holds {what}, {mark}",
            score::tidy(low),
            score::tidy(high)
        );
        (DecisionReason::Interval, detail)
    })
}

/// The interval around a value: its own, and the margin at least.
fn interval(first: &Assessment, value: f64, margin: f64) -> (f64, f64) {
    let own = first.uncertainty.as_ref();
    let low = own.and_then(|own| own.low).unwrap_or(value);
    let high = own.and_then(|own| own.high).unwrap_or(value);
    (low.min(value - margin), high.max(value + margin))
}

/// The last word of each judge: a debater's positions of earlier rounds are given up.
fn last_words(first: &Assessment) -> Vec<&JudgeWord> {
    let mut last = BTreeMap::new();
    for word in &first.judges {
        last.insert((&word.role, &word.name, word.sample, word.swapped), word);
    }
    last.into_values().collect()
}

/// The criterion on which judges are furthest apart, and how far. To say that it does not apply is as far from any value as
/// can be.
fn widest(words: &[&JudgeWord]) -> Option<(String, f64)> {
    let mut given: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
    for criterion in words.iter().flat_map(|word| &word.criteria) {
        let values = given.entry(&criterion.name).or_default();
        values.push(criterion.normalized);
    }
    let apart = |values: &[Option<f64>]| {
        let known = || values.iter().flatten().copied();
        match known().count() {
            0 => 0.0,
            some if some < values.len() => 1.0,
            _ => known().fold(f64::MIN, f64::max) - known().fold(f64::MAX, f64::min),
        }
    };
    given
        .into_iter()
        .map(|(name, values)| (name.to_owned(), apart(&values)))
        .max_by(|left, right| left.1.total_cmp(&right.1))
}
