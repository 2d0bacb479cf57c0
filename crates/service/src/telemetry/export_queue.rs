//! What waits to be exported: bounded, so that a collector which is gone, slow or hangs costs neither memory nor time, and
//! counted where it is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::{Context, InstrumentationScope, logs::Severity};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter, LogProcessor, SdkLogRecord},
    trace::{Span, SpanData, SpanExporter, SpanProcessor},
};

use crate::metrics;

/// What waits, or is under way, at most: some megabytes, and several seconds of a busy process.
pub(super) const MAX_WAITING: usize = 8192;

/// What one signal has waiting. Shared by what fills it and what empties it.
#[derive(Debug)]
pub(super) struct ExportQueue {
    signal: &'static str,
    waiting: AtomicUsize,
    is_failing: AtomicBool,
}

impl ExportQueue {
    /// For `spans` or `logs`.
    pub(super) fn new(signal: &'static str) -> Arc<Self> {
        // Both series are there from the beginning: a rate needs a first value.
        for reason in ["queue_full", "export_failed"] {
            metrics::telemetry_dropped_total(signal, reason).absolute(0);
        }
        Arc::new(Self {
            signal,
            waiting: AtomicUsize::new(0),
            is_failing: AtomicBool::new(false),
        })
    }

    /// Whether there is room for one more; where there is none, it counts as lost.
    fn admits(&self) -> bool {
        let room = |waiting| (waiting < MAX_WAITING).then_some(waiting + 1);
        let admitted = self
            .waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room)
            .is_ok();
        if !admitted {
            metrics::telemetry_dropped_total(self.signal, "queue_full").increment(1);
        }
        admitted
    }

    /// So many have left, whatever came of it. Told once for each change.
    fn exported(&self, count: usize, result: &OTelSdkResult) {
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        let has_failed = result.is_err();
        if has_failed {
            metrics::telemetry_dropped_total(self.signal, "export_failed").increment(count as u64);
        }
        if self.is_failing.swap(has_failed, Ordering::Relaxed) == has_failed {
            return;
        }
        match result {
            Err(error) => {
                tracing::warn!(signal = self.signal, %error, "telemetry cannot be exported");
            }
            Ok(()) => tracing::info!(signal = self.signal, "telemetry is exported again"),
        }
    }
}

/// Hands on what there is room for.
#[derive(Debug)]
pub(super) struct Bounded<P> {
    pub(super) processor: P,
    pub(super) queue: Arc<ExportQueue>,
}

impl<P: SpanProcessor> SpanProcessor for Bounded<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.queue.admits() {
            self.processor.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

impl<P: LogProcessor> LogProcessor for Bounded<P> {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if self.queue.admits() {
            self.processor.emit(record, scope);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.processor.event_enabled(level, target, name)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

/// Says what became of what was exported.
#[derive(Debug)]
pub(super) struct Counted<E> {
    pub(super) exporter: E,
    pub(super) queue: Arc<ExportQueue>,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.exporter.export(batch).await;
        self.queue.exported(count, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for Counted<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let count = batch.iter().count();
        let result = self.exporter.export(batch).await;
        self.queue.exported(count, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.exporter.event_enabled(level, target, name)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::error::OTelSdkError;

    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_refused_until_something_has_left() {
        let queue = ExportQueue::new("spans");
        for _ in 0..MAX_WAITING {
            assert!(queue.admits());
        }
        assert!(!queue.admits());
        queue.exported(2, &Err(OTelSdkError::InternalFailure("gone".to_owned())));
        assert!(queue.admits() && queue.admits() && !queue.admits());
    }
}
