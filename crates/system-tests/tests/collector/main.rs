//! The same trace through a real OpenTelemetry collector: what it takes and passes on is what it should be.

#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../telemetry/collector.rs"]
mod collector;
#[path = "../telemetry/one_trace.rs"]
mod one_trace;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../webhooks/receiver.rs"]
mod receiver;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../telemetry/spans.rs"]
mod spans;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../webhooks/system.rs"]
mod system;

use anyhow::{Context as _, Result};
use local_stack::{Process, eventually, ports};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::collector::{Collector, Mode};
use crate::one_trace::from_post_to_webhook;
use crate::support::SOON;

/// Names the program. Set by `cargo xtask test`.
const PROGRAM: &str = "AUTORATER_COLLECTOR";

#[tokio::test]
async fn a_real_collector_takes_a_trace_and_passes_it_on() -> Result<()> {
    let behind = Collector::start(Mode::Takes).await?;
    let program = std::env::var_os(PROGRAM).context("AUTORATER_COLLECTOR is not set")?;
    let home = TempDir::new()?;
    let port = ports::free();
    let config = home.path().join("collector.yaml");
    let exported = behind.endpoint();
    tokio::fs::write(
        &config,
        format!(
            "receivers:\n  otlp:\n    protocols:\n      grpc:\n        endpoint: 127.0.0.1:{port}\n\
             exporters:\n  otlp:\n    endpoint: {exported}\n    compression: none\n    tls:\n      insecure: true\n\
             service:\n  telemetry:\n    metrics:\n      level: none\n  pipelines:\n    \
             traces: {{receivers: [otlp], exporters: [otlp]}}\n    \
             logs: {{receivers: [otlp], exporters: [otlp]}}\n"
        ),
    )
    .await?;
    let process = Process::builder("collector", program, home.path())
        .arg(config.display().to_string())
        .start()?;
    eventually(SOON, async || TcpStream::connect(("127.0.0.1", port)).await)
        .await
        .with_context(|| process.log())?;
    from_post_to_webhook(&behind, &format!("http://127.0.0.1:{port}")).await
}
