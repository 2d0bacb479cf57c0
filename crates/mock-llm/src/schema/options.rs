//! Picking one of several allowed values.

use crate::dice::Dice;
use crate::judge::material::Material;
use crate::judge::verdict;
use crate::ordered::Ordered;

const LOW: &[&str] = &[
    "fail",
    "failed",
    "no",
    "false",
    "poor",
    "bad",
    "incorrect",
    "unsatisfactory",
    "reject",
    "rejected",
    "unacceptable",
    "none",
    "very_poor",
    "weak",
    "unsafe",
    "not_met",
    "unmet",
];
const MIDDLE: &[&str] = &[
    "partial",
    "partially",
    "fair",
    "average",
    "acceptable",
    "mixed",
    "medium",
    "moderate",
    "borderline",
    "adequate",
    "partially_met",
    "needs_improvement",
];
const HIGH: &[&str] = &[
    "pass",
    "passed",
    "yes",
    "true",
    "good",
    "excellent",
    "correct",
    "satisfactory",
    "accept",
    "accepted",
    "complete",
    "strong",
    "great",
    "safe",
    "met",
    "outstanding",
    "very_good",
];
const FIRST: &[&str] = &[
    "a",
    "first",
    "left",
    "candidate_a",
    "response_a",
    "assistant_a",
    "answer_a",
    "model_a",
];
const SECOND: &[&str] = &[
    "b",
    "second",
    "right",
    "candidate_b",
    "response_b",
    "assistant_b",
    "answer_b",
    "model_b",
];
const EQUAL: &[&str] = &["c", "tie", "equal", "both", "draw"];

/// The option that suits the quality: numbers by size, known words by their meaning, a verdict on
/// a pair by comparison, anything else by the dice.
pub(super) fn pick(
    options: &[Ordered],
    quality: f64,
    material: &Material<'_>,
    dice: Dice,
) -> Option<Ordered> {
    by_size(options, quality)
        .or_else(|| by_comparison(options, material, dice))
        .or_else(|| by_meaning(options, quality))
        .or_else(|| options.get(dice.below(options.len())))
        .cloned()
}

fn by_size(options: &[Ordered], quality: f64) -> Option<&Ordered> {
    let mut sized: Vec<(f64, &Ordered)> = options
        .iter()
        .filter_map(|option| Some((option.as_f64()?, option)))
        .collect();
    if sized.is_empty() || sized.len() != options.len() {
        return None;
    }
    sized.sort_by(|left, right| left.0.total_cmp(&right.0));
    let last = i64::try_from(sized.len() - 1).unwrap_or(0);
    let index = usize::try_from(verdict::level(0, last, quality)).unwrap_or(0);
    sized.get(index).map(|(_, option)| *option)
}

fn by_comparison<'a>(
    options: &'a [Ordered],
    material: &Material<'_>,
    dice: Dice,
) -> Option<&'a Ordered> {
    let among = |words: &[&str]| options.iter().find(|option| known(option, words));
    let (first, second) = (among(FIRST)?, among(SECOND)?);
    let equal = among(EQUAL);
    match verdict::choice(material, equal.is_some(), dice) {
        "A" => Some(first),
        "B" => Some(second),
        _ => equal,
    }
}

fn by_meaning(options: &[Ordered], quality: f64) -> Option<&Ordered> {
    let worth = |option: &Ordered| {
        [(LOW, 0.15), (MIDDLE, 0.5), (HIGH, 0.85)]
            .iter()
            .find_map(|(words, worth)| known(option, words).then_some(*worth))
    };
    options
        .iter()
        .filter_map(|option| Some((f64::abs(worth(option)? - quality), option)))
        .min_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, option)| option)
}

fn known(option: &Ordered, words: &[&str]) -> bool {
    option.as_str().is_some_and(|text| {
        let plain = text.to_ascii_lowercase().replace([' ', '-'], "_");
        words.contains(&plain.as_str())
    })
}
