//! Log lines as JSON: one flat object a line.

use std::{collections::BTreeMap, error::Error, fmt, io::Write as _, sync::OnceLock};

use domain::mask::mask;
use opentelemetry::trace::TraceContextExt as _;
use serde::ser::{SerializeMap as _, Serializer as _};
use serde_json::Value;
use tracing::{
    Dispatch, Event, Subscriber,
    dispatcher::WeakDispatch,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::{
    Layer,
    fmt::{
        MakeWriter,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    layer::Context,
    registry::{LookupSpan, Scope},
};

use crate::ServiceName;

/// The keys that every line begins with; a field of the same name is written as `field.NAME`.
const OWN: [&str; 5] = ["timestamp", "level", "service", "message", "target"];

/// Writes each event as one JSON object: `timestamp`, `level`, `service`, `message`, `target`, then
/// the fields of the event and of the spans round it.
///
/// An inner field wins over an outer one. `trace_id` and `span_id` are those of the innermost span.
///
/// An error (`error = &e as &dyn Error`) is two fields: its own words in `error`, those of its causes, the nearest first,
/// in the array `error.sources`.
///
/// Personal data and credentials are masked in the message and in all fields that are text.
#[derive(Debug)]
pub struct JsonLines<W> {
    service: ServiceName,
    writer: W,
    /// Of the subscriber that this is a part of: it knows the ids of traces.
    dispatch: OnceLock<WeakDispatch>,
}

impl<W> JsonLines<W> {
    /// Lines of `service`, to `writer`.
    pub fn new(service: ServiceName, writer: W) -> Self {
        Self {
            service,
            writer,
            dispatch: OnceLock::new(),
        }
    }

    /// Adds the ids of the innermost span, where there is a span and traces are recorded.
    fn add_trace_ids(&self, span: &Id, fields: &mut Fields) {
        let dispatch = self.dispatch.get().and_then(WeakDispatch::upgrade);
        let context = dispatch.and_then(|dispatch| get_otel_context(span, &dispatch));
        let Some(context) = context else { return };
        let ids = context.span().span_context().clone();
        if ids.is_valid() {
            let trace_id = ids.trace_id().to_string();
            let span_id = ids.span_id().to_string();
            fields.0.insert("trace_id", trace_id.into());
            fields.0.insert("span_id", span_id.into());
        }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        // A second one would be another subscriber: the layer belongs to the first.
        self.dispatch.get_or_init(|| subscriber.downgrade());
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.0.extend(outer.0.clone());
            }
        }
        // A span's field of that name is not the event's message.
        fields.0.remove("message");
        if let Some(span) = context.event_span(event) {
            self.add_trace_ids(&span.id(), &mut fields);
        }
        event.record(&mut fields);

        let metadata = event.metadata();
        let message = fields.0.remove("message").unwrap_or_default();
        // Events that come from the `log` crate carry their place in fields.
        let log_target = fields.0.remove("log.target");
        let target = match &log_target {
            Some(Value::String(target)) => target,
            _ => metadata.target(),
        };
        fields
            .0
            .retain(|name, _| !name.starts_with("log.") && !name.starts_with("otel."));

        let line = LogLine {
            timestamp: now(),
            level: metadata.level().as_str(),
            service: self.service.as_str(),
            message: match message {
                Value::String(message) => mask(&message).into_owned(),
                Value::Null => String::new(),
                other => other.to_string(),
            },
            target,
            fields: &fields.0,
        };
        let Ok(mut line) = line.json() else { return };
        line.push(b'\n');
        // There is nowhere left to report that a line could not be written.
        drop(self.writer.make_writer_for(metadata).write_all(&line));
    }
}

struct LogLine<'a> {
    timestamp: String,
    level: &'a str,
    service: &'a str,
    message: String,
    target: &'a str,
    fields: &'a BTreeMap<&'static str, Value>,
}

impl LogLine<'_> {
    fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = Vec::with_capacity(256);
        let mut serializer = serde_json::Serializer::new(&mut line);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("timestamp", &self.timestamp)?;
        map.serialize_entry("level", self.level)?;
        map.serialize_entry("service", self.service)?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("target", self.target)?;
        for (name, value) in self.fields {
            let owned = OWN.contains(name).then(|| format!("field.{name}"));
            let name = owned.as_deref().unwrap_or(name);
            match value {
                Value::String(text) => map.serialize_entry(name, &mask(text))?,
                Value::Array(texts) => {
                    let texts: Vec<_> = texts.iter().filter_map(Value::as_str).map(mask).collect();
                    map.serialize_entry(name, &texts)?;
                }
                other => map.serialize_entry(name, other)?,
            }
        }
        map.end()?;
        Ok(line)
    }
}

/// The time in UTC, RFC 3339.
fn now() -> String {
    let mut text = String::with_capacity(32);
    // Writing to a String cannot fail.
    if SystemTime.format_time(&mut Writer::new(&mut text)).is_err() {
        text.clear();
    }
    text
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(BTreeMap<&'static str, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name(), value.into());
    }

    /// The `Display` of some errors says next to nothing, so their causes are told as well.
    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.0.insert(field.name(), error.to_string().into());
        let mut sources: Vec<Value> = Vec::new();
        let mut source = error.source();
        while let Some(error) = source {
            sources.push(error.to_string().into());
            source = error.source();
        }
        if !sources.is_empty() {
            self.0.insert("error.sources", sources.into());
        }
    }
}
