//! The body of an error, whatever shape it has.
//!
//! Some servers quote the request in their errors, and a candidate may hold any words. So a word of the message says
//! something only where the request does not hold it as well.

use judging::Message;
use serde::Deserialize;
use serde_json::Value;

/// More of an error than this says nothing new, in bytes.
const ENOUGH: usize = 2 * 1024;

/// What the body of an error says.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// For people.
    pub(crate) message: String,
    /// `code`, `type` and `param`, in lower case.
    code: String,
    kind: String,
    pub(crate) param: String,
    /// The message in lower case.
    lower: String,
    /// Whether the body is an error of an API at all, and not the page of something in between.
    pub(crate) is_error: bool,
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
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    error: Value,
    detail: Value,
    #[serde(flatten)]
    bare: ErrorBody,
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is said of each wrong field, without its value.
fn details(detail: &Value) -> String {
    let Value::Array(items) = detail else {
        return text(detail);
    };
    let said = |item: &Value| match item {
        Value::Object(fields) => {
            let named = ["type", "loc", "msg"]
                .into_iter()
                .filter_map(|name| fields.get(name));
            named.map(text).collect::<Vec<_>>().join(" ")
        }
        other => text(other),
    };
    items.iter().map(said).collect::<Vec<_>>().join("; ")
}

impl Words {
    pub(crate) fn of(body: &[u8]) -> Self {
        let envelope: Option<Envelope> = serde_json::from_slice(body).ok();
        let Some(Envelope {
            error,
            detail,
            bare,
        }) = envelope
        else {
            let page = String::from_utf8_lossy(body).into_owned();
            return Self::from_parts(page, &ErrorBody::default(), false);
        };
        match error {
            Value::Object(_) => {
                let inner: ErrorBody = serde_json::from_value(error).unwrap_or_default();
                Self::from_parts(text(&inner.message), &inner, true)
            }
            Value::String(message) => Self::from_parts(message, &bare, true),
            _ if !detail.is_null() => Self::from_parts(details(&detail), &bare, true),
            _ => {
                let is_error = !bare.message.is_null();
                Self::from_parts(text(&bare.message), &bare, is_error)
            }
        }
    }

    fn from_parts(message: String, of: &ErrorBody, is_error: bool) -> Self {
        let end = message.floor_char_boundary(ENOUGH);
        let message = message.get(..end).unwrap_or_default();
        // vLLM quotes the value that it does not like behind what it says of it.
        let said = ["'input':", "\"input\":", "input_value="]
            .iter()
            .filter_map(|mark| message.find(mark))
            .min()
            .and_then(|end| message.get(..end))
            .unwrap_or(message);
        let lower = |value: &Value| text(value).to_lowercase();
        Self {
            message: said.to_owned(),
            code: lower(&of.code),
            kind: lower(&of.kind),
            param: lower(&of.param),
            lower: said.to_lowercase(),
            is_error,
        }
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
        format!("{} {}", self.code, self.lower)
    }

    /// The HTTP status that an error inside a 200 names as its code, as a number or as a word.
    pub(crate) fn status(&self) -> Option<u16> {
        [&self.code, &self.kind]
            .into_iter()
            .find_map(|code| match code.as_str() {
                "rate_limit_exceeded" | "rate_limit_error" => Some(429),
                "invalid_api_key" | "authentication_error" => Some(401),
                number => number.parse().ok().filter(|code| (400..600).contains(code)),
            })
    }
}
