//! Answers without a schema: prose that ends in a verdict.

use crate::judge::mind::Mind;
use crate::judge::quality::Quality;
use crate::judge::spread::{self, Spread};
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

/// Wordings by which prompts ask for a score for each of two.
const BOTH: &[&str] = &["only two values", "two scores", "two numerical scores"];

/// How prompts call the better one of two, and what they must contain to do so.
const NAMES: &[(&[&str], [&str; 3])] = &[
    (&["number 1 or 2", "choose 3"], ["1", "2", "3"]),
    (&["\"1\" or \"2\" or \"0\""], ["1", "2", "0"]),
];

/// Something said, and what else might have been said at one place of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoken {
    /// The text.
    pub(crate) text: String,
    /// Where the verdict begins, in bytes, with its alternatives.
    pub(crate) verdict: Option<(usize, Spread)>,
}

impl Spoken {
    /// `before`, the verdict, `after`.
    fn of(before: &str, verdict: &str, after: &str, spread: Spread) -> Self {
        Self {
            text: format!("{before}{verdict}{after}"),
            verdict: Some((before.len(), spread)),
        }
    }
}

/// The judge's answer in prose.
pub(crate) fn prose(mind: &Mind<'_>) -> Spoken {
    let material = mind.material;
    let overall = mind.quality("overall");
    let (low, high) = scale::asked(material.instructions());
    if let Some(spoken) = comparison(mind, low, high) {
        return spoken;
    }
    let score = level(low, high, overall).to_string();
    #[expect(clippy::cast_precision_loss, reason = "scales are short")]
    let (least, most) = (low as f64, high as f64);
    let meant = (most - least).mul_add(overall, least);
    let spread = spread::numbers(least, most, 1.0, meant, &score);
    let text = wording::rationale("the task", overall, material, mind.sample.on("prose"));
    if material.mentions("[[rating]]") || material.mentions("[[5]]") {
        return Spoken::of(&format!("{text}\n\nRating: [["), &score, "]]", spread);
    }
    if BARE.iter().any(|wording| material.mentions(wording)) {
        return Spoken::of("", &score, "", spread);
    }
    Spoken::of(&format!("{text}\n\nScore: "), &score, "", spread)
}

/// A verdict on two, where the prompt asks for one in a form of its own.
fn comparison(mind: &Mind<'_>, low: i64, high: i64) -> Option<Spoken> {
    let material = mind.material;
    let reasoned = || wording::comparison("the task", mind.margin("overall", ["A", "B", ""]), mind);
    if material.mentions("[[A]]") && material.mentions("[[B]]") {
        let equal = material.mentions("[[C]]").then_some("C");
        let (verdict, spread) = choice(mind, "overall", ["A", "B"], equal);
        let before = format!("{}\n\nFinal verdict: [[", reasoned());
        return Some(Spoken::of(&before, verdict, "]]", spread));
    }
    if material.told().contains("m or M") {
        let (verdict, spread) = choice(mind, "overall", ["m", "M"], None);
        return Some(Spoken::of("", verdict, "", spread));
    }
    let (first, second) = material.pair()?;
    if BOTH.iter().any(|wording| material.mentions(wording)) {
        let score =
            |text: &str| level(low, high, Quality::of_text(text, mind.sample).on("overall"));
        let text = format!("{} {}\n{}", score(first), score(second), reasoned());
        return Some(Spoken {
            text,
            verdict: None,
        });
    }
    if material.mentions("output (a)") && material.mentions("output (b)") {
        let (verdict, spread) = choice(mind, "overall", ["a", "b"], None);
        let explained = material.mentions("is better.\" verbatim");
        let (before, after) = if explained {
            let before = format!("{}\n\nTherefore, Output (", reasoned());
            (before, ") is better.")
        } else {
            ("Output (".to_owned(), ")")
        };
        return Some(Spoken::of(&before, verdict, after, spread));
    }
    NAMES.iter().find_map(|(wordings, [one, two, neither])| {
        let asked = wordings.iter().all(|wording| material.mentions(wording));
        asked.then(|| {
            let (verdict, spread) = choice(mind, "overall", [one, two], Some(neither));
            Spoken::of(&format!("{}\n", reasoned()), verdict, "", spread)
        })
    })
}

/// The better of two by its name, with how probable the names are. Where they are equal and must not be, the
/// first.
pub(crate) fn choice<'n>(
    mind: &Mind<'_>,
    subject: &str,
    [first, second]: [&'n str; 2],
    equal: Option<&'n str>,
) -> (&'n str, Spread) {
    let margin = mind.margin(subject, [first, second, equal.unwrap_or_default()]);
    let name = match equal {
        Some(equal) if margin == 0.0 => equal,
        _ if margin >= 0.0 => first,
        _ => second,
    };
    (name, spread::sides(first, second, equal, margin, name))
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
