//! How a provider says that the input is too long for the model.
//!
//! Nobody says it in the same words. What all say is what is measured (tokens, the context, the prompt) and that it is
//! too much: in so many words, or as a limit and what was sent instead. What else has a limit, and may be measured in
//! tokens, says what it is: a rate, a key, a filter, another parameter, or the bound of the output.

mod languages;

use judging::Message;

use super::rate;
use crate::phrases::has_word;

/// What is measured.
const MEASURED: [&str; 18] = [
    "n_ctx",
    "token",
    "tokens",
    "prompt",
    "context",
    "context_length",
    "max_model_len",
    "max_seq_len",
    "maxlength",
    "input length",
    "inputs",
    "input is",
    "input text",
    "length of the",
    "conversation",
    "payload size",
    "request size",
    "input data",
];

/// That it is too much.
const TOO_MUCH: [&str; 22] = [
    ">= n_ctx",
    "> n_ctx",
    "too long",
    "too large",
    "too big",
    "too many",
    "exceed",
    "exceeds",
    "exceeded",
    "exceeding",
    "overflow",
    "overflows",
    "longer than",
    "larger than",
    "greater than",
    "less than",
    "fewer than",
    "must be <=",
    "reduce the length",
    "range of",
    "shorter",
    "over the limit",
];

/// A limit.
const LIMIT: [&str; 8] = [
    "maximum",
    "max",
    "limit",
    "only",
    "up to",
    "at most",
    "expected",
    "maxlength",
];

/// What was sent instead.
const INSTEAD: [&str; 11] = [
    "but",
    "however",
    "got",
    "given",
    "received",
    "requested",
    "contains",
    "whereas",
    "resulted",
    "actual",
    "while",
];

/// What has limits of its own.
const OF_SOMETHING_ELSE: [&str; 49] = [
    // A rate, or what was paid for.
    "budget",
    "budgets",
    "spend",
    "per minute",
    "per second",
    "per hour",
    "per day",
    "tpm",
    "rpm",
    "rate limit",
    "rate_limit",
    "rate limits",
    "quota",
    "try again in",
    "throttled",
    "throttling",
    "billing",
    "credit",
    "credits",
    // A key.
    "auth",
    "authentication",
    "authorization",
    "api key",
    "access token",
    "bearer",
    "jwt",
    "expired",
    // A filter.
    "policy",
    "severity",
    "threshold",
    "safety",
    "moderation",
    // What is too short, or malformed.
    "be at least",
    "have at least",
    "requires at least",
    "empty",
    "must be greater than",
    "must be longer than",
    "must be larger than",
    "unexpected token",
    "invalid token",
    // Other parameters.
    "images",
    "roles",
    "logprobs",
    "top_logprobs",
    "temperature",
    "budget_tokens",
    "stop sequences",
    "properties",
];

/// What may stand with the input in a sum.
const BOUNDS: [&str; 5] = [
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "maxoutputtokens",
];

/// What passes, and says nothing of the input: time, load, memory, the machine and its network.
const PASSING: [&str; 31] = [
    "deadline",
    "deadlineexceeded",
    "deadline_exceeded",
    "timeout",
    "timeouts",
    "timed out",
    "time out",
    "time limit",
    "seconds",
    "duration",
    "canceled",
    "cancelled",
    "retry",
    "retries exceeded",
    "later",
    "memory",
    "oom",
    "cuda",
    "connection",
    "connections",
    "httpconnectionpool",
    "httpsconnectionpool",
    "busy",
    "overloaded",
    "at capacity",
    "in flight",
    "temporarily",
    "ssl",
    "tls",
    "recursion",
    "open files",
];

/// What nobody measures but who means the input.
const OF_INPUT: [&str; 31] = [
    "than the context",
    "exceed the context",
    "exceeds the context",
    "context of this model",
    "model's context",
    "context length",
    "context window",
    "context size",
    "context limit",
    "context_length",
    "model length",
    "max_model_len",
    "max_seq_len",
    "n_ctx",
    "input tokens",
    "prompt tokens",
    "text tokens",
    "token count",
    "number of tokens",
    "tokens in the prompt",
    "prompt length",
    "input length",
    "prompt contains",
    "prompt is",
    "prompt too",
    "prompt exceeds",
    "input is",
    "input too",
    "input exceeds",
    "inputs",
    "requested tokens",
];

/// No shorter run of words in an error is taken for a quotation of the request.
const QUOTED: usize = 5;

/// Whether a message, in lower case, says that the input is too long, in words that the request does not have.
pub(super) fn is_said(message: &str, request: &[Message]) -> bool {
    says(message) && (request.is_empty() || says(&without_quotations(message, request)))
}

/// Whether a message, in lower case, says so that it can mean nothing else: in one sentence what only an input has, and
/// that it is too much. A server that fails says many things of contexts, prompts and tokens.
pub(super) fn is_said_for_sure(message: &str, request: &[Message]) -> bool {
    let is_sure = |message: &str| says(message) && is_unmistakable(message);
    is_sure(message) && (request.is_empty() || is_sure(&without_quotations(message, request)))
}

fn is_unmistakable(message: &str) -> bool {
    let has = |text: &str, words: &[&str]| words.iter().any(|word| has_word(text, word));
    let is_compared = has(message, &INSTEAD);
    let says_it = |sentence: &str| {
        has(sentence, &OF_INPUT)
            && (has(sentence, &TOO_MUCH) || (has(sentence, &LIMIT) && is_compared))
    };
    // An address or a file is not what a limit of the input is about.
    message.contains("contextwindow")
        || (!has(message, &["url", "file", "files", "retries"])
            && message.split(". ").flat_map(str::lines).any(says_it))
}

fn says(message: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| has_word(message, word));
    let is_too_much = has(&TOO_MUCH) || (has(&LIMIT) && has(&INSTEAD));
    let is_named = message.contains("contextwindow");
    (is_named || (has(&MEASURED) && is_too_much) || languages::say(message))
        && !has(&OF_SOMETHING_ELSE)
        && !has(&PASSING)
        && !rate::has_words_of_it(message)
        && !is_of_output(message)
        && !is_of_other_things(message)
}

/// Whether there are too many of what is no part of a text: images, requests, system messages.
fn is_of_other_things(message: &str) -> bool {
    message.match_indices("too many ").any(|(at, found)| {
        let behind = message.get(at + found.len()..).unwrap_or_default();
        let is_mark = |c: char| !c.is_alphanumeric();
        let counted = behind.trim_start_matches(is_mark).split(is_mark).next();
        !matches!(
            counted,
            Some(
                "" | "token"
                    | "tokens"
                    | "input"
                    | "prompt"
                    | "context"
                    | "total"
                    | "text"
                    | "characters"
                    | "chars"
                    | "words"
                    | "bytes"
            )
        )
    })
}

/// What names the output, where nothing names the input.
const OF_OUTPUT: [&str; 8] = [
    "output tokens",
    "completion tokens",
    "new tokens",
    "generated tokens",
    "tokens to generate",
    "max tokens",
    "maximum tokens",
    "max output",
];

const NAMES_INPUT: [&str; 9] = [
    "input",
    "inputs",
    "prompt",
    "context",
    "message",
    "messages",
    "conversation",
    "text",
    "total",
];

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
fn is_of_output(message: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| has_word(message, word));
    if has(&OF_OUTPUT) && !has(&NAMES_INPUT) {
        return true;
    }
    if is_short_by_input(message) {
        return false;
    }
    let is_blamed = |name: &str| {
        message.match_indices(name).any(|(at, _)| {
            let is_mark = |c: char| matches!(c, '`' | '\'' | '"' | '(' | ')') || c.is_whitespace();
            let is_value = |c: char| is_mark(c) || c.is_ascii_digit();
            let before = message
                .get(..at)
                .unwrap_or_default()
                .trim_end_matches(is_mark);
            let behind = message.get(at + name.len()..).unwrap_or_default();
            let behind = behind.trim_start_matches(is_value);
            let is_summed = ["and", "+", "plus"]
                .iter()
                .any(|word| before.ends_with(word));
            let blames = [
                "is ", "must", "should", "cannot", "can't", "exceed", ":", "value", "too ",
                "larger", "greater",
            ];
            !is_summed && blames.iter().any(|word| behind.starts_with(word))
        })
    };
    BOUNDS.into_iter().any(is_blamed)
}

/// The message without the runs of words that the request has as well.
pub(super) fn without_quotations(message: &str, request: &[Message]) -> String {
    let request: Vec<String> = request
        .iter()
        .map(|message| {
            let words = message.content.split_whitespace();
            words.collect::<Vec<_>>().join(" ").to_lowercase()
        })
        .collect();
    let words: Vec<&str> = message.split_whitespace().collect();
    let mut is_quoted = vec![false; words.len()];
    for (start, run) in words.windows(QUOTED).enumerate() {
        let run = run.join(" ");
        let run = run.trim_matches(|c: char| c.is_ascii_punctuation());
        if request.iter().any(|content| content.contains(run)) {
            is_quoted
                .iter_mut()
                .skip(start)
                .take(QUOTED)
                .for_each(|quoted| *quoted = true);
        }
    }
    let kept = words.into_iter().zip(is_quoted);
    let kept = kept
        .filter(|(_, is_quoted)| !is_quoted)
        .map(|(word, _)| word);
    kept.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
