//! The body of an error, whatever shape it has.
//!
//! Some servers quote the request in their errors, and a candidate may hold any words. So a word of the message says
//! something only where the request does not hold it as well.

use judging::Message;
use serde::Deserialize;
use serde_json::Value;

use super::{base_resp, error_shapes, html_page, overflow, plain, rate};

/// More of an error than this says nothing new, in bytes.
const MAX_WORDS: usize = 2 * 1024;

/// Errors within errors are read this deep.
const MAX_DEPTH: usize = 3;

/// What the body of an error says.
#[derive(Debug, Default)]
pub(crate) struct ErrorDetails {
    /// For people.
    pub(crate) message: String,
    /// `code`, `type` and `param`, in lower case.
    code: String,
    kind: String,
    status: String,
    pub(crate) param: String,
    /// The message in lower case, without addresses.
    lower: String,
    /// Whether the body is an error of an API at all, and not the page of something in between.
    pub(crate) is_error: bool,
    /// Whether it is JSON, as the words of an API are, whatever shape they have.
    pub(crate) is_api: bool,
    /// Whether it is a page, of which `message` is what it says.
    pub(crate) is_page: bool,
}

/// The error object of OpenAI and of those who follow it, or an object that is the error itself. Every field may be
/// missing or of another type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    message: Value,
    code: Value,
    #[serde(rename = "type")]
    kind: Value,
    param: Value,
    /// What AWS calls a type.
    #[serde(rename = "__type")]
    aws_kind: Value,
    /// A status by number, or in words.
    status: Value,
    /// What some call an error object by.
    object: Value,
    #[serde(rename = "Message")]
    capital: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    error: Value,
    detail: Value,
    errors: Value,
    /// What an answer has.
    choices: Value,
    output: Value,
    #[serde(flatten)]
    bare: ErrorBody,
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl ErrorDetails {
    pub(crate) fn of(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => {
                let value = match base_resp::error(&value) {
                    Some(error) => serde_json::json!({ "error": error }),
                    None => value,
                };
                let (is_error, words) =
                    (error_shapes::is_error(&value), error_shapes::words(&value));
                let mut said = Self::of_value(value);
                if said.message.is_empty() {
                    let bare = ErrorBody::default();
                    let Self { message, lower, .. } =
                        Self::from_parts(words.unwrap_or_default(), &bare, true);
                    said = Self {
                        message,
                        lower,
                        ..said
                    };
                }
                Self {
                    is_error: said.is_error || is_error,
                    is_api: true,
                    ..said
                }
            }
            Ok(Value::String(text)) => Self {
                is_api: !text.trim().is_empty(),
                ..Self::from_parts(text, &ErrorBody::default(), false)
            },
            // A number is no more than the page of something in between.
            _ => {
                let text = String::from_utf8_lossy(body).into_owned();
                Self::from_parts(text, &ErrorBody::default(), false)
            }
        }
    }

    fn of_value(value: Value) -> Self {
        // Some put their one error into a list.
        let first = match value {
            Value::Array(items) => items.into_iter().find(Value::is_object),
            object => Some(object),
        };
        let envelope = first.and_then(|object| serde_json::from_value(object).ok());
        let Envelope {
            error,
            detail,
            errors,
            choices,
            output,
            bare,
        } = envelope.unwrap_or_default();
        let of_list = || match errors {
            Value::Array(items) => items.into_iter().find(Value::is_object),
            _ => None,
        };
        match error {
            Value::Array(_) => Self::of_value(error),
            Value::Object(_) => {
                let of = ErrorBody::of(&error, MAX_DEPTH);
                Self::from_parts(of.words(), &of, true)
            }
            Value::String(message) => Self::from_parts(message, &bare, true),
            _ if !choices.is_null() || !output.is_null() => {
                Self::from_parts(bare.words(), &bare, false)
            }
            _ if !detail.is_null() => Self::from_parts(error_shapes::details(&detail), &bare, true),
            _ => match of_list() {
                Some(first) => {
                    let inner: ErrorBody = serde_json::from_value(first).unwrap_or_default();
                    Self::from_parts(inner.words(), &inner, true)
                }
                None => {
                    let is_error = !bare.words().is_empty() || text(&bare.object) == "error";
                    Self::from_parts(bare.words(), &bare, is_error)
                }
            },
        }
    }

    fn from_parts(message: String, of: &ErrorBody, is_error: bool) -> Self {
        let page = html_page::words(&message);
        let is_page = page.is_some();
        let message = page.unwrap_or(message);
        let end = message.floor_char_boundary(MAX_WORDS);
        let message = message.get(..end).unwrap_or_default();
        // vLLM quotes the value that it does not like behind what it says of it.
        let said = ["'input':", "\"input\":", "input_value="]
            .iter()
            .filter_map(|mark| message.find(mark))
            // What OpenAI says of it is no value.
            .filter(|&at| {
                let behind = message.get(at..).unwrap_or_default();
                !behind.contains("': string too long")
            })
            .min()
            .and_then(|end| message.get(..end))
            .unwrap_or(message);
        let lower = |value: &Value| text(value).to_lowercase();
        Self {
            message: said.to_owned(),
            code: lower(&of.code),
            kind: lower(if of.kind.is_null() {
                &of.aws_kind
            } else {
                &of.kind
            }),
            status: lower(&of.status),
            param: lower(&of.param),
            lower: plain::without_addresses(&said.to_lowercase()),
            is_error,
            is_api: false,
            is_page,
        }
    }

    /// What came instead of an API's words, for a message of ours.
    pub(crate) fn instead(&self) -> &'static str {
        if self.is_page {
            " with a page, not with words of its API"
        } else {
            ""
        }
    }

    /// Whether it says that the input is too long, in words that the request does not have.
    pub(crate) fn say_overflow(&self, request: &[Message]) -> bool {
        self.has_long_string()
            .unwrap_or_else(|| overflow::is_said(&self.lower, request))
    }

    /// Where it says that one string is too long: whether it is the text that is judged.
    fn has_long_string(&self) -> Option<bool> {
        const CODES: [&str; 2] = ["string_above_max_length", "string_too_long"];
        let is_coded = CODES
            .iter()
            .any(|code| self.code == *code || self.kind == *code);
        // Whoever passes it on may leave out all but the message, which names the string as well.
        let named = self.named_string();
        if !is_coded && named.is_none() {
            return None;
        }
        let place = match named {
            Some(named) if self.param.is_empty() => named,
            _ => &self.param,
        };
        let root = place.split(['.', '[']).next().unwrap_or_default();
        Some(matches!(
            root,
            "" | "messages" | "input" | "inputs" | "prompt" | "content" | "contents" | "system"
        ))
    }

    /// The string that the message names as too long: `Invalid 'messages[0].content': string too long.`
    fn named_string(&self) -> Option<&str> {
        let (before, _) = self.lower.split_once(": string too long")?;
        let named = before.strip_suffix(['\'', '"', '`'])?;
        named.rsplit(['\'', '"', '`']).next()
    }

    /// Whether it says that what was granted is used up: a quota, or a rate.
    pub(crate) fn say_used_up(&self, request: &[Message]) -> bool {
        const GRANTED: [&str; 5] = [
            "quota",
            "rate limit",
            "ratelimit",
            "rate_limit",
            "rate-limit",
        ];
        const USED_UP: [&str; 9] = [
            "exceed",
            "exhaust",
            "reached",
            "used up",
            "insufficient",
            "not enough",
            "depleted",
            "out of",
            "limited",
        ];
        let says = |text: &str| {
            let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
            has(&GRANTED) && has(&USED_UP)
        };
        let quotes = |message: &Message| says(&message.content.to_lowercase());
        says(&format!("{} {}", self.code, self.kind))
            || (says(&self.lower) && !request.iter().any(quotes))
    }

    /// Whether its code or type says that the input is too long, and no word of throttling stands against that.
    pub(crate) fn has_overflow_code(&self) -> bool {
        const CODES: [&str; 4] = [
            "context_length_exceeded",
            "exceed_context_size",
            "model_max_prompt_tokens_exceeded",
            "tokens_limit_reached",
        ];
        let is_coded = |code: &&str| self.code.contains(code) || self.kind.contains(code);
        let is_named = CODES.iter().any(is_coded) || self.has_long_string() == Some(true);
        is_named && !self.lower.contains("throttl")
    }

    /// Whether it says that there was enough for now: a rate, or the tokens of a time. One that is too large for it by
    /// itself is another matter.
    pub(crate) fn say_rate(&self, request: &[Message]) -> bool {
        let is_large = ["request too large", "request_too_large"]
            .iter()
            .any(|phrase| self.say(phrase, request));
        let is_named = [&self.code, &self.kind, &self.status]
            .iter()
            .any(|code| rate::is_named(code));
        !is_large && !self.has_overflow_code() && (is_named || rate::is_said(&self.lower, request))
    }

    /// Whether it says so in words that can mean nothing else.
    pub(crate) fn say_overflow_for_sure(&self, request: &[Message]) -> bool {
        self.has_long_string()
            .unwrap_or_else(|| overflow::is_said_for_sure(&self.lower, request))
    }

    /// Whether it says this: as its code or type, or in a message about a request that does not say it itself.
    pub(crate) fn say(&self, phrase: &str, request: &[Message]) -> bool {
        let quotes = |message: &Message| message.content.to_lowercase().contains(phrase);
        self.code.contains(phrase)
            || self.kind.contains(phrase)
            || (self.lower.contains(phrase) && !request.iter().any(quotes))
    }

    /// Code and message, in lower case: what is said of the request, without what kind of error it is.
    pub(crate) fn about(&self) -> String {
        format!("{} {}", self.code, self.message.to_lowercase())
    }

    /// The HTTP status that an error inside a 200 names as its code, as a number or as a word.
    pub(crate) fn status(&self) -> Option<u16> {
        [&self.code, &self.status, &self.kind]
            .into_iter()
            .find_map(|code| match code.as_str() {
                "rate_limit_exceeded"
                | "rate_limit_error"
                | "rate_limited"
                | "resource_exhausted"
                | "too_many_requests"
                | "throttlingexception" => Some(429),
                "invalid_api_key" | "authentication_error" | "unauthenticated" => Some(401),
                "overloaded_error" | "overloaded" | "service_unavailable" => Some(503),
                number => number.parse().ok().filter(|code| (400..600).contains(code)),
            })
    }
}

impl ErrorBody {
    /// An error object. Routers put into theirs what the provider behind them said, which says more.
    fn of(error: &Value, depth: usize) -> Self {
        let mut of: Self = serde_json::from_value(error.clone()).unwrap_or_default();
        if of.words().is_empty() {
            of.message = error_shapes::words(error).map_or(Value::Null, Value::String);
        }
        let raw = error.get("metadata").and_then(|data| data.get("raw"));
        let Some(inner) = raw.or_else(|| error.get("error")).filter(|_| depth > 0) else {
            return of;
        };
        let parsed = inner.as_str().map(serde_json::from_str::<Value>);
        let inner = match &parsed {
            Some(Ok(parsed)) => parsed,
            _ => inner,
        };
        let inner = match inner {
            Value::Array(items) => items.first().unwrap_or(inner),
            inner => inner,
        };
        let said = match inner {
            Value::Object(_) => Self::of(inner, depth - 1),
            words => Self {
                message: words.clone(),
                ..Self::default()
            },
        };
        if !said.words().trim().is_empty() {
            of.message = Value::String(said.words());
        }
        // A number beside a name is a status.
        if said.code.is_string() && !of.code.is_string() {
            if of.status.is_null() {
                of.status = of.code;
            }
            of.code = said.code;
        } else if of.code.is_null() {
            of.code = said.code;
        }
        for (outer, inner) in [
            (&mut of.kind, said.kind),
            (&mut of.param, said.param),
            (&mut of.status, said.status),
        ] {
            if outer.is_null() {
                *outer = inner;
            }
        }
        of
    }

    /// What it says to people.
    fn words(&self) -> String {
        let said = text(&self.message);
        if said.is_empty() {
            text(&self.capital)
        } else {
            said
        }
    }
}
