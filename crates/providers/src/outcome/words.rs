//! The body of an error, whatever shape it has.

use serde::Deserialize;
use serde_json::Value;

/// More of an error than this says nothing new, in bytes.
const ENOUGH: usize = 8 * 1024;

/// What the body of an error says.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// For people.
    pub(crate) message: String,
    /// `code`, `type` and `param`, in lower case.
    pub(crate) code: String,
    /// All of it, in lower case.
    pub(crate) all: String,
}

/// The error object of OpenAI and of those who follow it. Every field may be missing or of another type.
#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: Value,
    #[serde(default)]
    code: Value,
    #[serde(default, rename = "type")]
    kind: Value,
    #[serde(default)]
    param: Value,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Envelope {
    OpenAi { error: ErrorBody },
    Text { error: String },
    Detail { detail: Value },
    Bare(Bare),
}

/// An object that is the error itself.
#[derive(Debug, Deserialize)]
struct Bare {
    message: String,
    #[serde(default)]
    code: Value,
    #[serde(default, rename = "type")]
    kind: Value,
    #[serde(default)]
    param: Value,
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Words {
    pub(crate) fn of(body: &[u8]) -> Self {
        let join = |parts: [&Value; 3]| parts.map(text).join(" ").to_lowercase();
        let (message, code) = match serde_json::from_slice(body) {
            Ok(Envelope::OpenAi { error }) => (
                text(&error.message),
                join([&error.code, &error.kind, &error.param]),
            ),
            Ok(Envelope::Bare(bare)) => (bare.message, join([&bare.code, &bare.kind, &bare.param])),
            Ok(Envelope::Text { error }) => (error, String::new()),
            Ok(Envelope::Detail { detail }) => (text(&detail), String::new()),
            Err(_) => (String::from_utf8_lossy(body).into_owned(), String::new()),
        };
        let end = message.floor_char_boundary(ENOUGH);
        let message = message.get(..end).unwrap_or_default().to_owned();
        let all = format!("{code} {}", message.to_lowercase());
        Self { message, code, all }
    }

    /// The HTTP status that an error inside a 200 names as its code, as a number or as a word.
    pub(crate) fn status(&self) -> Option<u16> {
        let mut codes = self.code.split_whitespace();
        codes.find_map(|code| match code {
            "rate_limit_exceeded" | "rate_limit_error" => Some(429),
            "invalid_api_key" | "authentication_error" => Some(401),
            number => number.parse().ok().filter(|code| (400..600).contains(code)),
        })
    }
}
