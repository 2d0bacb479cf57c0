//! The shape of a log line.

use std::{
    io,
    sync::{Arc, Mutex},
};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::Value;
use service::{
    ServiceName,
    telemetry::{JsonLines, TraceParent, current_traceparent, set_parent},
};
use tracing::field::Empty;
use tracing_subscriber::layer::SubscriberExt as _;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What was written.
#[derive(Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<Vec<u8>>>);

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Capture {
    /// Sets up logging to this for the current thread.
    pub(crate) fn install(&self) -> tracing::subscriber::DefaultGuard {
        // A callsite that a thread without a subscriber meets first may be off for all threads: with this none is without.
        static LISTENER: std::sync::Once = std::sync::Once::new();
        LISTENER.call_once(|| {
            tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
        });
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let capture = self.clone();
        let subscriber = tracing_subscriber::registry()
            .with(tracing_opentelemetry::layer().with_tracer(tracer))
            .with(JsonLines::new(ServiceName::ScorerWorker, move || {
                capture.clone()
            }));
        tracing::subscriber::set_default(subscriber)
    }

    /// The lines, oldest first; each must be JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[test]
fn fields_of_spans_and_events_are_merged_flat() {
    let capture = Capture::default();
    let _guard = capture.install();
    let outer = tracing::info_span!(
        "outer",
        correlation_id = "c-1",
        model = "outer",
        trace_id = Empty
    );
    assert!(set_parent(&outer, PARENT));
    let _outer = outer.entered();
    let inner = tracing::info_span!("inner", evaluation_id = Empty, strategy = "direct").entered();
    inner.record("evaluation_id", "e-1");
    let parent = current_traceparent().unwrap();
    let span_id = parent.split('-').nth(2).unwrap().to_owned();
    tracing::warn!(
        model = "event",
        tokens = 7,
        ratio = 0.5,
        level = "mine",
        "two\nlines"
    );

    let lines = capture.lines();
    let line = lines.first().unwrap();
    let timestamp = line["timestamp"].as_str().unwrap();
    assert!(
        timestamp.starts_with("20") && timestamp.ends_with('Z'),
        "{timestamp}"
    );
    for (key, value) in [
        ("level", "WARN"),
        ("service", "scorer-worker"),
        ("message", "two\nlines"),
        ("target", "it::logs"),
        ("correlation_id", "c-1"),
        ("evaluation_id", "e-1"),
        ("strategy", "direct"),
        ("model", "event"),
        ("trace_id", "0af7651916cd43dd8448eb211c80319c"),
        ("span_id", &span_id),
        ("field.level", "mine"),
    ] {
        assert_eq!(line[key], value, "{key}");
    }
    assert_eq!(line["tokens"], 7);
    assert_eq!(line["ratio"], 0.5);
}

#[test]
fn an_error_is_logged_with_its_causes() {
    let capture = Capture::default();
    let _guard = capture.install();
    let cause = io::Error::other("no route");
    let error = anyhow::Error::new(cause).context("cannot connect");
    tracing::error!(
        error = &*error as &(dyn std::error::Error + 'static),
        "failed"
    );
    let lines = capture.lines();
    assert_eq!(lines[0]["error"], "cannot connect");
    assert_eq!(lines[0]["error.sources"], serde_json::json!(["no route"]));
}

#[test]
fn the_trace_context_is_passed_on() {
    let capture = Capture::default();
    let _guard = capture.install();
    assert_eq!(current_traceparent(), None);
    let span = tracing::info_span!("work");
    assert!(set_parent(&span, PARENT));
    let _span = span.entered();
    let passed_on = current_traceparent().unwrap();
    let passed_on = TraceParent::parse(&passed_on).unwrap();
    assert_eq!(passed_on.trace_id(), "0af7651916cd43dd8448eb211c80319c");
    assert_ne!(passed_on.to_string(), PARENT);
}

#[test]
fn only_valid_trace_context_is_taken() {
    assert_eq!(TraceParent::parse(PARENT).unwrap().to_string(), PARENT);
    let later = format!("01{}-what-comes", PARENT.strip_prefix("00").unwrap());
    assert_eq!(TraceParent::parse(&later).unwrap().to_string(), PARENT);
    for wrong in [
        "",
        "00",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0ä",
    ] {
        assert_eq!(TraceParent::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn personal_data_and_keys_are_masked_in_messages_and_fields_of_any_kind() {
    let capture = Capture::default();
    let _guard = capture.install();
    let _span = tracing::info_span!("span", of = "jane@example.com").entered();
    let error = io::Error::other("card 4111 1111 1111 1111");
    let error: &(dyn std::error::Error + 'static) = &error;
    let id = "3f0c9a17-d2b8-5e56-8111-111111111111";
    tracing::warn!(
        error,
        key = ?"sk-proj-4fJq8ZkT2m9XbW7cLr5v",
        evaluation_id = id,
        tokens = 4_111_111_111_111_111_u64,
        "from {}",
        "203.0.113.77"
    );
    let lines = capture.lines();
    let line = &lines[0];
    assert_eq!(line["of"], "[email]");
    assert_eq!(line["error"], "card [card]");
    assert_eq!(line["key"], "\"[key]\"");
    assert_eq!(line["message"], "from [ip]");
    assert_eq!(line["evaluation_id"], id);
    assert_eq!(line["tokens"], 4_111_111_111_111_111_u64);
}
