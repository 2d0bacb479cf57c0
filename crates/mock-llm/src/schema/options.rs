//! Picking one of several allowed values.

use crate::judge::material::Material;
use crate::judge::mind::Mind;
use crate::judge::spread::{self, Spread};
use crate::judge::verdict;
use crate::ordered::Ordered;
use crate::rng::SeededRng;

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

/// An option, and how probable each of them is.
pub(super) type Picked = (Ordered, Spread);

/// The option that suits the quality: numbers by size, a verdict on a pair by comparison, known words by their
/// meaning, others by their order where the prompt says that there is one, anything else by the rng.
pub(super) fn pick(
    options: &[Ordered],
    subject: &str,
    mind: &Mind<'_>,
    rng: SeededRng,
) -> Option<Picked> {
    by_comparison(options, subject, mind)
        .or_else(|| by_worth(options, &worths(options, mind.material)?, subject, mind))
        .or_else(|| by_chance(options, rng))
}

/// What each option is worth, from 0 to 1.
fn worths(options: &[Ordered], material: &Material<'_>) -> Option<Vec<f64>> {
    let sizes: Option<Vec<f64>> = options.iter().map(Ordered::as_f64).collect();
    if let Some(sizes) = sizes {
        let rank = |size: &f64| sizes.iter().filter(|other| *other < size).count();
        return Some(
            sizes
                .iter()
                .map(|size| share(rank(size), options.len()))
                .collect(),
        );
    }
    // An unknown word among known ones is never the nearest.
    let known: Vec<f64> = options
        .iter()
        .map(|option| meaning(option).unwrap_or(f64::INFINITY))
        .collect();
    let distinct = {
        let mut sorted = known.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.is_sorted_by(|left, right| left < right)
            && sorted.iter().all(|worth| worth.is_finite())
    };
    if !distinct && material.mentions("from worst to best") {
        return Some(
            (0..options.len())
                .map(|index| share(index, options.len()))
                .collect(),
        );
    }
    known.iter().any(|worth| worth.is_finite()).then_some(known)
}

#[expect(clippy::cast_precision_loss, reason = "there are a few options")]
fn share(rank: usize, count: usize) -> f64 {
    rank as f64 / count.saturating_sub(1).max(1) as f64
}

fn by_worth(options: &[Ordered], worths: &[f64], subject: &str, mind: &Mind<'_>) -> Option<Picked> {
    let texts: Vec<String> = options.iter().map(plain).collect();
    let words: Vec<&str> = texts.iter().map(String::as_str).collect();
    let quality = mind.decide(subject, |position| {
        let worth = worths.get(position.word(&words)?).copied();
        worth.filter(|worth| worth.is_finite())
    });
    let nearest = worths.iter().enumerate().min_by(|left, right| {
        (left.1 - quality)
            .abs()
            .total_cmp(&(right.1 - quality).abs())
    });
    let (index, _) = nearest?;
    let spread = spread::words(
        words.iter().copied().zip(worths.iter().copied()),
        quality,
        words.get(index)?,
    );
    Some((options.get(index)?.clone(), spread))
}

fn by_comparison(options: &[Ordered], subject: &str, mind: &Mind<'_>) -> Option<Picked> {
    let among = |words: &[&str]| {
        let option = options.iter().find(|option| known(option, words));
        option.and_then(Ordered::as_str)
    };
    let sides = [among(FIRST)?, among(SECOND)?];
    let (name, spread) = verdict::choice(mind, subject, sides, among(EQUAL));
    Some((Ordered::String(name.to_owned()), spread))
}

fn by_chance(options: &[Ordered], rng: SeededRng) -> Option<Picked> {
    let chosen = options.get(rng.below(options.len()))?;
    let texts: Vec<String> = options.iter().map(plain).collect();
    let written = plain(chosen);
    let words = texts
        .iter()
        .map(|text| (text.as_str(), if *text == written { 0.0 } else { 0.5 }));
    Some((chosen.clone(), spread::words(words, 0.0, &written)))
}

fn meaning(option: &Ordered) -> Option<f64> {
    [(LOW, 0.15), (MIDDLE, 0.5), (HIGH, 0.85)]
        .iter()
        .find_map(|(words, worth)| known(option, words).then_some(*worth))
}

/// A string as it is, anything else as JSON.
fn plain(option: &Ordered) -> String {
    option
        .as_str()
        .map_or_else(|| option.render(), str::to_owned)
}

fn known(option: &Ordered, words: &[&str]) -> bool {
    option.as_str().is_some_and(|text| {
        let plain = text.to_ascii_lowercase().replace([' ', '-'], "_");
        words.contains(&plain.as_str())
    })
}
