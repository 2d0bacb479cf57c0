//! Answers without a schema: prose that ends in a verdict.

use crate::dice::Dice;
use crate::judge::material::Material;
use crate::judge::quality::{self, Quality};
use crate::judge::{scale, wording};

/// Wordings by which prompts ask for nothing but a number.
const BARE: &[&str] = &[
    "scores only",
    "score only",
    "only the score",
    "only a number",
    "only the number",
    "only an integer",
    "only a single",
    "just the number",
    "single digit",
    "single number",
    "single integer",
];

/// The judge's answer in prose.
pub(crate) fn prose(material: &Material<'_>, quality: Quality, sample: Dice) -> String {
    let overall = quality.on("overall");
    let (low, high) = scale::asked(material.instructions());
    let score = level(low, high, overall);
    let text = wording::rationale("the task", overall, material, sample.on("prose"));
    if material.mentions("[[A]]") && material.mentions("[[B]]") {
        let tie = material.mentions("[[C]]");
        return format!(
            "{text}\n\nFinal verdict: [[{}]]",
            choice(material, tie, sample)
        );
    }
    if material.mentions("[[rating]]") || material.mentions("[[5]]") {
        return format!("{text}\n\nRating: [[{score}]]");
    }
    if BARE.iter().any(|wording| material.mentions(wording)) {
        return score.to_string();
    }
    format!("{text}\n\nScore: {score}")
}

/// The better of two, as a letter.
pub(crate) fn choice(material: &Material<'_>, tie: bool, dice: Dice) -> &'static str {
    let decided = material.pair().map_or_else(
        || Some(dice.on("pair").below(2) == 0),
        |(first, second)| quality::better(first, second),
    );
    match decided {
        Some(true) => "A",
        Some(false) => "B",
        None if tie => "C",
        None => "A",
    }
}

/// The whole number at this quality of the scale.
pub(crate) fn level(low: i64, high: i64, quality: f64) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "scales are short")]
    let span = high.saturating_sub(low) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded and within the span"
    )]
    let steps = (span * quality).round() as i64;
    low.saturating_add(steps).clamp(low, high)
}
