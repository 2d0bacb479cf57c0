//! The JSON log lines of the services as a person reads them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde_json::{Map, Value};

use crate::paint::Paint;

/// Fields that are shown elsewhere in the line or say nothing here.
const LEFT_OUT: &[&str] = &[
    "timestamp",
    "level",
    "service",
    "message",
    "target",
    "span",
    "spans",
    "fields",
    "version",
];
/// As wide as the longest usual name, `scorer-worker-0`.
const NAME_WIDTH: usize = 15;

/// Renders lines; remembers which colour a service has.
pub(crate) struct Renderer {
    paint: Paint,
    seen: Mutex<BTreeMap<String, usize>>,
}

impl Renderer {
    pub(crate) fn new(paint: Paint) -> Self {
        Self {
            paint,
            seen: Mutex::default(),
        }
    }

    /// Time, service, level, message and the remaining fields. What is not JSON is shown as it is.
    pub(crate) fn line(&self, service: &str, line: &str) -> String {
        let name = self
            .paint
            .numbered(self.colour(service), format!("{service:<NAME_WIDTH$}"));
        let Ok(Value::Object(entry)) = serde_json::from_str(line) else {
            return format!("{:12} {name} {line}", "");
        };
        let time = entry
            .get("timestamp")
            .and_then(Value::as_str)
            .and_then(clock)
            .unwrap_or_default();
        let message = text(&entry, "message").unwrap_or_default();
        let mut shown = format!(
            "{} {name} {} {message}",
            self.paint.dim(format!("{time:12}")),
            self.level(&entry)
        );
        let nested = entry
            .get("fields")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        for (key, value) in entry.iter().chain(nested) {
            if LEFT_OUT.contains(&key.as_str()) || value.is_null() {
                continue;
            }
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            shown.push(' ');
            shown.push_str(&self.paint.dim(format!("{key}={value}")));
        }
        shown
    }

    fn level(&self, entry: &Map<String, Value>) -> String {
        let level = text(entry, "level").unwrap_or_default().to_uppercase();
        let padded = format!("{level:<5}");
        match level.as_str() {
            "ERROR" => self.paint.red(padded),
            "WARN" => self.paint.yellow(padded),
            "INFO" => self.paint.green(padded),
            _ => self.paint.dim(padded),
        }
    }

    fn colour(&self, service: &str) -> usize {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let next = seen.len();
        *seen.entry(service.to_owned()).or_insert(next)
    }
}

fn text<'a>(entry: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    let nested = || entry.get("fields").and_then(|fields| fields.get(key));
    entry.get(key).or_else(nested).and_then(Value::as_str)
}

/// `12:34:56.789` out of an RFC 3339 time.
fn clock(timestamp: &str) -> Option<&str> {
    let time = timestamp.split_once('T')?.1;
    time.get(..12).or_else(|| time.get(..8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_made_short() {
        let renderer = Renderer::new(Paint::OFF);
        let line = r#"{"timestamp":"2026-01-02T03:04:05.678901Z","level":"INFO","service":"scorer-worker",
            "message":"claimed","attempt":2,"evaluation_id":"e1","model":null}"#;
        assert_eq!(
            renderer.line("scorer-worker-0", line),
            "03:04:05.678 scorer-worker-0 INFO  claimed attempt=2 evaluation_id=e1"
        );
    }

    #[test]
    fn fields_may_be_nested_and_what_is_not_json_is_kept() {
        let renderer = Renderer::new(Paint::OFF);
        let line = r#"{"timestamp":"2026-01-02T03:04:05Z","level":"warn","fields":{"message":"slow","ms":9}}"#;
        assert_eq!(
            renderer.line("ingest-api", line).trim_start(),
            "03:04:05     ingest-api      WARN  slow ms=9"
        );
        assert!(
            renderer
                .line("ingest-api", "thread 'main' panicked")
                .ends_with("thread 'main' panicked")
        );
    }
}
