//! The choices of a form, and where in a text one of them begins.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::rubric::{Meaning, Side};

use super::super::label::Kind;
use super::super::unseen::Seen;
use super::super::{Match, claim, lines, tail};

/// Nouns that may stand before a choice: `Option A`.
pub(in super::super) const NOUNS: &str =
    "assistant answer response output option model candidate submission system number";

/// The choices of a form.
pub(in super::super) struct Choices<'c> {
    /// The longest first.
    texts: Vec<(String, &'c Meaning)>,
    /// Whether the case of letters is disregarded.
    folded: bool,
    /// The criterion's name, where it is a label.
    pub(super) criterion: &'c str,
    /// Whether a sentence may claim one.
    pub(super) claims: bool,
}

impl<'c> Choices<'c> {
    pub(in super::super) fn new(
        choices: &'c BTreeMap<String, Meaning>,
        criterion: &'c str,
        claims: bool,
        folded: bool,
    ) -> Self {
        let alike = |text: &str| {
            let folds = choices.keys().map(|other| other.to_lowercase());
            folds.filter(|other| *other == text.to_lowercase()).count()
        };
        let seen = |text: &str| Seen::of(text, false).text.into_owned();
        let mut texts: Vec<(String, &Meaning)> = choices
            .iter()
            .filter(|(text, _)| !folded || (text.chars().count() > 1 && alike(text) == 1))
            .flat_map(|(text, meaning)| {
                let shorter = claims.then(|| claim::core(text)).flatten();
                std::iter::once(text.as_str())
                    .chain(shorter)
                    .map(move |text| (seen(text), meaning))
            })
            .filter(|(text, _)| !text.is_empty())
            .collect();
        texts.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        let criterion = if claims { criterion } else { "" };
        Self {
            texts,
            folded,
            criterion,
            claims,
        }
    }

    /// Whether they are those of a comparison, where a task's own options may be named alike.
    pub(super) fn are_sides(&self) -> bool {
        let is_side = |(_, meaning): &(String, &Meaning)| matches!(meaning, Meaning::Side(_));
        self.texts.iter().any(is_side)
    }

    /// That of two candidates which are alike.
    pub(in super::super) fn tie(&self) -> Option<&'c Meaning> {
        let mut meanings = self.texts.iter().map(|(_, meaning)| *meaning);
        meanings.find(|meaning| **meaning == Meaning::Side(Side::Tie))
    }

    pub(in super::super) fn labels(&self, last: bool) -> Kind<'c> {
        Kind::Decision {
            criterion: self.criterion,
            last,
        }
    }

    /// The choice that begins at a place, where it is no part of a longer word; of two sides that are compared (`A > B`) the better one.
    pub(in super::super) fn at(
        &self,
        text: &str,
        from: usize,
        to: usize,
    ) -> Option<Match<&'c Meaning>> {
        let spot = self.plain(text, from, to)?;
        Some(self.compared(text, &spot, to).unwrap_or(spot))
    }

    /// The better one of two sides with one mark between that compares them, the first of which is `spot`.
    fn compared(
        &self,
        text: &str,
        spot: &Match<&'c Meaning>,
        to: usize,
    ) -> Option<Match<&'c Meaning>> {
        let is_one = |each: &Meaning| matches!(each, Meaning::Side(Side::First | Side::Second));
        let rest = text.get(spot.at.end..to)?;
        let marks = rest.trim_start_matches(' ');
        let behind = marks.trim_start_matches(['>', '<']);
        let mark = marks.get(..marks.len() - behind.len())?;
        let is_greater = mark.chars().all(|each| each == '>');
        let place = to - behind.trim_start_matches(' ').len();
        let noun = behind_noun(text, place, to).map_or(place, |at| at + 1);
        let other = self.plain(text, noun, to)?;
        let after = text.get(other.at.end..to)?.trim_start();
        let is_plain = self.claims
            && (1..=2).contains(&mark.len())
            && (is_greater || !mark.contains('>'))
            && is_one(spot.what)
            && is_one(other.what)
            && spot.what != other.what
            && !after.starts_with(['>', '<', '=']);
        is_plain.then_some(Match {
            what: if is_greater { spot.what } else { other.what },
            at: spot.at.start..other.at.end,
        })
    }

    fn plain(&self, text: &str, from: usize, to: usize) -> Option<Match<&'c Meaning>> {
        let rest = text.get(from..to)?;
        let before = text.get(..from)?.chars().next_back();
        self.texts.iter().find_map(|(choice, meaning)| {
            let words = rest.get(..choice.len())?;
            let same = if self.folded {
                words.to_lowercase() == choice.to_lowercase()
            } else {
                words == choice
            };
            let first = words.chars().next()?;
            let last = words.chars().next_back()?;
            let next = rest.get(choice.len()..)?.chars().next();
            let apart = !before.is_some_and(|before| lines::join(before, first))
                && !next.is_some_and(|next| lines::join(last, next));
            (same && apart).then_some(Match {
                what: *meaning,
                at: from..from + choice.len(),
            })
        })
    }

    /// The choice that begins at a place, behind blanks, wrappers and a noun.
    pub(in super::super) fn begin(
        &self,
        text: &str,
        from: usize,
        to: usize,
    ) -> Option<Match<&'c Meaning>> {
        lines::openings(text, from, to).find_map(|at| {
            self.at(text, at, to).or_else(|| {
                let behind = behind_noun(text, at, to)?;
                lines::openings(text, behind, to).find_map(|at| self.at(text, at, to))
            })
        })
    }

    /// Whether a letter that looks like a choice, and is another one, stands where a choice would: alone in a line, or before `is
    /// better`.
    pub(super) fn is_imitated(&self, text: &str, part: Range<usize>) -> bool {
        let is_like = |word: &str| {
            let mut letters = word.chars();
            let looks = letters.next().and_then(look_alike);
            let looks = looks.filter(|_| letters.next().is_none());
            looks.is_some_and(|looks| {
                let mut texts = self.texts.iter();
                texts.any(|(choice, _)| choice.chars().eq([looks]))
            })
        };
        let is_mark =
            |each: char| lines::is_wrapper(each) || matches!(each, '.' | '!' | ' ' | '«' | '»');
        lines::lines(text, part).any(|line| {
            let said = text.get(line).unwrap_or_default();
            let mut words = said.split_whitespace();
            let value = said.rsplit([':', '：']).next().unwrap_or_default();
            is_like(value.trim_matches(is_mark))
                || words.any(|word| is_like(word.trim_matches(is_mark)))
                    && [" is better", " is the better", " wins"]
                        .iter()
                        .any(|claim| said.contains(claim))
        })
    }

    /// Whether another choice or a condition is joined to one: `A, or B`, `A, if it ran`.
    pub(in super::super) fn is_joined(&self, text: &str, from: usize, to: usize) -> bool {
        lines::is_left_open(text, from, to, |at| Some(self.begin(text, at, to)?.at.end))
    }

    /// Whether what stands behind a choice takes it back, at least in part: `A, or B`, `A, if it ran`, `A (revised: B)`.
    pub(in super::super) fn is_left_open(
        &self,
        text: &str,
        chosen: &Meaning,
        from: usize,
        to: usize,
    ) -> bool {
        let rival = |at| self.rival(text, chosen, at, to);
        self.is_joined(text, from, to) || !tail::leaves_choice(text, from, to, rival)
    }

    /// The place behind a choice with another meaning than `own`, where one begins.
    pub(in super::super) fn rival(
        &self,
        text: &str,
        chosen: &Meaning,
        at: usize,
        to: usize,
    ) -> Option<usize> {
        let other = self.named(text, at, to)?;
        (other.what != chosen).then_some(other.at.end)
    }

    /// The choice that begins at a place, in another case too where it has more than one character.
    fn named(&self, text: &str, from: usize, to: usize) -> Option<Match<&'c Meaning>> {
        self.at(text, from, to).or_else(|| {
            let rest = text.get(from..to)?;
            let before = text.get(..from)?.chars().next_back();
            self.texts.iter().find_map(|(choice, meaning)| {
                let words = rest.get(..choice.len())?;
                let next = rest.get(choice.len()..)?.chars().next();
                let is_apart = ![before, next]
                    .into_iter()
                    .flatten()
                    .any(char::is_alphanumeric);
                let is_same = choice.len() > 1 && words.to_lowercase() == choice.to_lowercase();
                (is_same && is_apart).then_some(Match {
                    what: *meaning,
                    at: from..from + choice.len(),
                })
            })
        })
    }
}

/// The Latin letter that a Greek or Cyrillic one looks like.
fn look_alike(each: char) -> Option<char> {
    let cyrillic = "АВСЕНКМОРТХ".chars().zip("ABCEHKMOPTX".chars());
    let greek = "ΑΒΕΗΙΚΜΝΟΡΤΧ".chars().zip("ABEHIKMNOPTX".chars());
    let mut all = cyrillic.chain(greek);
    all.find(|(other, _)| *other == each)
        .map(|(_, latin)| latin)
}

/// The place behind a noun and its blank.
fn behind_noun(text: &str, from: usize, to: usize) -> Option<usize> {
    let rest = text.get(from..to)?;
    NOUNS.split(' ').find_map(|noun| {
        let word = rest.get(..noun.len())?;
        let behind = rest.get(noun.len()..)?;
        (word.eq_ignore_ascii_case(noun) && behind.starts_with([' ', '(']))
            .then_some(from + noun.len())
    })
}
