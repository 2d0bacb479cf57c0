//! The rows.

use judging::{Answer, Message};

use super::error_details::ErrorDetails;
use crate::error::ErrorKind;

/// One row: what happens, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What happens.
    pub trigger: Trigger,
    /// What becomes of it.
    pub becomes: Classification,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// An answer with one of these statuses.
    Status {
        /// First and last status of each range.
        statuses: &'static [(u16, u16)],
        /// Which of them.
        said: BodyMatch,
    },
    /// No connection.
    NoConnection,
    /// No connection in time, no beginning of an answer in time, silence within it, or no end in time.
    Silence,
    /// The connection or the stream ends before the answer does.
    CutOff,
    /// A 200, or a stream after a 200, with an error object that names no status.
    ErrorInSuccess,
    /// A 200 with something that is no answer: HTML, half a JSON document, nothing, no choice.
    NoAnswer,
    /// An answer larger than the bound.
    TooLarge,
    /// A request that cannot be made of what the settings say.
    NoRequest,
}

/// What an answer with a status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyMatch {
    /// Anything.
    Anything,
    /// One of these, in lower case, in its `code` or `type`, or in a message about a request that does not say it itself.
    OneOf(&'static [&'static str]),
    /// That the input is too long, in whatever words: of `overflow`.
    TooLong,
    /// That it is, in words that can mean nothing else.
    TooLongForSure,
    /// That a quota or a rate is used up.
    UsedUp,
    /// That there was enough for now: a rate, or the tokens of a time.
    Rate,
    /// Nothing that an API would say: no error object, but the page of something in between.
    NoError,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy)]
pub enum Classification {
    /// A reply that is recorded: the strategy decides.
    Answer(fn() -> Answer),
    /// An error of a kind.
    Error(ErrorKind),
}

/// Every status, and every other thing that can happen. Of several rows the first counts.
pub const TABLE: &[Row] = &[
    // Before all that speaks of tokens: it passes, or money ends it, and an input that is too long is final.
    status(
        &[(400, 400), (402, 403), (429, 429)],
        &[
            "insufficient_quota",
            "insufficient_user_quota",
            "billing_hard_limit_reached",
            "credit balance is too low",
            "insufficient credits",
            "insufficient balance",
            "budget_exceeded",
            "budget has been exceeded",
            "exceededbudget",
            "exceededtokenbudget",
        ],
        Classification::Error(ErrorKind::Unauthorized),
    ),
    Row {
        trigger: Trigger::Status {
            statuses: &[(400, 400), (413, 413), (422, 422)],
            said: BodyMatch::Rate,
        },
        becomes: Classification::Error(ErrorKind::RateLimited),
    },
    status(
        // Some take it for a failure of their own.
        &[(400, 400), (413, 413), (422, 422), (500, 503)],
        &[
            "context_length_exceeded",
            "exceed_context_size",
            // Of LiteLLM, which says so of rates of tokens as well.
            "contextwindowexceeded",
            "model_max_prompt_tokens_exceeded",
            "tokens_limit_reached",
        ],
        Classification::Answer(|| Answer::ContextTooLong),
    ),
    Row {
        trigger: Trigger::Status {
            statuses: &[(400, 400), (413, 413), (422, 422)],
            said: BodyMatch::TooLong,
        },
        becomes: Classification::Answer(|| Answer::ContextTooLong),
    },
    Row {
        trigger: Trigger::Status {
            statuses: &[(500, 503)],
            said: BodyMatch::TooLongForSure,
        },
        becomes: Classification::Answer(|| Answer::ContextTooLong),
    },
    status(
        &[(413, 413), (429, 429)],
        &["request_too_large", "request too large"],
        Classification::Answer(|| Answer::ContextTooLong),
    ),
    status(
        &[(400, 400), (403, 403), (422, 422)],
        &[
            "content_filter",
            "content_policy_violation",
            "content management policy",
            "contentpolicyviolation",
            "content policy",
            "content filter",
            "content exists risk",
            "violating our usage policy",
            "flagged by moderation",
            "requires moderation",
        ],
        Classification::Answer(|| Answer::ContentFiltered),
    ),
    any(&[(401, 402)], ErrorKind::Unauthorized),
    // Some forbid what others say is too much for now.
    Row {
        trigger: Trigger::Status {
            statuses: &[(403, 403)],
            said: BodyMatch::UsedUp,
        },
        becomes: Classification::Error(ErrorKind::RateLimited),
    },
    // A page of something in between may be about this call alone: a firewall that dislikes its text.
    Row {
        trigger: Trigger::Status {
            statuses: &[(403, 403)],
            said: BodyMatch::NoError,
        },
        becomes: Classification::Error(ErrorKind::Rejected),
    },
    // The key may not call this model, and no other call will fare better.
    any(&[(403, 403)], ErrorKind::Unauthorized),
    any(&[(429, 429)], ErrorKind::RateLimited),
    any(&[(408, 408), (504, 504)], ErrorKind::TimedOut),
    any(
        &[(409, 409), (425, 425), (500, 599)],
        ErrorKind::Unavailable,
    ),
    // A route that is being set up anew, a gateway that gave up: not what a provider says of a call.
    Row {
        trigger: Trigger::Status {
            statuses: &[(300, 399), (404, 405), (421, 421), (424, 424), (499, 499)],
            said: BodyMatch::NoError,
        },
        becomes: Classification::Error(ErrorKind::Unavailable),
    },
    any(&[(100, 599)], ErrorKind::Rejected),
    other(Trigger::NoConnection, ErrorKind::Unavailable),
    other(Trigger::CutOff, ErrorKind::Unavailable),
    other(Trigger::ErrorInSuccess, ErrorKind::Unavailable),
    other(Trigger::Silence, ErrorKind::TimedOut),
    other(Trigger::NoAnswer, ErrorKind::Garbled),
    other(Trigger::TooLarge, ErrorKind::Garbled),
    other(Trigger::NoRequest, ErrorKind::Rejected),
];

const fn status(
    statuses: &'static [(u16, u16)],
    words: &'static [&'static str],
    becomes: Classification,
) -> Row {
    Row {
        trigger: Trigger::Status {
            statuses,
            said: BodyMatch::OneOf(words),
        },
        becomes,
    }
}

const fn any(statuses: &'static [(u16, u16)], kind: ErrorKind) -> Row {
    Row {
        trigger: Trigger::Status {
            statuses,
            said: BodyMatch::Anything,
        },
        becomes: Classification::Error(kind),
    }
}

const fn other(trigger: Trigger, kind: ErrorKind) -> Row {
    Row {
        trigger,
        becomes: Classification::Error(kind),
    }
}

/// The row of a status and what its body says. What names none is read as a bad request, but may be a failure.
pub(super) fn of_status(
    named: Option<u16>,
    words: &ErrorDetails,
    request: &[Message],
) -> Classification {
    let status = named.unwrap_or(400);
    let row = TABLE.iter().find(|row| match row.trigger {
        Trigger::Status { statuses, said } => {
            let is_one = |(first, last): &(u16, u16)| (*first..=*last).contains(&status);
            statuses.iter().any(is_one)
                && match said {
                    BodyMatch::Anything => true,
                    BodyMatch::OneOf(phrases) => {
                        phrases.iter().any(|phrase| words.say(phrase, request))
                    }
                    BodyMatch::TooLong if named.is_some() => words.say_overflow(request),
                    BodyMatch::TooLong | BodyMatch::TooLongForSure => {
                        words.say_overflow_for_sure(request)
                    }
                    BodyMatch::UsedUp => words.say_used_up(request),
                    BodyMatch::Rate => words.say_rate(request),
                    BodyMatch::NoError => !words.is_api && !words.is_error,
                }
        }
        _ => false,
    });
    row.map_or(Classification::Error(ErrorKind::Rejected), |row| {
        row.becomes
    })
}

/// The row of something else.
pub(super) fn of(trigger: Trigger) -> ErrorKind {
    let kind = TABLE.iter().find_map(|row| match row.becomes {
        Classification::Error(kind) if row.trigger == trigger => Some(kind),
        _ => None,
    });
    kind.unwrap_or(ErrorKind::Unavailable)
}

impl Trigger {
    /// For people.
    fn text(self) -> String {
        let spelt = match self {
            Self::Status { statuses, said } => {
                let one = |(first, last): &(u16, u16)| match (first, last) {
                    (100, 599) => "any other status".to_owned(),
                    (300, 399) => "3xx".to_owned(),
                    (500, 599) => "other 5xx".to_owned(),
                    (first, last) if first == last => first.to_string(),
                    (first, last) => format!("{first} to {last}"),
                };
                let statuses: Vec<String> = statuses.iter().map(one).collect();
                let statuses = statuses.join(", ");
                return match said {
                    BodyMatch::Anything => statuses,
                    BodyMatch::NoError => {
                        format!("{statuses} without an error object: HTML, nothing")
                    }
                    BodyMatch::UsedUp => {
                        format!("{statuses} in words that a quota or a rate is used up")
                    }
                    BodyMatch::Rate => format!(
                        "{statuses} in words of a rate, a quota, or tokens of a time (`wait`, `per minute`, `daily`, `throttled`)"
                    ),
                    BodyMatch::TooLong => format!(
                        "{statuses} in words that the prompt, its tokens or the context are too long, too many or beyond a \
                         limit; not those of a rate, a key, a filter, time, load, memory, or a bound of the output alone"
                    ),
                    BodyMatch::TooLongForSure => format!(
                        "{statuses} in words that can mean nothing else: in one sentence the context's length, or the \
                         tokens of the prompt or input, and that they are too many; not a word of time, memory or load"
                    ),
                    BodyMatch::OneOf(words) => {
                        let words: Vec<String> =
                            words.iter().map(|word| format!("`{word}`")).collect();
                        format!("{statuses} with {}", words.join(", "))
                    }
                };
            }
            Self::NoConnection => "no connection",
            Self::CutOff => "the connection or stream ends before the answer does",
            Self::ErrorInSuccess => {
                "200 with an error object inside, in a stream as well (one that names a status as its code: as that status)"
            }
            Self::Silence => "silence longer than a time-out",
            Self::NoAnswer => "200 with HTML, half a JSON document, nothing, or no choice",
            Self::TooLarge => "an answer of more than 16 MiB",
            Self::NoRequest => "the settings make no request",
        };
        spelt.to_owned()
    }
}

impl Classification {
    /// The cells of its row: its name, and what happens here, at the next deployment, at the breaker and in the end.
    fn cells(self) -> [&'static str; 5] {
        match self {
            Self::Answer(answer) => {
                let (name, end) = match answer() {
                    Answer::ContextTooLong => {
                        ("`context_too_long`", "`unscorable`, `context_too_long`")
                    }
                    _ => ("`content_filtered`", "`unscorable`, `content_filtered`"),
                };
                [name, "no", "yes", "an answer", end]
            }
            Self::Error(kind) => match kind {
                ErrorKind::RateLimited => [
                    "`rate_limited`",
                    "after the pause, if no other is free",
                    "yes, at once",
                    "not counted; a pause for all where a third of the latest calls met it",
                    "waits, not counted",
                ],
                ErrorKind::Unavailable => [
                    "`unavailable`",
                    "yes",
                    "then",
                    "a failure",
                    "waits, counted",
                ],
                ErrorKind::TimedOut => [
                    "`timed_out`",
                    "only if no other is free",
                    "yes, at once",
                    "a failure",
                    "waits, counted",
                ],
                ErrorKind::Garbled => ["`garbled`", "yes", "then", "a failure", "waits, counted"],
                ErrorKind::Unauthorized => [
                    "`unauthorized`",
                    "no",
                    "yes, at once",
                    "opens at once",
                    "fails, `provider_rejected`; the others wait until the key is right",
                ],
                ErrorKind::Rejected => [
                    "`rejected`",
                    "no",
                    "yes, at once",
                    "an answer",
                    "fails, `provider_rejected`",
                ],
            },
        }
    }
}

/// The table as it stands in the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "| what comes | is | asked again there | next deployment | for the breaker | when no deployment is left |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in TABLE {
        let [name, again, next, breaker, end] = row.becomes.cells();
        let trigger = row.trigger.text();
        text.push_str(&format!(
            "| {trigger} | {name} | {again} | {next} | {breaker} | {end} |\n"
        ));
    }
    text
}
