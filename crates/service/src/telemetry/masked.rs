//! Personal data and credentials masked in what leaves as plain lines or as spans.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use domain::mask::mask;
use opentelemetry::{Array, Key, KeyValue, Value, trace::Status};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use super::conventions;

/// What names a server, which may have no name but its address.
const SERVERS: [&str; 2] = [
    conventions::SERVER_ADDRESS,
    conventions::GEN_AI_PROVIDER_NAME,
];
/// Bytes of a text that are exported: whatever others wrote, a span stays small.
const MAX_TEXT: usize = 1024;

/// Masks what is written; each write is one line.
#[derive(Debug)]
pub(super) struct MaskedLines<W>(pub(super) W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for MaskedLines<W> {
    type Writer = MaskedLines<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        MaskedLines(self.0.make_writer())
    }

    fn make_writer_for(&'w self, metadata: &Metadata<'_>) -> Self::Writer {
        MaskedLines(self.0.make_writer_for(metadata))
    }
}

impl<W: io::Write> io::Write for MaskedLines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let masked = mask(&String::from_utf8_lossy(line)).into_owned();
        self.0.write_all(masked.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Leaves out what [`conventions`] does not know, and masks and shortens the text of the rest, before spans are exported.
#[derive(Debug)]
pub(super) struct MaskedSpans<E>(pub(super) E);

impl<E: SpanExporter> SpanExporter for MaskedSpans<E> {
    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        batch.iter_mut().for_each(mask_span);
        self.0.export(batch)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn mask_span(span: &mut SpanData) {
    // Logs have them.
    span.events = SpanEvents::default();
    span.name = masked(&span.name).into();
    mask_attributes(&mut span.attributes);
    keep_last(&mut span.attributes);
    for link in &mut span.links.links {
        mask_attributes(&mut link.attributes);
    }
    if let Status::Error { description } = &mut span.status {
        *description = masked(description).into();
    }
}

fn mask_attributes(attributes: &mut Vec<KeyValue>) {
    attributes.retain_mut(|attribute| {
        let Some(name) = conventions::exported(&attribute.key) else {
            return false;
        };
        attribute.key = name;
        match &mut attribute.value {
            // Of a server, not of a person.
            Value::String(text)
                if SERVERS.contains(&attribute.key.as_str())
                    && text.as_str().parse::<IpAddr>().is_ok() => {}
            Value::String(text) => *text = masked(text.as_str()).into(),
            Value::Array(Array::String(texts)) => {
                for text in texts {
                    *text = masked(text.as_str()).into();
                }
            }
            _ => {}
        }
        true
    });
}

/// What was said twice, or under two names, counts as it was said last: names are unique in a span.
fn keep_last(attributes: &mut Vec<KeyValue>) {
    let mut seen: Vec<Key> = Vec::with_capacity(attributes.len());
    attributes.reverse();
    attributes.retain(|attribute| {
        let is_new = !seen.contains(&attribute.key);
        if is_new {
            seen.push(attribute.key.clone());
        }
        is_new
    });
    attributes.reverse();
}

fn masked(text: &str) -> String {
    shortened(&mask(text)).to_owned()
}

/// As much of a text as is exported.
pub(super) fn shortened(text: &str) -> &str {
    let end = text.floor_char_boundary(MAX_TEXT);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::{Arc, Mutex};

    use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    #[test]
    fn plain_lines_are_masked_and_counted_as_they_came() {
        let mut lines = MaskedLines(Vec::new());
        lines.write_all(b"INFO of jane@example.com\n").unwrap();
        assert_eq!(lines.0, b"INFO of [email]\n");
    }

    #[derive(Debug, Default, Clone)]
    struct Kept(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Kept {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    #[test]
    fn spans_hold_what_is_known_masked_and_shortened() {
        let memory = Kept::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(MaskedSpans(memory.clone()))
            .build();
        let mut span = provider.tracer("test").start("work");
        let card = "card 4111 1111 1111 1111";
        span.set_attribute(KeyValue::new(conventions::STEP, card));
        span.set_attribute(KeyValue::new("tenant", "what is said again"));
        span.set_attribute(KeyValue::new(conventions::TENANT, "é".repeat(MAX_TEXT)));
        span.set_attribute(KeyValue::new(conventions::EPOCH, 4_111_111_111_111_111));
        span.set_attribute(KeyValue::new("prompt", "unknown"));
        span.add_event("of a log line", vec![KeyValue::new("two", card)]);
        span.set_status(Status::error(card));
        span.end();
        let spans = memory.0.lock().unwrap();
        let [span] = spans.as_slice() else {
            panic!("{spans:?}");
        };
        let attributes: Vec<(&str, String)> = span
            .attributes
            .iter()
            .map(|attribute| (attribute.key.as_str(), attribute.value.to_string()))
            .collect();
        let expected = [
            (conventions::STEP, "card [card]".to_owned()),
            (conventions::TENANT, "é".repeat(MAX_TEXT / 2)),
            (conventions::EPOCH, "4111111111111111".to_owned()),
        ];
        assert_eq!(attributes, expected);
        assert_eq!(span.events, SpanEvents::default());
        assert_eq!(span.status, Status::error("card [card]"));
    }
}
