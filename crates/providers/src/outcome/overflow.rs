//! How a provider says that the input is too long for the model.
//!
//! Nobody says it in the same words. What all say is what is measured (tokens, the context, the prompt) and that it is
//! too much: in so many words, or as a limit and what was sent instead. What else has a limit, and may be measured in
//! tokens, says what it is: a rate, a key, a filter, another parameter, or the bound of the output.

mod elsewhere;
mod languages;
mod numbers;
mod words;

use judging::Message;

use self::elsewhere::{
    has_no_room, is_of_other_parameter, is_of_other_things, is_of_output, names_other_parameter,
};
use self::words::{
    BOUNDS, INSTEAD, LENGTH, LIMIT, MEASURED, MORE, OF_INPUT, OF_MODEL, OF_SOMETHING_ELSE, PASSING,
    SUBJECT, TOO_MUCH,
};
use super::plain::{sentences, without_hints, without_quotations};
use super::rate;
use crate::phrases::has_any;

/// Whether a message, in lower case, says that the input is too long, in words that the request does not have.
pub(super) fn is_said(message: &str, request: &[Message]) -> bool {
    let says = |message: &str| {
        let message = &without_hints(message);
        says_for_sure(message) || says(message)
    };
    says(message) && (request.is_empty() || says(&without_quotations(message, request)))
}

/// Whether a message, in lower case, says so that it can mean nothing else: in one sentence what only an input has, and
/// that it is too much. A server that fails says many things of contexts, prompts and tokens.
pub(super) fn is_said_for_sure(message: &str, request: &[Message]) -> bool {
    let is_sure = |message: &str| says_for_sure(&without_hints(message));
    is_sure(message) && (request.is_empty() || is_sure(&without_quotations(message, request)))
}

fn says_for_sure(message: &str) -> bool {
    let is_compared = has_any(message, INSTEAD) && is_weighed(message);
    let is_excess = |text: &str| {
        has_any(text, OF_INPUT)
            && (has_any(text, TOO_MUCH)
                || (has_any(text, LIMIT) && is_compared)
                || (has_any(text, MORE) && is_weighed(text)))
    };
    // What stands in brackets may part a subject from what is said of it.
    let says_it = |sentence: &&str| {
        let is_said = is_excess(sentence) || is_excess(&without_brackets(sentence));
        (is_said && !is_of_something_else(sentence) && !has_any(sentence, FILES))
            || has_no_room(sentence)
    };
    // A rate has no context and no model.
    let mut said = sentences(message).filter(says_it);
    (message.contains("contextwindow") && !is_of_something_else(message))
        || (said.any(|sentence| has_any(sentence, OF_MODEL) || !passes_beside(message, sentence))
            && (!is_of_output(message) || has_no_room(message)))
}

/// Whether another sentence is about what passes: that may as well be why this one is said.
fn passes_beside(message: &str, said: &str) -> bool {
    let mut others = sentences(message).filter(|sentence| *sentence != said);
    others.any(|sentence| rate::has_words_of_it(sentence) || has_any(sentence, PASSING))
}

/// An address or a file is not what a limit of the input is about.
const FILES: &[&str] = &["url", "file", "files", "retries"];

fn says(message: &str) -> bool {
    let is_compared = |text: &str| is_weighed(text) && !names_other_parameter(text);
    let is_excess = |text: &str| {
        (has_any(text, MEASURED) || names_subject(text))
            && (has_any(text, TOO_MUCH)
                || (has_any(text, MORE) && is_compared(text))
                || numbers::is_greater(text)
                || numbers::has_range(text))
    };
    let has_limit = has_any(message, MEASURED)
        && has_any(message, LIMIT)
        && has_any(message, INSTEAD)
        && is_compared(message);
    let is_whole = is_excess(message)
        || has_limit
        || sentences(message).any(|sentence| states_limit(sentence) || is_bare_excess(sentence))
        || languages::say(message);
    // What else is said beside it, of images or of a key, is advice.
    let says_it = |sentence: &str| {
        is_excess(sentence) && !is_of_something_else(sentence) && !passes_beside(message, sentence)
    };
    ((is_whole && !is_of_something_else(message)) || sentences(message).any(says_it))
        && !is_of_output(message)
}

/// Whether it says of what was sent that it is too long: a request that took too long is none of it.
fn names_subject(message: &str) -> bool {
    let is_of_subject = |(at, _): (usize, &str)| {
        let before = message.get(..at).unwrap_or_default();
        let words = before.split_whitespace().rev();
        let mut words = words.skip_while(|word| ["is", "are", "content", "data"].contains(word));
        words.next().is_some_and(|word| SUBJECT.contains(&word))
    };
    message.match_indices("too long").any(is_of_subject)
}

/// Whether what is compared are lengths, and not what is expected somewhere and what stands there.
fn is_weighed(text: &str) -> bool {
    has_any(text, LENGTH) || numbers::has_two_numbers(text)
}

/// Whether a sentence states how long an input may be: nobody does to one that is not longer.
fn states_limit(sentence: &str) -> bool {
    let units = |word: &&str| matches!(*word, "token" | "tokens") || LENGTH.contains(word);
    let is_mark = |c: char| !c.is_ascii_alphanumeric();
    has_any(sentence, &["max", "maximum", "at most", "limit"])
        && !has_any(sentence, BOUNDS)
        && !names_other_parameter(sentence)
        && has_any(sentence, SUBJECT)
        && sentence.split(is_mark).any(|word| units(&word))
        && numbers::has_number(sentence)
}

/// Whether a sentence complains of a length without a word of whose: of what was sent as a whole.
fn is_bare_excess(sentence: &str) -> bool {
    sentence
        .split_once("length limit exceeded")
        .is_some_and(|(before, _)| {
            let is_mark = |c: char| !c.is_alphanumeric();
            let last = before.trim_end_matches(is_mark).rsplit(is_mark).next();
            last.is_none_or(|word| {
                word.is_empty() || word.ends_with("error") || word.ends_with("exception")
            })
        })
}

fn is_of_something_else(text: &str) -> bool {
    // A filter has thresholds as well, but not of lengths.
    let is_filter = has_any(text, &["threshold"]) && !has_any(text, &["token", "tokens"]);
    is_filter
        || has_any(text, OF_SOMETHING_ELSE)
        || has_any(text, PASSING)
        || rate::has_words_of_it(text)
        || is_of_other_things(text)
        || is_of_other_parameter(text)
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
