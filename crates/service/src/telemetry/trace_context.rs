//! W3C trace context: `traceparent` in and out.

use std::fmt;

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// A valid `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(SpanContext);

impl TraceParent {
    /// Reads a `traceparent`; of a version that is not known, the part that is known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(55)?;
        let mut parts = known.split('-');
        let mut hex = |length: usize| {
            parts.next().filter(|part| {
                part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            })
        };
        let (version, trace, span, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
        let is_known = version == "00" && rest.is_empty();
        let is_later =
            !matches!(version, "00" | "ff") && (rest.is_empty() || rest.starts_with('-'));
        if !is_known && !is_later {
            return None;
        }
        let context = SpanContext::new(
            TraceId::from_hex(trace).ok()?,
            SpanId::from_hex(span).ok()?,
            TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED,
            true,
            TraceState::default(),
        );
        context.is_valid().then_some(Self(context))
    }

    /// The id of the trace, 32 hex digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        self.0.trace_id().to_string()
    }

    /// Trace, span and flags.
    pub(super) fn ids(&self) -> (TraceId, SpanId, TraceFlags) {
        (self.0.trace_id(), self.0.span_id(), self.0.trace_flags())
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{}-{}-{:02x}",
            self.0.trace_id(),
            self.0.span_id(),
            self.0.trace_flags().to_u8()
        )
    }
}

/// The `traceparent` that names the current span, to be passed on; `None` outside any span.
#[must_use]
pub fn current_traceparent() -> Option<String> {
    traceparent_of(&Span::current()).map(|parent| parent.to_string())
}

/// The `traceparent` that names a span, which settles its parent; `None` where the filter of logs has taken it away.
pub fn traceparent_of(span: &Span) -> Option<TraceParent> {
    let context = span.context().span().span_context().clone();
    context.is_valid().then_some(TraceParent(context))
}

/// Makes `span` a child of a remote span and records its `trace_id` (see [`record_trace_id`]).
///
/// Must be called before the span is entered for the first time. Says whether it worked: an
/// invalid `traceparent` is not an error, the span then begins a trace of its own.
pub fn set_parent(span: &Span, traceparent: &str) -> bool {
    let is_set = TraceParent::parse(traceparent).is_some_and(|parent| {
        let context = Context::new().with_remote_span_context(parent.0);
        span.set_parent(context).is_ok()
    });
    record_trace_id(span);
    is_set
}

/// Makes `span` the first of a trace of its own, linked to `cause`. Is the trace of `cause` not sampled, this one is not either.
///
/// Must be called before the span is entered for the first time.
pub fn begin_trace(span: &Span, cause: &Span) {
    let Some(TraceParent(cause)) = traceparent_of(cause) else {
        return;
    };
    let context = if cause.is_sampled() {
        span.add_link(cause);
        Context::new()
    } else {
        // A sampler asks only the parent: one that nobody has ever seen, and nobody will.
        let ids = RandomIdGenerator::default();
        let (trace, parent) = (ids.new_trace_id(), ids.new_span_id());
        let state = TraceState::default();
        let parent = SpanContext::new(trace, parent, TraceFlags::default(), true, state);
        Context::new().with_remote_span_context(parent)
    };
    // Where the span is disabled there is nothing to begin.
    drop(span.set_parent(context));
}

/// Records the id of the span's trace in its field `trace_id`, where it declares one.
///
/// Settles the span's parent: [`set_parent`] has no effect afterwards.
pub fn record_trace_id(span: &Span) {
    if let Some(parent) = traceparent_of(span) {
        span.record("trace_id", parent.trace_id());
    }
}
