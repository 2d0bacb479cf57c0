//! What a model of a certain character thinks of the material.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::ask::Ask;
use crate::control::opinion::{Bias, Character};
use crate::judge::debate::{Debate, Position};
use crate::judge::marks::Side;
use crate::judge::material::Material;
use crate::judge::quality::{self, Quality};
use crate::rng::SeededRng;

/// Differences below this are none.
const SLIGHT: f64 = 0.02;
/// How sides are called, besides by the words of a schema.
const FIRST: [&str; 2] = ["A", "first"];
const SECOND: [&str; 2] = ["B", "second"];
const EQUAL: [&str; 3] = ["tie", "equal", "neither"];

/// A mind that may be changed by arguments.
#[derive(Debug)]
pub(crate) struct Mind<'a> {
    /// What it was given.
    pub(crate) material: &'a Material<'a>,
    /// Chance.
    pub(crate) sample: SeededRng,
    /// Scores are whole where the scale is: their tokens will be weighed.
    pub(crate) whole: bool,
    quality: Quality,
    character: Character,
    debate: &'a Debate<'a>,
    /// What it came to on each subject, once it had to decide.
    settled: RefCell<BTreeMap<String, f64>>,
    /// The arguments that changed its mind.
    movers: RefCell<Vec<String>>,
}

impl<'a> Mind<'a> {
    /// The mind that answers one choice of a request.
    pub(crate) fn new(
        ask: &Ask,
        material: &'a Material<'a>,
        debate: &'a Debate<'a>,
        (quality, character): (Quality, Character),
        sample: SeededRng,
    ) -> Self {
        Self {
            material,
            sample,
            whole: ask.logprobs,
            quality,
            character,
            debate,
            settled: RefCell::default(),
            movers: RefCell::default(),
        }
    }

    /// Comes round wholly: what a moderator does who reads all sides.
    pub(crate) fn moderating(mut self) -> Self {
        self.character.yields = 1.0;
        self
    }

    /// What a moderator says to the question.
    pub(crate) fn consensus(&self) -> bool {
        self.character.consensus
    }

    /// The quality in one respect: what was decided on it, or the first impression.
    pub(crate) fn quality(&self, subject: &str) -> f64 {
        let settled = self.settled.borrow().get(subject).copied();
        settled.unwrap_or_else(|| self.quality.on(subject))
    }

    /// Decides on the quality, from 0 to 1. `read` says what another's position is worth.
    pub(crate) fn decide(&self, subject: &str, read: impl Fn(&Position<'_>) -> Option<f64>) -> f64 {
        let own = self.quality.on(subject);
        let without_shift = self.quality.shifted_by(-self.character.shift).on(subject);
        let decided = self.yielding(subject, own, without_shift, read);
        self.settled
            .borrow_mut()
            .insert(subject.to_owned(), decided);
        decided
    }

    /// By how much the first of two is better, from -1 to 1; nothing in between 0 and a slight difference.
    /// `sides` is what a schema calls the first, the second and neither.
    pub(crate) fn margin(&self, subject: &str, sides: [&str; 3]) -> f64 {
        let mut own = match self.material.pair() {
            Some((first, second)) => quality::difference(first, second, subject),
            None => self.sample.on("pair").swing().signum() * 0.5,
        };
        if self.character.contrary {
            own = -own;
        }
        let named = [(&FIRST[..], 1.0), (&SECOND, -1.0), (&EQUAL, 0.0)];
        let names: Vec<(&str, f64)> = sides
            .into_iter()
            .zip(named)
            .flat_map(|(side, (others, worth))| {
                let all = std::iter::once(side).chain(others.iter().copied());
                all.filter(|name| !name.is_empty())
                    .map(move |name| (name, worth))
            })
            .collect();
        let words: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        let read = |position: &Position<'_>| {
            let (_, worth) = names.get(position.word(&words)?)?;
            Some(*worth)
        };
        let mut margin = self.yielding(subject, own, own, read);
        if self.character.bias == Some(Bias::First) {
            margin = match self.material.shown_first() {
                Some(Side::First) | None => 0.5,
                Some(Side::Second) => -0.5,
            };
        }
        if margin.abs() <= SLIGHT { 0.0 } else { margin }
    }

    /// The argument that changed its mind; nothing when none did.
    pub(crate) fn moved_by(&self) -> Option<String> {
        self.movers.borrow().first().cloned()
    }

    /// Moves a value towards what the others say of it; without words that can be read, towards `middle`.
    fn yielding(
        &self,
        subject: &str,
        own: f64,
        middle: f64,
        read: impl Fn(&Position<'_>) -> Option<f64>,
    ) -> f64 {
        if self.character.yields == 0.0 || self.debate.is_empty() {
            return own;
        }
        let positions = self.debate.on(subject);
        let values: Vec<(&Position<'_>, f64)> = positions
            .iter()
            .filter_map(|position| Some((position, read(position)?)))
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "there are a few debaters")]
        let mean = values.iter().map(|(_, value)| value).sum::<f64>() / values.len() as f64;
        let towards = if values.is_empty() { middle } else { mean };
        let moved = self.character.yields.mul_add(towards - own, own);
        if (moved - own).abs() > SLIGHT {
            // The first of those that are equally far.
            let furthest = values
                .iter()
                .rev()
                .max_by(|left, right| (left.1 - own).abs().total_cmp(&(right.1 - own).abs()))
                .map(|(position, _)| *position);
            let mover = furthest.or_else(|| positions.first());
            let named = mover.map(|position| format!("{}.{subject}", position.of));
            self.movers.borrow_mut().extend(named);
        }
        moved
    }
}
