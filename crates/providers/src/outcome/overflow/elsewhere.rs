//! What is too much, and is not the input: the output, another parameter, things that are counted.

use super::words::{BOUNDS, NAMES_INPUT, OF_OUTPUT};
use crate::phrases::has_any;

/// What a text is measured in, or is.
const UNITS: &[&str] = &[
    "",
    "token",
    "tokens",
    "input",
    "prompt",
    "context",
    "total",
    "text",
    "characters",
    "chars",
    "words",
    "bytes",
    "positions",
];

/// Parts of the names of parameters that are, or bound, the input.
const INPUT_PARTS: &[&str] = &[
    "input", "inputs", "prompt", "context", "ctx", "model", "seq", "sequence", "total", "text",
    "message", "messages", "content", "request", "length", "body", "limit",
];

/// Whether there are too many, or at the most so many, of what is no part of a text: images, requests, tools.
pub(super) fn is_of_other_things(message: &str) -> bool {
    let is_mark = |c: char| !c.is_alphanumeric() && c != '_';
    let words: Vec<&str> = message
        .split(is_mark)
        .filter(|word| !word.is_empty())
        .collect();
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let is_plural = |word: &str| {
        word.len() > 3 && word.ends_with('s') && !UNITS.contains(&word) && word != "this"
    };
    (0..words.len()).any(|at| match (word(at), word(at + 1)) {
        ("too", "many") => {
            let is_of_other = word(at + 3) == "in" && is_other_parameter(word(at + 4));
            is_of_other || !UNITS.contains(&word(at + 2))
        }
        ("at", "most")
        | ("up", "to")
        | ("more" | "greater", "than")
        | ("limit" | "maximum", "of") => is_number(word(at + 2)) && is_plural(word(at + 3)),
        _ => false,
    })
}

/// Whether a word is the name of a parameter, and not of an error, that neither is the input nor bounds it.
fn is_other_parameter(word: &str) -> bool {
    const OF_ERRORS: &[&str] = &["error", "invalid", "bad", "exceeded", "id"];
    let is_part = |part| INPUT_PARTS.contains(&part) || OF_ERRORS.contains(&part);
    word.contains('_') && !word.split('_').any(is_part)
}

/// The names of such parameters in a text, without those of bounds of the output.
fn other_parameters(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|name| is_other_parameter(name) && !BOUNDS.contains(name))
}

/// Whether a text names one.
pub(super) fn names_other_parameter(text: &str) -> bool {
    other_parameters(text).next().is_some()
}

/// Whether it is another parameter than the input that is too large: its name is what is complained of.
pub(super) fn is_of_other_parameter(message: &str) -> bool {
    let blames = [
        "is too ", "must", "should", "cannot", "can't", "exceed", "too ",
    ];
    other_parameters(message).any(|name| is_blamed(message, name, &blames))
}

/// Whether a sum in brackets, such as `(4096 > 8192 - 7100)`, shows that the output would fit but for the input.
fn is_short_by_input(message: &str) -> bool {
    message.split('(').skip(1).any(|behind| {
        let sum = behind.split(')').next().unwrap_or_default();
        let parts = sum.split_once('>').and_then(|(asked, rest)| {
            let (most, input) = rest.split_once('-')?;
            let number = |text: &str| text.trim().parse::<u64>().ok();
            Some((number(asked)?, number(most)?, number(input)?))
        });
        parts.is_some_and(|(asked, most, _)| asked <= most)
    })
}

/// Whether it is the bound of the output alone that is too large: its name is what is complained of, and not a part of
/// a sum.
pub(super) fn is_of_output(message: &str) -> bool {
    if has_any(message, OF_OUTPUT) && !has_any(message, NAMES_INPUT) {
        return true;
    }
    if is_short_by_input(message) {
        return false;
    }
    let blames = [
        "is ", "must", "should", "cannot", "can't", "exceed", ":", "value", "too ", "larger",
        "greater",
    ];
    BOUNDS.iter().any(|name| is_blamed(message, name, &blames))
}

/// Whether a name is what a message complains of in one of these words, and not a part of a sum.
fn is_blamed(message: &str, name: &str, blames: &[&str]) -> bool {
    message.match_indices(name).any(|(at, _)| {
        let is_mark = |c: char| matches!(c, '`' | '\'' | '"' | '(' | ')') || c.is_whitespace();
        let is_value = |c: char| is_mark(c) || c.is_ascii_digit();
        let before = message.get(..at).unwrap_or_default();
        let before = before.trim_end_matches(is_mark);
        let behind = message.get(at + name.len()..).unwrap_or_default();
        let behind = behind.trim_start_matches(is_value);
        let is_summed = ["and", "+", "plus"]
            .iter()
            .any(|word| before.ends_with(word));
        !is_summed && blames.iter().any(|word| behind.starts_with(word))
    })
}

/// Whether nothing is left for the output: its bound, which is what the input leaves of the context, is below zero.
pub(super) fn has_no_room(message: &str) -> bool {
    let is_negative = message.match_indices('-').any(|(at, _)| {
        let before = message.get(..at).unwrap_or_default().chars().next_back();
        let behind = message.get(at + 1..).unwrap_or_default();
        before.is_some_and(|c| c == '=' || c == ':' || c.is_whitespace())
            && behind.starts_with(|c: char| c.is_ascii_digit())
    });
    let blames = ["must", "should", "cannot", "is "];
    is_negative && BOUNDS.iter().any(|name| is_blamed(message, name, &blames))
}
