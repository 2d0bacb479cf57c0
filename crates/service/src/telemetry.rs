//! Logs and traces.
//!
//! One global filter decides for logs and traces alike: filters of single layers lose spans as soon
//! as any crate asks whether a level is enabled (tokio-rs/tracing#2519).

pub mod conventions;
mod evaluation_results;
mod export;
mod export_queue;
mod json;
mod levels;
mod libraries;
mod masked;
mod panic_hook;
mod span;
mod trace_context;

use std::io;

use opentelemetry::global;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing_subscriber::{
    Layer, fmt::writer::BoxMakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use self::libraries::QuietLibraries;
pub use self::{
    evaluation_results::{
        EvaluatedResponse, EvaluationResult, ResultValue, emit_evaluation_result,
        exports_evaluation_results,
    },
    json::JsonLines,
    levels::{FilterOverride, LevelsError, LogLevels},
    span::Annotate,
    trace_context::{
        TraceParent, begin_trace, current_traceparent, record_trace_id, set_parent, traceparent_of,
    },
};
use self::{export::Exporters, masked::MaskedLines};
use crate::{
    ServiceName,
    settings::{LogFormat, Settings},
};

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
    exporters: Exporters,
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
    let exporters = Exporters::start(service, settings)?;
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(exporters.tracer_provider());

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
                .with_tracer(exporters.tracer())
                // What failed is said of each span, in words that can be counted.
                .with_error_events_to_status(false)
                .with_error_records_to_exceptions(false)
                .with_level(false)
                .with_target(false)
                .with_location(false)
                .with_threads(false)
                .with_tracked_inactivity(false)
                // Nothing asks for the current context of the library, and each poll would pay for it.
                .with_context_activation(false),
        )
        .with(lines)
        .try_init()?;
    panic_hook::install();
    Ok(Telemetry { exporters, levels })
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
        self.exporters.shutdown().await;
    }
}
