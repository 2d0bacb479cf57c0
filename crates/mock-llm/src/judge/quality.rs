//! How good a text looks, from 0 to 1.

use crate::judge::material::Material;
use crate::rng::SeededRng;
use crate::tokens;

/// Text inspected for signs of bad work.
const INSPECTED: usize = 1 << 20;

/// A judge's impression of the candidate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    base: f64,
    shift: f64,
    candidate: SeededRng,
    sample: SeededRng,
}

impl Quality {
    /// The impression of the material; `sample` makes several answers of one judge differ a little, `shift`
    /// the judges.
    pub(crate) fn of(material: &Material<'_>, sample: SeededRng, shift: f64) -> Self {
        Self::of_text(material.candidate(), sample).shifted_by(shift)
    }

    /// The impression of one text.
    pub(crate) fn of_text(text: &str, sample: SeededRng) -> Self {
        Self {
            base: base(text),
            shift: 0.0,
            candidate: SeededRng::of([text.as_bytes()]),
            sample,
        }
    }

    /// The same impression, differently shifted.
    pub(crate) fn shifted_by(self, difference: f64) -> Self {
        Self {
            shift: self.shift + difference,
            ..self
        }
    }

    /// In one respect.
    pub(crate) fn on(&self, subject: &str) -> f64 {
        let mood = self.sample.on(subject).swing() * 0.03;
        (self.base + respect(self.candidate, subject) + mood + self.shift).clamp(0.0, 1.0)
    }
}

/// By how much the first text is better in one respect, from -1 to 1. The texts alone decide: the same two the
/// other way round have the opposite difference.
pub(crate) fn difference(first: &str, second: &str, subject: &str) -> f64 {
    let impression = |text: &str| base(text) + respect(SeededRng::of([text.as_bytes()]), subject);
    impression(first) - impression(second)
}

/// How a text differs in one respect from what it is like on the whole.
fn respect(text: SeededRng, subject: &str) -> f64 {
    text.on(subject).swing() * 0.06
}

fn base(text: &str) -> f64 {
    let spread = SeededRng::of([text.as_bytes()]).on("base").unit();
    match suspicion(tokens::clip(text, INSPECTED)) {
        2 => spread.mul_add(0.22, 0.02),
        1 => spread.mul_add(0.20, 0.20),
        _ => spread.mul_add(0.38, 0.56),
    }
}

/// 2 for plainly unfinished work, 1 for a smell, 0 for none.
fn suspicion(text: &str) -> u8 {
    let unfinished = ["TODO", "FIXME", "XXX", "NotImplemented"];
    if text.trim().len() < 24 || unfinished.iter().any(|sign| text.contains(sign)) {
        return 2;
    }
    let lower = text.to_ascii_lowercase();
    let helpless = [
        "not implemented",
        "unimplemented",
        "lorem ipsum",
        "i don't know",
        "i cannot",
    ];
    if helpless.iter().any(|sign| lower.contains(sign)) {
        return 2;
    }
    u8::from(
        ["error", "exception", "traceback"]
            .iter()
            .any(|sign| lower.contains(sign)),
    )
}

#[cfg(test)]
mod tests {
    use super::{base, difference};

    #[test]
    fn bad_signs_come_out_lower() {
        let good = base("The function sorts the list and returns it to the caller.");
        for bad in [
            "The function sorts the list. TODO: return it.",
            "This part is not implemented so far, sorry about it.",
            "The run ended with an error in the second step of it.",
            "ok",
        ] {
            assert!(base(bad) < 0.45 && good > 0.55, "{bad}");
        }
        let good = "A complete answer with all of the details.";
        for subject in ["style", "tone", "overall"] {
            assert!(difference(good, "TODO", subject) > 0.1);
            assert!(difference("TODO", good, subject) < -0.1);
            assert!(difference(good, good, subject).abs() < 1e-9);
        }
    }
}
