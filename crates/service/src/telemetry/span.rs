//! What is said of a span beside its fields: attributes that are exported and are in no log line.

use opentelemetry::{
    Array, StringValue, Value,
    trace::{Status, TraceContextExt as _},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::conventions;

/// Attributes of spans. Names are those of [`conventions`]; others are not exported.
pub trait Annotate {
    /// Sets an attribute.
    fn annotate(&self, name: &'static str, value: impl Into<Value>);

    /// Sets an attribute, where its value is known: what nobody counted is left out.
    fn annotate_count(&self, name: &'static str, value: Option<u64>);

    /// Sets an attribute that is a list of words.
    fn annotate_words(&self, name: &'static str, words: impl IntoIterator<Item = &'static str>);

    /// Gives it another name, also after it has begun.
    fn rename(&self, name: String);

    /// Says that it failed, with a class of few words or a status: never with a message, which may quote what was sent.
    fn fail(&self, class: &str);
}

impl Annotate for Span {
    fn annotate(&self, name: &'static str, value: impl Into<Value>) {
        self.set_attribute(name, value);
    }

    fn annotate_count(&self, name: &'static str, value: Option<u64>) {
        if let Some(value) = value.and_then(|value| i64::try_from(value).ok()) {
            self.set_attribute(name, value);
        }
    }

    fn annotate_words(&self, name: &'static str, words: impl IntoIterator<Item = &'static str>) {
        let words: Vec<StringValue> = words.into_iter().map(StringValue::from).collect();
        self.set_attribute(name, Value::Array(Array::String(words)));
    }

    fn rename(&self, name: String) {
        self.context().span().update_name(name);
    }

    fn fail(&self, class: &str) {
        self.set_attribute(conventions::ERROR_TYPE, class.to_owned());
        self.set_status(Status::error(""));
    }
}
