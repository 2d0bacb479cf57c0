//! Sentences a judge would write.

use crate::judge::material::Material;
use crate::judge::mind::Mind;
use crate::rng::SeededRng;
use crate::tokens;

const WEAK: &[&str] = &[
    "the candidate leaves an essential part of the task undone",
    "the candidate does not meet what was asked and shows signs of unfinished work",
    "the candidate falls short: the central requirement is not satisfied",
    "the candidate gives little that could be used as it stands",
];
const FAIR: &[&str] = &[
    "the candidate covers the main request but leaves gaps",
    "the candidate is acceptable, with some parts stated rather than shown",
    "the candidate meets most of the requirement, though not every detail is supported",
    "the candidate gets the substance right and is less careful at the edges",
];
const STRONG: &[&str] = &[
    "the candidate does what was asked and the steps can be followed",
    "the candidate is thorough and stays with the task throughout",
    "the candidate satisfies the requirement and backs its statements",
    "the candidate handles the request well and leaves no open question",
];
const WEAK_END: &[&str] = &[
    "A reader would have to redo this part.",
    "Nothing later in the answer makes up for it.",
    "The lower levels of the scale describe this best.",
];
const FAIR_END: &[&str] = &[
    "A second pass would have closed the gap.",
    "This keeps it from the highest level.",
    "The remaining weaknesses are real but not serious.",
];
const STRONG_END: &[&str] = &[
    "Only small improvements come to mind.",
    "I found nothing that contradicts the instructions.",
    "The upper levels of the scale describe this best.",
];
const BETTER: &[&str] = &[
    "it does what was asked and the steps can be followed",
    "it is the more complete of the two",
    "it backs its statements where the other only makes them",
];
const EQUAL_END: &[&str] = &[
    "Nothing in either of them tips the balance.",
    "What one has over the other does not matter here.",
];
const PLAIN: &[&str] = &[
    "The answer addresses the request directly.",
    "The main points are stated in a sensible order.",
    "Some details could be stated more precisely.",
    "The result matches what the task describes.",
    "One step relies on an assumption that is not checked.",
];

/// Two or three sentences on one criterion, in keeping with the quality.
pub(crate) fn rationale(
    subject: &str,
    quality: f64,
    material: &Material<'_>,
    rng: SeededRng,
) -> String {
    let (openings, endings) = if quality < 0.45 {
        (WEAK, WEAK_END)
    } else if quality < 0.72 {
        (FAIR, FAIR_END)
    } else {
        (STRONG, STRONG_END)
    };
    let opening = rng.on("opening").pick(openings).unwrap_or_default();
    let ending = rng.on("ending").pick(endings).unwrap_or_default();
    let quote = tokens::clip(material.quote(rng.on("cited"), 0), 60).trim();
    if quote.is_empty() || rng.on("cites").below(3) == 0 {
        format!("On {subject}, {opening}. {ending}")
    } else {
        format!("On {subject}, {opening}. This shows where it says \"{quote}\". {ending}")
    }
}

/// Two sentences on which of two is better.
pub(crate) fn comparison(subject: &str, margin: f64, mind: &Mind<'_>) -> String {
    let rng = mind.sample.on("comparison").on(subject);
    if margin == 0.0 {
        let ending = rng.pick(EQUAL_END).unwrap_or_default();
        return format!("On {subject}, the two candidates are equally good. {ending}");
    }
    let (better, worse) = if margin > 0.0 { ("A", "B") } else { ("B", "A") };
    let opening = rng.on("opening").pick(BETTER).unwrap_or_default();
    let how = if margin.abs() < 0.15 {
        "slightly"
    } else {
        "clearly"
    };
    format!(
        "On {subject}, candidate {better} is {how} better: {opening}. Candidate {worse} falls behind here."
    )
}

/// A short sentence for any other string.
pub(crate) fn sentence(rng: SeededRng) -> String {
    rng.pick(PLAIN).unwrap_or_default().to_owned()
}
