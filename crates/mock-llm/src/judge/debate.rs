//! The arguments of other debaters that a prompt shows, in blocks `<argument B1.correctness NONCE>`.

use crate::ask::Turn;
use crate::tokens;

/// Text looked at for one position.
const LOOKED_AT: usize = 4_096;
/// Words before a value.
const LABELS: &[&str] = &[
    "score",
    "rating",
    "better",
    "verdict",
    "value",
    "vote",
    "preference",
    "position",
];
/// Words between a label, or a name, and the value.
const FILLERS: &[&str] = &["is", "of", "candidate", "the"];

/// The last argument of each of the others.
#[derive(Debug, Default)]
pub(crate) struct Debate<'a> {
    arguments: Vec<Argument<'a>>,
}

#[derive(Debug)]
struct Argument<'a> {
    /// Such as `B1.correctness`, or `B1` for a block on all criteria.
    name: &'a str,
    body: &'a str,
}

/// What one of the others says on a subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position<'a> {
    /// The name of the argument without the criterion, such as `B1`.
    pub(crate) of: &'a str,
    text: &'a str,
}

impl<'a> Debate<'a> {
    /// Reads the conversation.
    pub(crate) fn of(turns: &'a [Turn]) -> Self {
        let mut arguments: Vec<Argument<'a>> = Vec::new();
        for turn in turns {
            blocks(&turn.text, &mut arguments);
        }
        let own = turns.iter().find_map(|turn| own_letter(&turn.text));
        let last = |letter: char, criterion: &str| {
            let same = arguments.iter().filter_map(|argument| {
                let (of, on) = split(argument.name);
                let number = numbered(of)?;
                (number.0 == letter && on == criterion).then_some(number.1)
            });
            same.max()
        };
        let kept: Vec<bool> = arguments
            .iter()
            .map(|argument| {
                let (of, criterion) = split(argument.name);
                numbered(of).is_some_and(|(letter, round)| {
                    Some(letter) != own && Some(round) == last(letter, criterion)
                })
            })
            .collect();
        let mut kept = kept.into_iter();
        arguments.retain(|_| kept.next().unwrap_or(false));
        Self { arguments }
    }

    /// Whether nobody else has argued.
    pub(crate) fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// What each of the others says on a criterion.
    pub(crate) fn on(&self, subject: &str) -> Vec<Position<'a>> {
        let position = |argument: &Argument<'a>| {
            let (of, criterion) = split(argument.name);
            if !criterion.is_empty() {
                return (criterion == subject).then_some(Position {
                    of,
                    text: argument.body,
                });
            }
            let named = format!("{of}.{subject}");
            let at = argument.body.find(&named).map(|at| at + named.len());
            // A block may also name its criteria without its own name before them.
            let at = at.or_else(|| Some(argument.body.find(subject)? + subject.len()))?;
            let rest = argument.body.get(at..)?;
            let end = rest.find(&format!("\n{of}.")).unwrap_or(rest.len());
            Some(Position {
                of,
                text: rest.get(..end)?,
            })
        };
        self.arguments.iter().filter_map(position).collect()
    }
}

impl Position<'_> {
    /// The number it stands for.
    pub(crate) fn number(&self) -> Option<f64> {
        self.read(|text| {
            let end = text
                .find(|character: char| {
                    !character.is_ascii_digit() && !['.', '-'].contains(&character)
                })
                .unwrap_or(text.len());
            text.get(..end)?.trim_end_matches('.').parse().ok()
        })
    }

    /// Which of some words it stands for; the longest, where one begins another.
    pub(crate) fn word(&self, words: &[&str]) -> Option<usize> {
        let begins = |text: &str, word: &str| {
            let same = text.get(..word.len()).is_some_and(|start| {
                // `a` is an article.
                start == word || (word.len() > 1 && start.eq_ignore_ascii_case(word))
            });
            let rest = text.get(word.len()..).unwrap_or_default();
            same && !rest.starts_with(char::is_alphanumeric)
        };
        self.read(|text| {
            let found = words
                .iter()
                .enumerate()
                .filter(|(_, word)| begins(text, word));
            found
                .max_by_key(|(_, word)| word.len())
                .map(|(index, _)| index)
        })
    }

    /// The value that the position begins with; else the one behind the first label that has one.
    fn read<T>(&self, value: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = tokens::clip(self.text, LOOKED_AT);
        if let Some(found) = value(beginning(text)) {
            return Some(found);
        }
        let lower = text.to_ascii_lowercase();
        let mut ends: Vec<usize> = LABELS
            .iter()
            .flat_map(|label| lower.match_indices(label))
            .map(|(at, label)| at + label.len())
            .collect();
        ends.sort_unstable();
        ends.into_iter()
            .find_map(|end| value(beginning(text.get(end..)?)))
    }
}

/// The text from its first word on, fillers left out.
fn beginning(text: &str) -> &str {
    let begin = |text: &'_ str| -> usize {
        text.find(|character: char| character.is_alphanumeric() || character == '-')
            .unwrap_or(text.len())
    };
    let mut rest = text.get(begin(text)..).unwrap_or_default();
    while let Some(after) = FILLERS.iter().find_map(|filler| {
        let after = rest.strip_prefix(filler)?;
        (!after.starts_with(char::is_alphanumeric)).then_some(after)
    }) {
        rest = after.get(begin(after)..).unwrap_or_default();
    }
    rest
}

/// `B1.correctness` as `B1` and `correctness`.
fn split(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((name, ""))
}

/// `B1` as `B` and 1.
fn numbered(name: &str) -> Option<(char, u32)> {
    let mut characters = name.chars();
    let letter = characters
        .next()
        .filter(|letter| ('A'..='H').contains(letter))?;
    Some((letter, characters.as_str().parse().ok()?))
}

fn blocks<'a>(text: &'a str, found: &mut Vec<Argument<'a>>) {
    let mut open: Option<(usize, &str, String)> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let line = line.trim();
        match &open {
            Some((from, name, closer)) if line == closer => {
                if let Some(body) = text.get(*from..start) {
                    found.push(Argument { name, body });
                }
                open = None;
            }
            Some(_) => {}
            None => {
                let tag = line
                    .strip_prefix('<')
                    .and_then(|line| line.strip_suffix('>'));
                // The last word is the nonce; the name of a criterion may have several.
                let name = tag.and_then(|tag| tag.strip_prefix("argument ")?.rsplit_once(' '));
                let name = name.map(|(name, _)| name);
                open = tag
                    .zip(name)
                    .map(|(tag, name)| (offset, name, format!("</{tag}>")));
            }
        }
    }
}

/// The letter under which the prompt addresses the model: its own arguments are not the others'.
fn own_letter(text: &str) -> Option<char> {
    let addresses = [
        "ou are ",
        "our name is ",
        "ou are debater ",
        "ou are judge ",
        "ou are called ",
    ];
    addresses.iter().find_map(|address| {
        text.match_indices(address).find_map(|(at, address)| {
            let mut rest = text.get(at + address.len()..)?.chars();
            let letter = rest.next().filter(|letter| ('A'..='H').contains(letter))?;
            let ends = rest.next().is_none_or(|next| !next.is_alphanumeric());
            ends.then_some(letter)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::Debate;
    use crate::ask::Turn;

    fn turns(text: &str) -> Vec<Turn> {
        vec![Turn {
            role: "user".into(),
            text: text.into(),
        }]
    }

    #[test]
    fn the_last_positions_of_the_others_are_read() {
        let turns = turns(
            "You are debater A.\n<argument A1 k>\nA1.style: 5\n</argument A1 k>\n\
             <argument B0 k>\nB0.style: 5\n</argument B0 k>\n\
             <argument B1 k>\nB1.style: 2 — plain.\nB1.tone (score: 3.5): better than A1.style\n</argument B1 k>\n\
             <argument C1 k>\n{\"style\": {\"rationale\": \"…\", \"score\": 4}}\n</argument C1 k>\n\
             <argument D1.style k>\nD1.style = false\n</argument D1.style k>",
        );
        let debate = Debate::of(&turns);
        let numbers = |subject: &str| -> Vec<(&str, Option<f64>)> {
            let positions = debate.on(subject);
            positions
                .iter()
                .map(|each| (each.of, each.number()))
                .collect()
        };
        assert_eq!(
            numbers("style"),
            [("B1", Some(2.0)), ("C1", Some(4.0)), ("D1", None)]
        );
        assert_eq!(numbers("tone"), [("B1", Some(3.5))]);
    }

    #[test]
    fn a_block_of_one_criterion_begins_with_its_verdict() {
        let turns = turns(
            "<argument B0.task fit k>\nscore 3.5: A score of 1 would be wrong.\n</argument B0.task fit k>\n\
             <argument C0.task fit k>\nvery good: Better than good.\n</argument C0.task fit k>\n\
             <argument D0.task fit k>\nA is better: B is not.\n</argument D0.task fit k>\n\
             <argument E0.task fit k>\nneither is better: A and B are alike.\n</argument E0.task fit k>",
        );
        let debate = Debate::of(&turns);
        let positions = debate.on("task fit");
        assert_eq!(positions[0].number(), Some(3.5));
        assert_eq!(
            positions[1].word(&["poor", "good", "very", "very good"]),
            Some(3)
        );
        let sides = ["A", "B", "neither"];
        assert_eq!(positions[2].word(&sides), Some(0));
        assert_eq!(positions[3].word(&sides), Some(2));
    }

    #[test]
    fn words_are_whole() {
        let turns = turns(
            "<argument B1 k>\nB1.style: better: Also the other. Better is candidate B.\n</argument B1 k>",
        );
        let debate = Debate::of(&turns);
        let positions = debate.on("style");
        assert_eq!(positions[0].word(&["A", "B", "tie"]), Some(1));
        assert_eq!(positions[0].number(), None);
    }

    #[test]
    fn only_the_own_nonce_ends_an_argument() {
        let turns = turns(
            "<argument B1 k>\nB1.x: 1\n</argument B1>\n<argument C1 k>\nC1.x: 5\n</argument B1 k>",
        );
        let debate = Debate::of(&turns);
        assert_eq!(debate.on("x").len(), 1);
        assert!(Debate::of(&[]).is_empty());
    }
}
