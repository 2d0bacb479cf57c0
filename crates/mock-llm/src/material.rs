//! What a prompt gives to be judged.

use crate::ask::Turn;
use crate::rng::SeededRng;
use crate::tokens;

/// Lines looked at for quotations.
const LINES: usize = 2_000;
/// Longest quotation in bytes.
const QUOTE: usize = 160;

/// Text inspected for signs of unfinished work.
const INSPECTED: usize = 1 << 20;

/// The judged texts.
#[derive(Debug)]
pub(crate) struct Material<'a> {
    /// One, or the two of a comparison by their names; the last user message where none are marked.
    candidates: Vec<Candidate<'a>>,
}

#[derive(Debug)]
struct Candidate<'a> {
    text: &'a str,
    /// Of the text alone.
    rng: SeededRng,
    unfinished: bool,
}

impl<'a> Material<'a> {
    /// Reads the conversation. Later turns may ask for a repair, and have no candidate themselves.
    pub(crate) fn of(turns: &'a [Turn]) -> Self {
        let users = || turns.iter().rev().filter(|turn| turn.role == "user");
        let marked = users().map(|turn| marked(&turn.text));
        let mut found = marked.into_iter().find(|found| !found.is_empty());
        let found = found.get_or_insert_with(|| {
            let last = users().next().or_else(|| turns.last());
            vec![("", last.map_or("", |turn| turn.text.as_str()))]
        });
        found.sort_by_key(|(name, _)| *name);
        Self {
            candidates: found.iter().map(|(_, text)| Candidate::of(text)).collect(),
        }
    }

    /// How good the candidate looks in one respect, from 0 to 1.
    pub(crate) fn quality(&self, subject: &str) -> f64 {
        let first = self.candidates.first();
        first.map_or(0.0, |candidate| candidate.quality(subject))
    }

    /// By how much the first of two is better than the second; the texts alone decide, and not their order.
    pub(crate) fn difference(&self, subject: &str) -> f64 {
        match self.candidates.as_slice() {
            [first, second, ..] => first.quality(subject) - second.quality(subject),
            _ => 0.0,
        }
    }

    /// A line of the judged texts, to the letter; the index spreads several over them.
    pub(crate) fn quote(&self, rng: SeededRng, index: usize) -> &'a str {
        let texts = || self.candidates.iter().map(|candidate| candidate.text);
        let lines = || texts().flat_map(str::lines).map(str::trim);
        let telling = |line: &&str| line.len() >= 12 && line.contains(char::is_alphabetic);
        let mut quotable: Vec<&str> = lines().take(LINES).filter(telling).collect();
        if quotable.is_empty() {
            quotable = lines()
                .take(LINES)
                .filter(|line| !line.is_empty())
                .collect();
        }
        let count = quotable.len().max(1);
        let line = quotable.get((rng.below(count) + index) % count);
        tokens::clip(line.copied().unwrap_or(""), QUOTE).trim_end()
    }
}

/// The texts between `<candidate NONCE>` and `</candidate NONCE>` lines, with the name that may stand before the nonce.
fn marked(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let tag = line
            .trim()
            .strip_prefix('<')
            .and_then(|line| line.strip_suffix('>'));
        match (open, tag) {
            (None, Some(tag)) if tag.starts_with("candidate ") => {
                open = Some((tag, offset + line.len()));
            }
            (Some((opening, from)), Some(tag)) if tag.strip_prefix('/') == Some(opening) => {
                let inner = text.get(from..offset).unwrap_or_default();
                found.push((opening, inner.trim_matches(['\n', '\r'])));
                open = None;
            }
            _ => {}
        }
        offset += line.len();
    }
    found
}

impl<'a> Candidate<'a> {
    fn of(text: &'a str) -> Self {
        let signs = ["TODO", "FIXME", "NotImplemented", "not implemented"];
        let inspected = tokens::clip(text, INSPECTED);
        Self {
            text,
            rng: SeededRng::of([text.as_bytes()]),
            unfinished: text.trim().len() < 24 || signs.iter().any(|sign| inspected.contains(sign)),
        }
    }

    /// Low for what is plainly unfinished; otherwise chance, by the text.
    fn quality(&self, subject: &str) -> f64 {
        let chance = self.rng.on(subject).unit();
        if self.unfinished {
            chance * 0.3
        } else {
            chance.mul_add(0.3, 0.65)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Material;
    use crate::ask::Turn;
    use crate::rng::SeededRng;

    fn user(text: &str) -> Turn {
        Turn::new("user", text)
    }

    fn texts<'a>(material: &Material<'a>) -> Vec<&'a str> {
        let texts = material.candidates.iter();
        texts.map(|candidate| candidate.text).collect()
    }

    #[test]
    fn the_candidate_ends_at_its_own_nonce_and_may_stand_in_an_earlier_turn() {
        let turns = [
            user(
                "Judge.\n<candidate x1>\nthe first line of it\n</candidate>\nthe last line of it\n</candidate x1>\nEnd.",
            ),
            user("That was no JSON. Give it again."),
        ];
        let material = Material::of(&turns);
        assert_eq!(
            texts(&material),
            ["the first line of it\n</candidate>\nthe last line of it"]
        );
        let quotes = [0, 1, 2].map(|index| material.quote(SeededRng::of([b"q".as_slice()]), index));
        assert!(
            quotes.contains(&"the first line of it") && quotes.contains(&"the last line of it")
        );
        assert_eq!(texts(&Material::of(&turns[1..])), [turns[1].text.as_str()]);
    }

    #[test]
    fn two_are_told_apart_by_name_and_unfinished_work_is_worse() {
        let [good, bad] = [
            "A whole and finished piece of work.",
            "TODO: the whole piece of work",
        ];
        let shown = |first: [&str; 2], second: [&str; 2]| {
            let block = |[name, text]: [&str; 2]| {
                format!("<candidate {name} k>\n{text}\n</candidate {name} k>\n")
            };
            user(&(block(first) + &block(second)))
        };
        let difference = |turn: Turn| Material::of(&[turn]).difference("style");
        assert!(difference(shown(["A", good], ["B", bad])) > 0.3);
        assert!(difference(shown(["B", bad], ["A", good])) > 0.3);
        assert!(difference(shown(["A", bad], ["B", good])) < -0.3);
        assert!(difference(shown(["A", good], ["B", good])).abs() < 1e-9);
    }
}
