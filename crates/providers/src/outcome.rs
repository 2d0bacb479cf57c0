//! The one table of what a provider's answer means.

use std::time::Duration;

use judging::Answer;
use serde::Deserialize;

use crate::error::{CallError, Kind};

/// What a failed HTTP exchange means: an answer of its own kind, or an error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failed {
    /// The provider's typed no: it is recorded like a reply, and the strategy decides.
    Answer(Answer),
    Error(CallError),
}

/// The error object of OpenAI and of those who follow it. Every field may be missing or of another type.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ErrorBody {
    #[serde(default)]
    message: Option<serde_json::Value>,
    #[serde(default)]
    code: Option<serde_json::Value>,
    #[serde(default, rename = "type")]
    kind: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Envelope {
    OpenAi { error: ErrorBody },
    Text { error: String },
    Detail { detail: serde_json::Value },
    Bare { message: String },
}

/// Reads the body of an error, whatever shape it has.
fn words(body: &[u8]) -> (String, String) {
    let text = |value: Option<serde_json::Value>| match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    let (message, code) = match serde_json::from_slice(body) {
        Ok(Envelope::OpenAi { error }) => (
            text(error.message),
            format!("{} {}", text(error.code), text(error.kind)),
        ),
        Ok(Envelope::Text { error }) => (error, String::new()),
        Ok(Envelope::Detail { detail }) => (text(Some(detail)), String::new()),
        Ok(Envelope::Bare { message }) => (message, String::new()),
        Err(_) => (String::from_utf8_lossy(body).into_owned(), String::new()),
    };
    (shorten(&message), code)
}

/// Classifies an answer with a status other than success.
pub(crate) fn of_status(status: u16, body: &[u8], retry_after: Option<Duration>) -> Failed {
    let (message, code) = words(body);
    let lower = message.to_lowercase();
    let about = |codes: &[&str], phrases: &[&str]| {
        codes.iter().any(|each| code.contains(each))
            || phrases.iter().any(|each| lower.contains(each))
    };
    if matches!(status, 400 | 413 | 422) {
        if about(
            &["context_length_exceeded", "string_above_max_length"],
            &[
                "maximum context length",
                "context window",
                "prompt is too long",
                "too many tokens",
            ],
        ) {
            return Failed::Answer(Answer::ContextTooLong);
        }
        if about(
            &["content_filter", "content_policy_violation"],
            &[
                "content management policy",
                "content policy",
                "content filter",
            ],
        ) {
            return Failed::Answer(Answer::ContentFiltered);
        }
    }
    let kind = match status {
        429 if about(&["insufficient_quota", "billing_hard_limit_reached"], &[]) => Kind::Rejected,
        429 => Kind::RateLimited,
        408 | 504 => Kind::TimedOut,
        409 | 425 | 500..=599 => Kind::Unavailable,
        _ => Kind::Rejected,
    };
    let error = CallError::new(kind, format!("the provider answered {status}")).quoting(message);
    Failed::Error(CallError {
        retry_after,
        ..error
    })
}

/// Classifies an error object inside an answer that claims success.
pub(crate) fn of_error_in_success(body: &[u8]) -> Failed {
    match of_status(400, body, None) {
        Failed::Answer(answer) => Failed::Answer(answer),
        // What would be our fault with a 400 is the provider's when it says 200.
        Failed::Error(error) => {
            let message = error
                .message
                .replace("answered 400", "answered 200 with an error inside");
            Failed::Error(CallError {
                kind: Kind::Unavailable,
                message,
                said: error.said,
                retry_after: None,
            })
        }
    }
}

/// Enough of a provider's words to help a person, and no more: they may quote the request.
fn shorten(message: &str) -> String {
    const MOST: usize = 300;
    let line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST {
        line
    } else {
        line.chars().take(MOST).chain("…".chars()).collect()
    }
}

/// How long the provider asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110
/// §10.2.3).
pub(crate) fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| {
        text(name)?
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && *number >= 0.0)
    };
    if let Some(milliseconds) = number("retry-after-ms") {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    if let Some(seconds) = number("retry-after") {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = jiff::fmt::rfc2822::parse(text("retry-after")?).ok()?;
    Some(
        Duration::try_from(date.timestamp().duration_since(jiff::Timestamp::now()))
            .unwrap_or_default(),
    )
}
