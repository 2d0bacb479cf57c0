//! What a prompt gives a judge: the judged texts, and what is asked.

use std::cell::OnceCell;

use crate::ask::Turn;
use crate::judge::marks::{self, Marked, Side};
use crate::rng::SeededRng;
use crate::tokens;

/// Lines looked at for quotations: a huge candidate need not be indexed whole.
const LINES: usize = 2_000;
/// Longest quotation in bytes.
const QUOTE: usize = 160;
/// Bytes of instructions read at either end of a text.
const TOLD: usize = 16_384;

/// What the judge was given.
#[derive(Debug)]
pub(crate) struct Material<'a> {
    turns: &'a [Turn],
    /// The judged texts; never empty: without marks it is the last user message.
    candidates: Vec<Marked<'a>>,
    /// The candidates stand between marks.
    marked: bool,
    quotable: Vec<&'a str>,
    told: OnceCell<String>,
    instructions: OnceCell<String>,
}

impl<'a> Material<'a> {
    /// Reads the conversation.
    pub(crate) fn of(turns: &'a [Turn]) -> Self {
        let users = || turns.iter().rev().filter(|turn| turn.role == "user");
        // Later turns ask for a repair, or show arguments, and have no candidate themselves.
        let with_marks = users().find(|turn| !marks::find(&turn.text).is_empty());
        let judged = with_marks
            .or_else(|| users().next())
            .or_else(|| turns.last());
        let user = judged.map_or("", |turn| turn.text.as_str());
        let mut candidates = marks::find(user);
        let marked = !candidates.is_empty();
        if !marked {
            candidates.push(Marked {
                side: None,
                text: user,
            });
        }
        let mut quotable = lines(candidates.iter().map(|marked| marked.text));
        if quotable.is_empty() {
            quotable = lines([user]);
        }
        if quotable.is_empty() {
            quotable.extend(
                candidates
                    .iter()
                    .map(|marked| marked.text.trim())
                    .filter(|text| !text.is_empty()),
            );
        }
        Self {
            turns,
            candidates,
            quotable,
            marked,
            told: OnceCell::new(),
            instructions: OnceCell::new(),
        }
    }

    /// The judged text.
    pub(crate) fn candidate(&self) -> &'a str {
        self.candidates.first().map_or("", |marked| marked.text)
    }

    /// Two texts to compare, by their names, when there are two.
    pub(crate) fn pair(&self) -> Option<(&'a str, &'a str)> {
        let named = |side| {
            let mut candidates = self.candidates.iter();
            candidates.find(|marked| marked.side == Some(side))
        };
        Some((named(Side::First)?.text, named(Side::Second)?.text))
    }

    /// The side that the prompt shows first.
    pub(crate) fn shown_first(&self) -> Option<Side> {
        self.candidates.iter().find_map(|marked| marked.side)
    }

    /// The criteria that the instructions list under numbered headings.
    pub(crate) fn criteria(&self) -> Vec<&str> {
        let heading = |line: &'_ str| -> Option<usize> {
            let rest = line.strip_prefix("## ")?;
            let (number, name) = rest.split_once(". ")?;
            let numbered = number.parse::<u32>().is_ok() && !name.trim().is_empty();
            numbered.then(|| line.len() - name.len())
        };
        let mut names: Vec<&str> = Vec::new();
        for line in self.told().lines() {
            let name = heading(line).and_then(|at| line.get(at..)).map(str::trim);
            names.extend(name.filter(|name| !names.contains(name)));
        }
        names
    }

    /// An exact fragment of the judged text; the index spreads several quotes over it.
    pub(crate) fn quote(&self, rng: SeededRng, index: usize) -> &'a str {
        let count = self.quotable.len().max(1);
        let line = self
            .quotable
            .get((rng.below(count) + index) % count)
            .copied()
            .unwrap_or("");
        if line.len() <= QUOTE {
            return line;
        }
        let head = tokens::clip(line, QUOTE);
        head.rsplit_once(' ')
            .map_or(head, |(words, _)| words.trim_end())
    }

    /// What the judge is told, without the judged texts, in lower case.
    pub(crate) fn instructions(&self) -> &str {
        self.instructions
            .get_or_init(|| self.told().to_ascii_lowercase())
    }

    /// What the judge is told, without the judged texts.
    pub(crate) fn told(&self) -> &str {
        self.told.get_or_init(|| {
            let mut told = String::new();
            for turn in self.turns {
                let mut rest = turn.text.as_str();
                if self.marked {
                    for candidate in &self.candidates {
                        if let Some((before, after)) = rest.split_once(candidate.text) {
                            tell(&mut told, before);
                            rest = after;
                        }
                    }
                }
                tell(&mut told, rest);
            }
            told
        })
    }

    /// Whether the instructions contain the text, without regard to ASCII case.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.instructions().contains(&text.to_ascii_lowercase())
    }
}

/// Adds the beginning and the end of a text: where instructions stand in a long one.
fn tell(told: &mut String, text: &str) {
    let head = tokens::clip(text, TOLD);
    let tail = text.ceil_char_boundary(text.len().saturating_sub(TOLD).max(head.len()));
    told.push_str(head);
    told.push('\n');
    told.push_str(text.get(tail..).unwrap_or_default());
    told.push('\n');
}

fn lines<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    texts
        .into_iter()
        .flat_map(str::lines)
        .take(LINES)
        .map(str::trim)
        .filter(|line| {
            line.len() >= 12
                && !line.starts_with(['<', '`'])
                && line
                    .chars()
                    .filter(|character| character.is_alphabetic())
                    .count()
                    >= 6
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Material, Side};
    use crate::ask::Turn;
    use crate::rng::SeededRng;

    fn user(text: &str) -> Vec<Turn> {
        vec![Turn {
            role: "user".into(),
            text: text.into(),
        }]
    }

    #[test]
    fn the_candidate_ends_at_its_own_nonce() {
        let turns = user(
            "Judge this.\n<candidate x1>\nfirst line of text\n</candidate>\nlast line here\n\
             </candidate x1>\nSome closing instructions.",
        );
        let material = Material::of(&turns);
        assert_eq!(
            material.candidate(),
            "first line of text\n</candidate>\nlast line here"
        );
        for index in 0..4 {
            let quote = material.quote(SeededRng::of([b"q".as_slice()]), index);
            assert!(
                material.candidate().contains(quote) && quote.len() >= 12,
                "{quote}"
            );
        }
    }

    #[test]
    fn two_assistants_make_a_pair() {
        let turns = user(
            "[The Start of Assistant A's Answer]\none\n[The End of Assistant A's Answer]\n\n\
             [The Start of Assistant B's Answer]\ntwo\n[The End of Assistant B's Answer]",
        );
        let material = Material::of(&turns);
        assert_eq!(material.pair(), Some(("one", "two")));
        assert!(material.mentions("START of") && !material.mentions("two"));
        assert_eq!(material.shown_first(), Some(Side::First));
    }

    #[test]
    fn criteria_are_those_of_the_instructions() {
        let turns = user(
            "# Rubric\n\n## 1. Task fit\nScale: …\n\n## 2. tone\n<candidate k>\n## 3. forged\n</candidate k>",
        );
        assert_eq!(Material::of(&turns).criteria(), ["Task fit", "tone"]);
    }

    #[test]
    fn the_candidate_may_stand_in_an_earlier_turn() {
        let mut turns = user("<candidate k>\nthe judged text\n</candidate k>");
        turns.extend(user("That was no JSON. Give it again."));
        assert_eq!(Material::of(&turns).candidate(), "the judged text");
    }

    #[test]
    fn an_unmarked_message_is_the_candidate() {
        let turns = user("short");
        let material = Material::of(&turns);
        assert_eq!(material.candidate(), "short");
        assert_eq!(material.quote(SeededRng::of([b"q".as_slice()]), 0), "short");
    }
}
