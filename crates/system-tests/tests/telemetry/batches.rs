//! A batch brings any number of evaluations: each has a trace of its own, linked to the batch's.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use local_stack::eventually;

use crate::collector::{Collector, Mode};
use crate::support::{SOON, System, payload, quick};

const UPSTREAM: &str = "00f067aa0ba902b7";

async fn post(system: &System, flags: &str, trace: &str) -> Result<()> {
    let lines: String = (0..3)
        .map(|n| format!("{}\n", payload(&format!("Line {n} of {trace}."))))
        .collect();
    let url = format!("{}/batch", system.api.evaluations());
    let post = system.http().post(url).body(lines);
    let post = post
        .header("content-type", "application/x-ndjson")
        .header("traceparent", format!("00-{trace}-{UPSTREAM}-{flags}"));
    let answer = post.send().await?.text().await?;
    ensure!(answer.lines().count() == 3, "{answer}");
    Ok(())
}

#[tokio::test]
async fn each_evaluation_has_a_trace_of_its_own_that_is_linked() -> Result<()> {
    let collector = Collector::start(Mode::Takes).await?;
    let traced = quick().env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let system = System::start(traced).await?;
    let unsampled = "1bf92f3577b34da6a3ce929d0e0e4731";
    post(&system, "00", unsampled).await?;
    let trace = "2bf92f3577b34da6a3ce929d0e0e4732";
    post(&system, "01", trace).await?;
    system.all_judged(6, SOON).await?;
    let (batch, spans) = eventually(SOON, async || {
        let spans = collector.spans();
        let judged = spans.iter().filter(|span| span.name == "process work");
        ensure!(judged.count() >= 3, "{spans:#?}");
        let mut of_batch = collector.trace(trace);
        ensure!(of_batch.len() == 1, "{of_batch:#?}");
        anyhow::Ok((of_batch.remove(0), spans))
    })
    .await?;
    assert_eq!(batch.name, "POST /v1/evaluations/batch");
    let sent: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "send work")
        .collect();
    // None of those whose batch was not sampled.
    assert_eq!(sent.len(), 3, "{sent:#?}");
    let traces: BTreeSet<_> = sent.iter().map(|span| &span.trace).collect();
    assert_eq!(traces.len(), 3, "{sent:#?}");
    for span in sent {
        assert_eq!(span.parent, "", "{span:#?}");
        assert_eq!(span.links, [(trace.to_owned(), batch.id.clone())]);
        let of_trace = collector.trace(&span.trace);
        let process = of_trace.iter().find(|each| each.name == "process work");
        assert_eq!(process.map(|each| &each.parent), Some(&span.id));
    }
    assert!(collector.trace(unsampled).is_empty());
    Ok(())
}
