//! Personal data and credentials masked in what leaves as plain lines or as spans.

use std::io;
use std::time::Duration;

use domain::mask::mask;
use opentelemetry::{Array, KeyValue, StringValue, Value, trace::Status};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

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

/// Masks the text of attributes, events and states before they are exported.
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
    mask_attributes(&mut span.attributes);
    for event in &mut span.events.events {
        event.name = mask(&event.name).into_owned().into();
        mask_attributes(&mut event.attributes);
    }
    if let Status::Error { description } = &mut span.status {
        *description = mask(description).into_owned().into();
    }
}

fn mask_attributes(attributes: &mut [KeyValue]) {
    let masked = |text: &StringValue| StringValue::from(mask(text.as_str()).into_owned());
    for attribute in attributes {
        match &mut attribute.value {
            Value::String(text) => *text = masked(text),
            Value::Array(Array::String(texts)) => {
                for text in texts {
                    *text = masked(text);
                }
            }
            _ => {}
        }
    }
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
    fn attributes_events_and_states_of_spans_are_masked() {
        let memory = Kept::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(MaskedSpans(memory.clone()))
            .build();
        let mut span = provider.tracer("test").start("work");
        let card = "card 4111 1111 1111 1111";
        span.set_attribute(KeyValue::new("one", card));
        span.set_attribute(KeyValue::new("size", 4_111_111_111_111_111));
        span.add_event(card, vec![KeyValue::new("two", card)]);
        span.set_status(Status::error(card));
        span.end();
        let shown = format!("{:?}", memory.0.lock().unwrap());
        assert!(!shown.contains("1111 1111"), "{shown}");
        assert!(
            shown.contains("card [card]") && shown.contains("4111111111111111"),
            "{shown}"
        );
    }
}
