//! `[otel]`: where traces and results of evaluations go.

use url::Url;

use super::section::section;

section! {
    /// Where traces and results of evaluations go. docs/telemetry.md says what they hold.
    pub struct Otel in "otel" {
        /// OTLP/gRPC endpoint of the collector, such as `http://localhost:4317`; nothing is sent
        /// when it is not set. Trace context is passed on either way.
        endpoint: Option<Url> = None, usual "OTEL_EXPORTER_OTLP_ENDPOINT", check endpoint, note "none: off";
        /// How it is sent: `grpc`, nothing else.
        protocol: String = "grpc".to_owned(), usual "OTEL_EXPORTER_OTLP_PROTOCOL", check |text: &String| protocol(text);
        /// The service's name in traces.
        service_name: Option<String> = None, usual "OTEL_SERVICE_NAME", note "the name of the service";
        /// Sends results of evaluations there as well, as log records of the event `gen_ai.evaluation.result`. Off for a
        /// collector that takes traces only.
        evaluation_results: bool = true;
        /// Sends the judge's words with them. They may quote the candidate; personal data and credentials are masked.
        explanations: bool = false;
    }
}

fn protocol(protocol: &str) -> Result<(), String> {
    if protocol == "grpc" {
        return Ok(());
    }
    Err("not supported; expected `grpc`, which a collector takes on port 4317".to_owned())
}

/// The exporter is built without TLS: a collector runs beside the service or in its cluster.
fn endpoint(url: &Url) -> Result<(), String> {
    if url.scheme() == "http" && url.has_host() {
        Ok(())
    } else {
        Err(
            "not a plain OTLP/gRPC endpoint (TLS to the collector is not supported); expected \
             `http://HOST:4317`"
                .to_owned(),
        )
    }
}
