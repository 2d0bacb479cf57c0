//! A collector that is gone, hangs or refuses costs no service anything but what it would have been sent.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::{Service, eventually};

use crate::collector::{Collector, Mode};
use crate::support::{SOON, System, quick};

/// Of a post, on a machine that is busy with other tests; exports that it waited for would take 5 s.
const PROMPT: Duration = Duration::from_secs(4);

/// The count of what a service has dropped of its spans for a reason.
async fn dropped(system: &System, service: &Service, reason: &str) -> Result<u64> {
    let url = format!(
        "{}/metrics",
        service.admin_url().context("no admin address")?
    );
    let metrics = system.http().get(&url).send().await?.text().await?;
    let series = "autorater_telemetry_dropped_total{";
    let of_spans = metrics.lines().find(|line| {
        line.starts_with(series) && line.contains("\"spans\"") && line.contains(reason)
    });
    let count = of_spans.and_then(|line| line.rsplit_once(' '));
    Ok(count.context("no such series")?.1.parse()?)
}

/// Posts some evaluations, none of which may wait, and waits until they are judged.
async fn works(system: &System, name: &str) -> Result<()> {
    for n in 0..5 {
        let begun = Instant::now();
        let id = system
            .post(&format!("Posted while it {name}: {n}."))
            .await?;
        let took = begun.elapsed();
        ensure!(took < PROMPT, "{name}: {took:?}");
        system.judged(&id).await?;
    }
    Ok(())
}

async fn loses(system: &System) -> Result<()> {
    let ingest = system.ingest().first().context("no ingest-api")?;
    eventually(SOON, async || {
        let dropped = dropped(system, ingest, "export_failed").await?;
        ensure!(dropped > 0, "nothing is counted");
        anyhow::Ok(())
    })
    .await?;
    let lines = ingest.log();
    let said = lines.matches("telemetry cannot be exported").count();
    assert!((1..=2).contains(&said), "{said} times: {lines}");
    Ok(())
}

#[tokio::test]
async fn one_that_hangs_refuses_or_is_slow_costs_only_spans_and_comes_back() -> Result<()> {
    let collector = Collector::start(Mode::Hangs).await?;
    let traced = quick().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let system = System::start(traced).await?;
    works(&system, "hangs").await?;
    loses(&system).await?;
    collector.is(Mode::Refuses);
    works(&system, "refuses").await?;
    collector.is(Mode::Slow);
    works(&system, "is slow").await?;
    collector.is(Mode::Takes);
    let ingest = system.ingest().first().context("no ingest-api")?;
    eventually(SOON, async || {
        system.try_post("Posted when it is back.").await?;
        ensure!(!collector.spans().is_empty(), "nothing has come");
        let is_said = ingest.log().contains("telemetry is exported again");
        ensure!(is_said, "nothing is said");
        anyhow::Ok(())
    })
    .await
}

#[tokio::test]
async fn one_that_is_gone_costs_only_spans_and_keeps_nobody_from_stopping() -> Result<()> {
    // A port that was somebody's, and is nobody's any more.
    let endpoint = Collector::start(Mode::Takes).await?.endpoint().to_owned();
    let system = System::start(quick().env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)).await?;
    works(&system, "is gone").await?;
    loses(&system).await?;
    let ingest = system.ingest().first().context("no ingest-api")?;
    let status = ingest.stop(SOON).await?;
    assert!(status.success(), "{status}");
    Ok(())
}
