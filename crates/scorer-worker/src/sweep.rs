//! The sweep: what nobody works on any more runs again, or ends.

use std::time::Duration;

use domain::Priority;
use service::metrics;
use storage::{evaluations, workers};

use crate::heartbeat::Pulse;
use crate::intake;
use crate::worker::Worker;

/// Workers that were not heard of for this long, and hold nothing, are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);

/// Sweeps until the process is asked to stop.
pub(crate) async fn run(worker: Worker, pulse: Pulse) {
    let mut failing = false;
    // Half a period to begin with, so that workers that start together do not sweep together for ever.
    let mut pause = worker
        .settings
        .worker
        .sweep
        .mul_f64(0.5 + rand::random::<f64>() / 2.0);
    while worker.pause(pause).await {
        pause = worker.settings.worker.sweep;
        let result = once(&worker, &pulse).await;
        if let Err(error) = &result
            && !failing
        {
            tracing::warn!(error = format!("{error:#}"), "the sweep waits");
        }
        failing = result.is_err();
    }
}

async fn once(worker: &Worker, pulse: &Pulse) -> anyhow::Result<()> {
    let settings = &worker.settings.worker;
    // When the database was away, everybody's heartbeat is old, and nobody has died of it.
    let swept = if pulse.is_steady() {
        evaluations::sweep(&worker.database, settings.lease, settings.max_crashes).await?
    } else {
        Vec::new()
    };
    for swept in swept {
        if swept.failed {
            tracing::error!(evaluation_id = %swept.id, "evaluation failed: its workers died too often");
            metrics::evaluations_total("failed", "none", "unknown").increment(1);
        } else {
            tracing::warn!(evaluation_id = %swept.id, "evaluation queued again: its worker died");
        }
        worker.ended(swept.id);
    }
    for id in evaluations::expire(&worker.database).await? {
        tracing::error!(evaluation_id = %id, "evaluation failed: its deadline passed");
        metrics::evaluations_total("failed", "none", "unknown").increment(1);
        worker.ended(id);
    }
    workers::forget(&worker.database, FORGOTTEN).await?;
    for priority in Priority::ALL {
        let deliveries = worker
            .redis
            .take_over(priority, &worker.consumer(), settings.lease)
            .await?;
        intake::claim(worker, deliveries).await;
    }
    Ok(())
}
