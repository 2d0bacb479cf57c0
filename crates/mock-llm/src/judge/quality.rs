//! How good a text looks, from 0 to 1.

use crate::dice::Dice;
use crate::judge::material::Material;
use crate::tokens;

/// Text inspected for signs of bad work.
const INSPECTED: usize = 1 << 20;

/// A judge's impression of the candidate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    base: f64,
    candidate: Dice,
    sample: Dice,
}

impl Quality {
    /// The impression of the material; `sample` makes several answers of one judge differ a little.
    pub(crate) fn of(material: &Material<'_>, sample: Dice) -> Self {
        let candidate = Dice::of([material.candidate().as_bytes()]);
        Self {
            base: base(material.candidate()),
            candidate,
            sample,
        }
    }

    /// In one respect.
    pub(crate) fn on(&self, subject: &str) -> f64 {
        let own = self.candidate.on(subject).swing() * 0.06;
        let mood = self.sample.on(subject).swing() * 0.03;
        (self.base + own + mood).clamp(0.0, 1.0)
    }
}

/// Whether the first text is better; nothing when they are as good as equal.
pub(crate) fn better(first: &str, second: &str) -> Option<bool> {
    let difference = base(first) - base(second);
    (difference.abs() > 0.02).then_some(difference > 0.0)
}

fn base(text: &str) -> f64 {
    let spread = Dice::of([text.as_bytes()]).on("base").unit();
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
    use super::{base, better};

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
        assert_eq!(
            better("A complete answer with all of the details.", "TODO"),
            Some(true)
        );
        assert_eq!(
            better("the same text for both", "the same text for both"),
            None
        );
    }
}
