//! Finding the judged text in a prompt.

use std::cell::OnceCell;

use crate::ask::Turn;
use crate::dice::Dice;
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
    candidates: Vec<&'a str>,
    /// The candidates stand between marks.
    marked: bool,
    quotable: Vec<&'a str>,
    instructions: OnceCell<String>,
}

impl<'a> Material<'a> {
    /// Reads the conversation.
    pub(crate) fn of(turns: &'a [Turn]) -> Self {
        let last = turns
            .iter()
            .rev()
            .find(|turn| turn.role == "user")
            .or_else(|| turns.last());
        let user = last.map_or("", |turn| turn.text.as_str());
        let mut candidates = marked(user);
        let marked = !candidates.is_empty();
        if !marked {
            candidates.push(user);
        }
        let mut quotable = lines(candidates.iter().copied());
        if quotable.is_empty() {
            quotable = lines([user]);
        }
        if quotable.is_empty() {
            quotable.extend(
                candidates
                    .iter()
                    .map(|text| text.trim())
                    .filter(|text| !text.is_empty()),
            );
        }
        Self {
            turns,
            candidates,
            quotable,
            marked,
            instructions: OnceCell::new(),
        }
    }

    /// The judged text.
    pub(crate) fn candidate(&self) -> &'a str {
        self.candidates.first().copied().unwrap_or("")
    }

    /// Two texts to compare, when there are two.
    pub(crate) fn pair(&self) -> Option<(&'a str, &'a str)> {
        Some((
            self.candidates.first().copied()?,
            self.candidates.get(1).copied()?,
        ))
    }

    /// An exact fragment of the judged text; the index spreads several quotes over it.
    pub(crate) fn quote(&self, dice: Dice, index: usize) -> &'a str {
        let count = self.quotable.len().max(1);
        let line = self
            .quotable
            .get((dice.below(count) + index) % count)
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
        self.instructions.get_or_init(|| {
            let mut told = String::new();
            for turn in self.turns {
                let mut rest = turn.text.as_str();
                if self.marked {
                    for candidate in &self.candidates {
                        if let Some((before, after)) = rest.split_once(candidate) {
                            tell(&mut told, before);
                            rest = after;
                        }
                    }
                }
                tell(&mut told, rest);
            }
            told.make_ascii_lowercase();
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

/// Texts between `<candidate NONCE>` and `</candidate NONCE>` lines, or the marks of MT-bench.
fn marked(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let line = line.trim();
        match &open {
            Some((from, closer)) if line == closer => {
                found.extend(
                    text.get(*from..start)
                        .map(|inner| inner.trim_matches(['\n', '\r'])),
                );
                open = None;
            }
            Some(_) => {}
            None => open = closer(line).map(|closer| (offset, closer)),
        }
    }
    found
}

fn closer(line: &str) -> Option<String> {
    if let Some(rest) = line.strip_prefix("[The Start of Assistant") {
        return Some(format!("[The End of Assistant{rest}"));
    }
    let tag = line.strip_prefix('<')?.strip_suffix('>')?;
    tag.starts_with("candidate").then(|| format!("</{tag}>"))
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
    use super::Material;
    use crate::ask::Turn;
    use crate::dice::Dice;

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
            let quote = material.quote(Dice::of([b"q".as_slice()]), index);
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
    }

    #[test]
    fn an_unmarked_message_is_the_candidate() {
        let turns = user("short");
        let material = Material::of(&turns);
        assert_eq!(material.candidate(), "short");
        assert_eq!(material.quote(Dice::of([b"q".as_slice()]), 0), "short");
    }
}
