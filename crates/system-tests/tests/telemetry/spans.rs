//! Spans and log records as tests look at them.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::{self as proto, span::SpanKind, status::StatusCode};

/// Attributes by name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attributes(pub(crate) BTreeMap<String, Value>);

/// A span.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty for a root.
    pub(crate) parent: String,
    /// Trace and span of each.
    pub(crate) links: Vec<(String, String)>,
    pub(crate) attributes: Attributes,
    pub(crate) has_failed: bool,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// A log record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) event: String,
    pub(crate) trace: String,
    pub(crate) span: String,
    pub(crate) attributes: Attributes,
}

impl Attributes {
    /// A text; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::StringValue(text)) => text.clone(),
            _ => String::new(),
        }
    }

    pub(crate) fn has(&self, name: &str, text: &str) -> bool {
        self.0.contains_key(name) && self.text(name) == text
    }

    pub(crate) fn count(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Value::IntValue(count)) => Some(*count),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        match self.0.get(name) {
            Some(Value::DoubleValue(number)) => Some(*number),
            _ => None,
        }
    }

    /// The texts of a list.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        let Some(Value::ArrayValue(list)) = self.0.get(name) else {
            return Vec::new();
        };
        let text = |value: &_| match value {
            Value::StringValue(text) => Some(text.clone()),
            _ => None,
        };
        let values = list.values.iter().filter_map(|each| each.value.as_ref());
        values.filter_map(text).collect()
    }
}

impl Span {
    pub(crate) fn of(service: &str, span: proto::Span) -> Self {
        assert_eq!(span.events, [], "events are in logs");
        let kind = span.kind();
        let status = span.status.unwrap_or_default();
        assert_eq!(status.message, "", "no words of others");
        Self {
            service: service.to_owned(),
            kind,
            name: span.name,
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            links: span
                .links
                .iter()
                .map(|link| (hex(&link.trace_id), hex(&link.span_id)))
                .collect(),
            attributes: attributes(span.attributes),
            has_failed: status.code() == StatusCode::Error,
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano,
        }
    }
}

impl Record {
    pub(crate) fn of(record: LogRecord) -> Self {
        assert_eq!(record.body, None, "all is in attributes");
        Self {
            event: record.event_name,
            trace: hex(&record.trace_id),
            span: hex(&record.span_id),
            attributes: attributes(record.attributes),
        }
    }
}

pub(crate) fn attributes(given: Vec<KeyValue>) -> Attributes {
    let value = |each: KeyValue| Some((each.key, each.value?.value?));
    Attributes(given.into_iter().filter_map(value).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
