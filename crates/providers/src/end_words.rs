//! What stands beside a finish reason and tells of the end as well.
//!
//! Routers translate the reason of the model behind them and keep its own word: `native_finish_reason`, `stop_reason`. Not all
//! translate well: `stop` may stand beside `MAX_TOKENS`. An answer is whole only where nothing says otherwise.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::parsed_response::FinishReason;

/// Fields with one word.
const WORDS: [&str; 9] = [
    "native_finish_reason",
    "nativeFinishReason",
    "finish_reason",
    "finishReason",
    "stop_reason",
    "stopReason",
    "done_reason",
    "finish_details",
    "incomplete_details",
];

/// In which members of an object with details the word stands.
const DETAILS: [&str; 2] = ["type", "reason"];

/// Fields that hold more of them.
const HOLDERS: [&str; 5] = [
    "provider_specific_fields",
    "message",
    "delta",
    "response_metadata",
    "output",
];

/// Fields that hold what filters found.
const FILTERS: [&str; 3] = [
    "content_filter_results",
    "content_filter_result",
    "content_filters",
];

/// What was said of an end beside its reason.
#[derive(Debug, Default)]
pub(crate) struct EndWords {
    /// The first word that does not say that the model came to its end, or calls a function.
    other: Option<String>,
    is_called: bool,
    is_filtered: bool,
}

impl EndWords {
    /// Whether a piece of a stream may hold any, for all that its letters tell: most pieces say only that there is no reason yet,
    /// and need not be read again. Every name of a field above has one of these parts.
    pub(crate) fn may_be_in(json: &str) -> bool {
        let is_told = |behind: &str| {
            let value = behind.trim_start().strip_prefix(':').map(str::trim_start);
            value.is_some_and(|value| !value.starts_with("null"))
        };
        json.split("eason\"").skip(1).any(is_told)
            || json.contains("_details")
            || json.contains("content_filter")
    }

    /// Those of a JSON object: a choice, an item, a response, or a piece of one.
    pub(crate) fn of(json: &str) -> Self {
        let mut words = Self::default();
        words.gather(json);
        words
    }

    fn gather(&mut self, json: &str) {
        if json.starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            return items.into_iter().for_each(|item| self.gather(item.get()));
        }
        // Texts are not decoded: they may hold half a character.
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap_or_default();
        let read = |name: &&str| {
            let value = fields.get(*name)?;
            serde_json::from_str::<Value>(value.get()).ok()
        };
        for word in WORDS.iter().filter_map(read) {
            let details = DETAILS.iter().filter_map(|name| word.get(name));
            for word in details.chain([&word]).filter_map(Value::as_str) {
                self.add(word);
            }
        }
        self.is_filtered |= FILTERS
            .iter()
            .filter_map(read)
            .any(|found| is_filtered(&found));
        let holders = HOLDERS.iter().filter_map(|name| fields.get(*name));
        holders.for_each(|holder| self.gather(holder.get()));
    }

    fn add(&mut self, word: &str) {
        if !is_word(word) {
            return;
        }
        match FinishReason::of(word) {
            FinishReason::Whole => {}
            FinishReason::Called => self.is_called = true,
            _ => self.other = self.other.take().or_else(|| Some(word.to_owned())),
        }
    }

    /// Adds what another piece says.
    pub(crate) fn merge(&mut self, other: Self) {
        self.other = self.other.take().or(other.other);
        self.is_called |= other.is_called;
        self.is_filtered |= other.is_filtered;
    }

    /// Why an answer ended, of which its reason says this; and the word that says it.
    pub(crate) fn end(self, reason: String) -> (FinishReason, String) {
        let end = FinishReason::of(&reason);
        if self.is_filtered {
            return (FinishReason::Filtered, reason);
        }
        match (end, self.other) {
            (FinishReason::Whole | FinishReason::Called, Some(word)) => {
                (FinishReason::of(&word), word)
            }
            (FinishReason::Whole, None) if self.is_called => (FinishReason::Called, reason),
            _ => (end, reason),
        }
    }
}

/// Whether a text is the name of a reason, and not the text or token at which the model was to stop.
fn is_word(text: &str) -> bool {
    let text = text.trim();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | ':' | '.');
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(is_part)
        && !matches!(text, "null" | "None" | "none")
}

/// Whether a filter says that it took something away.
fn is_filtered(found: &Value) -> bool {
    match found {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            (matches!(name.as_str(), "filtered" | "blocked") && *value == Value::Bool(true))
                || is_filtered(value)
        }),
        Value::Array(items) => items.iter().any(is_filtered),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_in_a_piece_that_is_passed_over() {
        for name in WORDS.iter().chain(&FILTERS) {
            for separator in [":", " : "] {
                let json = format!("{{\"{name}\"{separator}\"length\"}}");
                assert!(EndWords::may_be_in(&json), "{json}");
            }
        }
        for json in [
            r#"{"delta":{"content":"The reason: \"finish_reason\": \"length\""},"finish_reason":null}"#,
            r#"{"delta":{"reasoning_content":"x"},"stop_reason" : null}"#,
        ] {
            assert!(!EndWords::may_be_in(json), "{json}");
        }
    }
}
