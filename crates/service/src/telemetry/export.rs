//! Spans and results of evaluations on their way to a collector, over OTLP/gRPC.

use std::time::Duration;

use opentelemetry::{
    InstrumentationScope, KeyValue, logs::LoggerProvider as _, trace::TracerProvider as _,
};
use opentelemetry_otlp::{ExporterBuildError, LogExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    logs::{BatchConfigBuilder as LogBatchConfig, BatchLogProcessor, SdkLoggerProvider},
    trace::{
        BatchConfigBuilder as SpanBatchConfig, BatchSpanProcessor, SdkTracer, SdkTracerProvider,
    },
};

use super::conventions::{GEN_AI_SCHEMA_URL, SCHEMA_URL};
use super::evaluation_results::{self, Results};
use super::export_queue::{Bounded, Counted, ExportQueue, MAX_WAITING};
use super::masked::MaskedSpans;
use crate::{ServiceName, settings::Settings};

/// How long a batch may take to reach the collector.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long what waits waits at most, while the collector takes it.
const DELAY: Duration = Duration::from_secs(1);
/// What is sent at once.
const BATCH: usize = 512;
/// How long the last of it may take at the end: a collector that is gone must not keep the process.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// What exports.
#[derive(Debug)]
pub(super) struct Exporters {
    traces: SdkTracerProvider,
    results: Option<SdkLoggerProvider>,
}

impl Exporters {
    /// A tracer is always there, so that trace ids exist and are passed on; something leaves the process only when there is
    /// an endpoint.
    pub(super) fn start(
        service: ServiceName,
        settings: &Settings,
    ) -> Result<Self, ExporterBuildError> {
        let resource = resource(service, settings);
        let options = &settings.otel;
        // Logs have the events, under the same ids: span events are deprecated, and would hold their fields.
        let mut traces = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_max_events_per_span(0);
        let mut results = None;
        if let Some(endpoint) = &options.endpoint {
            traces = traces.with_span_processor(spans(endpoint.as_str())?);
            if options.evaluation_results {
                let provider = SdkLoggerProvider::builder()
                    .with_resource(resource)
                    .with_log_processor(logs(endpoint.as_str())?)
                    .build();
                evaluation_results::install(Results {
                    logger: provider.logger_with_scope(scope(GEN_AI_SCHEMA_URL)),
                    has_explanations: options.explanations,
                });
                results = Some(provider);
            }
        }
        Ok(Self {
            traces: traces.build(),
            results,
        })
    }

    /// What makes spans.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.traces.tracer_with_scope(scope(SCHEMA_URL))
    }

    /// The same for libraries that ask for it.
    pub(super) fn tracer_provider(&self) -> SdkTracerProvider {
        self.traces.clone()
    }

    /// Sends what is still in memory, for at most some seconds, without blocking the runtime.
    pub(super) async fn shutdown(self) {
        // The providers' own shutdown blocks (open-telemetry/opentelemetry-rust#868).
        let flushed = tokio::task::spawn_blocking(move || {
            let results = self
                .results
                .map(|results| results.shutdown_with_timeout(SHUTDOWN_TIMEOUT));
            let traces = self.traces.shutdown_with_timeout(SHUTDOWN_TIMEOUT);
            results.unwrap_or(Ok(())).and(traces)
        });
        match flushed.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last spans were not sent"),
            Err(error) => tracing::warn!(%error, "the last spans were not sent"),
        }
    }
}

fn resource(service: ServiceName, settings: &Settings) -> Resource {
    let name = settings.otel.service_name.clone();
    Resource::builder()
        .with_service_name(name.unwrap_or_else(|| service.as_str().to_owned()))
        .with_attribute(KeyValue::new("service.namespace", "autorater"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}

fn scope(schema_url: &'static str) -> InstrumentationScope {
    InstrumentationScope::builder("autorater")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(schema_url)
        .build()
}

fn spans(endpoint: &str) -> Result<Bounded<BatchSpanProcessor>, ExporterBuildError> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_TIMEOUT)
        .build()?;
    let queue = ExportQueue::new("spans");
    let exporter = Counted {
        exporter: MaskedSpans(exporter),
        queue: queue.clone(),
    };
    let config = SpanBatchConfig::default()
        .with_max_queue_size(MAX_WAITING)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(DELAY)
        .build();
    let processor = BatchSpanProcessor::builder(exporter)
        .with_batch_config(config)
        .build();
    Ok(Bounded { processor, queue })
}

fn logs(endpoint: &str) -> Result<Bounded<BatchLogProcessor>, ExporterBuildError> {
    let exporter = LogExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_TIMEOUT)
        .build()?;
    let queue = ExportQueue::new("logs");
    let exporter = Counted {
        exporter,
        queue: queue.clone(),
    };
    let config = LogBatchConfig::default()
        .with_max_queue_size(MAX_WAITING)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(DELAY)
        .build();
    let processor = BatchLogProcessor::builder(exporter)
        .with_batch_config(config)
        .build();
    Ok(Bounded { processor, queue })
}
