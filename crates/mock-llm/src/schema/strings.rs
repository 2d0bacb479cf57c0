//! Strings by the name of their property.

use crate::judge::mind::Mind;
use crate::judge::wording;
use crate::ordered::Ordered;
use crate::rng::SeededRng;

/// Where the string goes.
pub(super) struct Slot<'a> {
    /// The property, or that of the array it is an item of.
    pub(super) name: &'a str,
    /// The criterion it speaks of.
    pub(super) subject: &'a str,
    /// Position in an array.
    pub(super) index: usize,
}

/// Whether the property quotes the judged text.
pub(super) fn quotes(name: &str) -> bool {
    [
        "quote",
        "quotes",
        "evidence",
        "excerpt",
        "excerpts",
        "citation",
        "citations",
    ]
    .contains(&name)
}

/// Whether the property explains a judgement.
pub(super) fn explains(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "rationale",
        "reason",
        "explanation",
        "justification",
        "feedback",
        "analysis",
    ]
    .iter()
    .any(|stem| name.contains(stem))
}

/// A string for the slot that fits the schema's `format` and lengths.
pub(super) fn fill(slot: &Slot<'_>, schema: &Ordered, mind: &Mind<'_>, rng: SeededRng) -> String {
    let material = mind.material;
    let format = schema.get("format").and_then(Ordered::as_str);
    let text = formatted(format, rng).unwrap_or_else(|| {
        if quotes(slot.name) {
            material
                .quote(rng.on("quote").nth(0), slot.index)
                .to_owned()
        } else if explains(slot.name) {
            explanation(slot.subject, mind, rng)
        } else if ["criterion", "criterion_id", "name", "id"].contains(&slot.name) {
            format!("{}-{}", slot.subject, slot.index + 1)
        } else {
            wording::sentence(rng)
        }
    });
    fitted(text, schema)
}

/// Why: of the one candidate, or of the better of two.
fn explanation(subject: &str, mind: &Mind<'_>, rng: SeededRng) -> String {
    if mind.material.pair().is_some() {
        wording::comparison(subject, mind.margin(subject, ["A", "B", ""]), mind)
    } else {
        wording::rationale(subject, mind.quality(subject), mind.material, rng)
    }
}

fn formatted(format: Option<&str>, rng: SeededRng) -> Option<String> {
    let text = match format? {
        "date-time" => "2025-03-14T09:26:53Z".to_owned(),
        "date" => "2025-03-14".to_owned(),
        "time" => "09:26:53Z".to_owned(),
        "email" => "judge@example.com".to_owned(),
        "uri" | "url" => "https://example.com/".to_owned(),
        "uuid" => format!("00000000-0000-4000-8000-{:012x}", rng.bits() >> 16),
        _ => return None,
    };
    Some(text)
}

/// Lengths in a schema count characters.
fn fitted(text: String, schema: &Ordered) -> String {
    let length = |name: &str| {
        let length = schema.get(name).and_then(Ordered::as_u64)?;
        usize::try_from(length).ok()
    };
    let mut text: String = match length("maxLength") {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    };
    let missing = length("minLength")
        .unwrap_or(0)
        .saturating_sub(text.chars().count());
    text.extend(std::iter::repeat_n('.', missing.min(1 << 20)));
    text
}
