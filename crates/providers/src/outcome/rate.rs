//! How a provider says that it had enough for now: a rate, a quota of a time, or the tokens of a minute.
//!
//! The words are those of an input that is too long (`Too many tokens`, `token limit exceeded`) and beside them words of time or
//! quota. That passes, and is never said of an input.

use judging::Message;

use super::overflow;
use super::plain::{without_hints, without_quotations};
use crate::phrases::has_any;

/// What is granted for a time.
const GRANTED: [&str; 15] = [
    "quota",
    "quotas",
    "rate",
    "rates",
    "rate_limit",
    "ratelimit",
    "tpm",
    "rpm",
    "tpd",
    "rpd",
    "token bucket",
    "usage limit",
    "allowance",
    "concurrent",
    "concurrency",
];

/// Of which time.
const OF_TIME: [&str; 22] = [
    "per minute",
    "per second",
    "per hour",
    "per day",
    "per week",
    "per month",
    "per min",
    "a minute",
    "tokens/min",
    "requests/min",
    "minute",
    "minutes",
    "daily",
    "hourly",
    "weekly",
    "monthly",
    "today",
    "this month",
    "for the day",
    "/ min",
    "this period",
    "billing period",
];

/// That it passes.
const PASSES: [&str; 12] = [
    "wait",
    "try again in",
    "try again later",
    "try again after",
    "retry after",
    "retry in",
    "retry later",
    "retry your request",
    "please retry",
    "slow down",
    "back off",
    "backoff",
];

/// What is counted.
const COUNTED: [&str; 4] = ["token", "tokens", "request", "requests"];

/// That it is used up.
const USED_UP: [&str; 20] = [
    "exceed",
    "exceeds",
    "exceeded",
    "exceeding",
    "too many",
    "too much",
    "limit",
    "limited",
    "limits",
    "reached",
    "exhausted",
    "used up",
    "depleted",
    "insufficient",
    "not enough",
    "out of",
    "surpassed",
    "used all",
    "run out",
    "too high",
];

/// What is said of a field or a parameter of the request, or of time that a call took.
const OF_SOMETHING_ELSE: [&str; 16] = [
    "field",
    "fields",
    "parameter",
    "argument",
    "property",
    "unknown",
    "unsupported",
    "unrecognized",
    "sample rate",
    "frame rate",
    "deadline",
    "timeout",
    "timed out",
    "time limit",
    "kv cache",
    "cuda",
];

/// Whether a message, in lower case, says so in words that the request does not have, and not for sure that the input is too
/// long.
pub(super) fn is_said(message: &str, request: &[Message]) -> bool {
    let message = &without_hints(message);
    says(message)
        && (request.is_empty() || says(&without_quotations(message, request)))
        && !overflow::is_said_for_sure(message, request)
}

/// Whether a code or type, in lower case, does.
pub(super) fn is_named(code: &str) -> bool {
    let plain = code.replace(['-', ' ', '_'], "");
    [
        "throttl",
        "ratelimit",
        "toomanyrequests",
        "quotaexceeded",
        "exceededquota",
        "resourceexhausted",
    ]
    .iter()
    .any(|stem| plain.contains(stem))
}

/// Whether a text has a word of time or quota: then it says nothing of an input.
pub(super) fn has_words_of_it(message: &str) -> bool {
    let has = |words: &[&str]| has_any(message, words);
    is_throttled(message) || has(&GRANTED) || has(&OF_TIME) || has(&PASSES)
}

fn is_throttled(message: &str) -> bool {
    message.contains("throttl")
}

fn says(message: &str) -> bool {
    let has = |words: &[&str]| has_any(message, words);
    let is_used_up = has(&USED_UP);
    let is_granted = has(&GRANTED) || has(&OF_TIME);
    !has(&OF_SOMETHING_ELSE)
        && (is_throttled(message)
            || (is_granted && is_used_up)
            || (has(&PASSES) && has(&COUNTED) && is_used_up))
}
