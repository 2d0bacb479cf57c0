//! Logs and traces.
//!
//! One global filter decides for logs and traces alike: filters of single layers lose spans as soon
//! as any crate asks whether a level is enabled (tokio-rs/tracing#2519).

mod json;
mod levels;
mod libraries;
mod masked;
mod panic_hook;
mod trace_context;

use std::{io, time::Duration};

use opentelemetry::{KeyValue, global, trace::TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing_subscriber::{
    Layer, fmt::writer::BoxMakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use self::libraries::QuietLibraries;
use self::masked::{MaskedLines, MaskedSpans};
pub use self::{
    json::JsonLines,
    levels::{FilterOverride, LevelsError, LogLevels},
    trace_context::{TraceParent, current_traceparent, record_trace_id, set_parent},
};
use crate::{
    ServiceName,
    settings::{LogFormat, Settings},
};

/// How long a batch of spans may take to reach the collector.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last spans may take at the end: a collector that is gone must not keep the process.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Where log lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// For services.
    Stdout,
    /// For subcommands, whose standard output is their result.
    Stderr,
}

/// Telemetry that is running; [`Telemetry::shutdown`] sends what is left.
#[derive(Debug)]
#[must_use = "spans that are still in memory are lost without `shutdown`"]
pub struct Telemetry {
    tracing: SdkTracerProvider,
    levels: LogLevels,
}

/// Telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter of `log.filter` is not valid.
    #[error("log.filter is not valid")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter of `otel.endpoint` could not be built.
    #[error("the OTLP exporter cannot be built")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Another subscriber is already installed in this process.
    #[error("a tracing subscriber is already installed")]
    Subscriber(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts logs on standard output, and traces.
///
/// Must be called within a Tokio runtime, once in a process.
///
/// # Errors
///
/// When the filter or the exporter is not valid, or telemetry is already running.
pub fn init(service: ServiceName, settings: &Settings) -> Result<Telemetry, TelemetryError> {
    init_with_output(service, settings, Output::Stdout)
}

/// As [`init`], with log lines on the output that is given.
///
/// # Errors
///
/// As [`init`].
pub fn init_with_output(
    service: ServiceName,
    settings: &Settings,
    output: Output,
) -> Result<Telemetry, TelemetryError> {
    // Only one crypto provider is compiled in, but features of dependencies may change that, and
    // then rustls panics at the first connection. An error means that it is already installed.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());

    let (filter, levels) = LogLevels::new(&settings.log.filter)?;
    let tracing = tracer_provider(service, settings)?;
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(tracing.clone());

    let writer = match output {
        Output::Stdout => BoxMakeWriter::new(io::stdout),
        Output::Stderr => BoxMakeWriter::new(io::stderr),
    };
    let lines = match settings.log.format {
        LogFormat::Json => JsonLines::new(service, writer).boxed(),
        LogFormat::Pretty => tracing_subscriber::fmt::layer()
            .with_writer(MaskedLines(writer))
            .compact()
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(QuietLibraries)
        .with(
            tracing_opentelemetry::layer()
                .with_tracer(tracing.tracer("autorater"))
                .with_location(false)
                .with_threads(false)
                .with_tracked_inactivity(false),
        )
        .with(lines)
        .try_init()?;
    panic_hook::install();
    Ok(Telemetry { tracing, levels })
}

impl Telemetry {
    /// What is logged, which may be changed while the process runs.
    #[must_use]
    pub fn levels(&self) -> LogLevels {
        self.levels.clone()
    }

    /// Sends the spans that are still in memory, for at most some seconds, without blocking the
    /// runtime.
    pub async fn shutdown(self) {
        // The provider's own shutdown blocks (open-telemetry/opentelemetry-rust#868).
        let flushed = tokio::task::spawn_blocking(move || {
            self.tracing.shutdown_with_timeout(SHUTDOWN_TIMEOUT)
        });
        match flushed.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last spans were not sent"),
            Err(error) => tracing::warn!(%error, "the last spans were not sent"),
        }
    }
}

/// A provider is always there, so that trace ids exist and are passed on; spans leave the process
/// only when there is an endpoint.
fn tracer_provider(
    service: ServiceName,
    settings: &Settings,
) -> Result<SdkTracerProvider, TelemetryError> {
    let name = settings
        .otel
        .service_name
        .clone()
        .unwrap_or_else(|| service.as_str().to_owned());
    let resource = Resource::builder()
        .with_service_name(name)
        .with_attribute(KeyValue::new("service.namespace", "autorater"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let mut provider = SdkTracerProvider::builder().with_resource(resource);
    if let Some(endpoint) = &settings.otel.endpoint {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint.as_str())
            .with_timeout(EXPORT_TIMEOUT)
            .build()?;
        provider = provider.with_batch_exporter(MaskedSpans(exporter));
    }
    Ok(provider.build())
}
