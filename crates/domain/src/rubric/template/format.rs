//! Prompts in the manner of Python's `str.format`: `{name}`, with `{{` and `}}` for braces.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::compiled::Failure;
use super::{MAX_RENDERED, names};

/// A prompt, taken apart.
#[derive(Debug)]
pub(super) struct Template<'s> {
    pieces: Vec<Piece<'s>>,
}

#[derive(Debug)]
enum Piece<'s> {
    Text(&'s str),
    Name(&'s str),
}

impl<'s> Template<'s> {
    /// Takes a prompt apart; what is wrong with it otherwise, each thing once.
    pub(super) fn new(source: &'s str) -> Result<Self, Vec<String>> {
        let mut pieces = Vec::new();
        let mut problems = Vec::new();
        let mut rest = source;
        while let Some(at) = rest.find(['{', '}']) {
            let (text, brace) = rest.split_at(at);
            pieces.push(Piece::Text(text));
            if let Some(after) = brace.strip_prefix("{{") {
                pieces.push(Piece::Text("{"));
                rest = after;
            } else if let Some(after) = brace.strip_prefix("}}") {
                pieces.push(Piece::Text("}"));
                rest = after;
            } else if let Some(after) = brace.strip_prefix('}') {
                problems.push(format!("a `}}` closes nothing; {DOUBLED}"));
                rest = after;
            } else if let Some((field, after)) = opened(brace) {
                match name(field) {
                    Ok(name) => pieces.push(Piece::Name(name)),
                    Err(problem) => problems.push(problem),
                }
                rest = after;
            } else {
                problems.push(format!(
                    "a `{{` is not closed before the next one; {DOUBLED}"
                ));
                rest = "";
            }
        }
        pieces.push(Piece::Text(rest));
        problems.dedup();
        if problems.is_empty() {
            Ok(Self { pieces })
        } else {
            Err(problems)
        }
    }

    /// The names that it uses, as they are written.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Name(name) => Some((*name).to_owned()),
                Piece::Text(_) => None,
            })
            .collect()
    }

    /// Fills it in.
    pub(super) fn render(
        &self,
        values: &BTreeMap<&'static str, Cow<'_, str>>,
    ) -> Result<String, Failure> {
        let mut rendered = String::new();
        for piece in &self.pieces {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Name(name) => {
                    let known = names::canonical(name)
                        .ok_or_else(|| Failure::Other(names::unknown(name)))?;
                    values.get(known).ok_or(Failure::Absent(known))?.as_ref()
                }
            };
            if rendered.len() + text.len() > MAX_RENDERED {
                return Err(Failure::TooLong);
            }
            rendered.push_str(text);
        }
        Ok(rendered)
    }
}

const DOUBLED: &str = "braces that are meant as such are doubled: `{{` and `}}`";

/// What stands between a brace and the next closing one, and what follows.
fn opened(brace: &str) -> Option<(&str, &str)> {
    let (field, after) = brace.strip_prefix('{')?.split_once('}')?;
    (!field.contains('{')).then_some((field, after))
}

fn name(field: &str) -> Result<&str, String> {
    let word = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && text
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    if word(field) {
        return Ok(field);
    }
    let head = field.split(['!', ':', '.', '[']).next().unwrap_or(field);
    Err(if field.is_empty() {
        "`{}` names no value: write its name, as in `{input}`, or double the braces".to_owned()
    } else if head.chars().all(|digit| digit.is_ascii_digit()) && !head.is_empty() {
        format!("`{{{field}}}` has a number in place of a name: values are used by name")
    } else if word(head) {
        format!(
            "`{{{field}}}`: conversions, formats, attributes and indices are not available, only `{{{head}}}`"
        )
    } else {
        format!("`{{{}}}` is not a name; {DOUBLED}", shortened(field))
    })
}

/// The beginning of a text, for a message.
fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}
