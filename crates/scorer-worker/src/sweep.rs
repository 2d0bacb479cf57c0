//! The sweep: what nobody works on any more runs again, or ends.

use engine::STEPS_TIMEOUT;
use service::{metrics, telemetry};
use storage::evaluations::Swept;
use storage::{evaluations, rubric_steps, workers};
use tracing::field::Empty;

use crate::worker::{WORKER_TTL, Worker};

/// Sweeps until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    // Half a period to begin with, so that workers that start together do not sweep together for ever.
    let mut pause = worker
        .settings
        .worker
        .sweep
        .mul_f64(0.5 + rand::random::<f64>() / 2.0);
    while worker.pause(pause).await {
        pause = worker.settings.worker.sweep;
        worker.report("sweep", "the sweep waits", &sweep(&worker).await);
    }
}

async fn sweep(worker: &Worker) -> storage::Result<()> {
    let settings = &worker.settings.worker;
    // When the database was away, everybody's heartbeat is old, and nobody has died of it. A worker that has
    // just started may have done so right after that.
    let swept = if worker.heartbeat.is_stable() {
        evaluations::sweep(
            &worker.database,
            worker.id,
            settings.lease,
            settings.max_crashes,
        )
        .await?
    } else {
        Vec::new()
    };
    for swept in swept {
        let _span = span(&swept).entered();
        if swept.failed {
            tracing::error!("evaluation failed: its workers died too often");
            metrics::evaluation_ended("failed", "none", &swept.strategy, swept.age);
        } else {
            tracing::warn!("evaluation queued again: its worker died");
        }
        worker.engine.progress.end(swept.id);
    }
    for swept in evaluations::expire(&worker.database).await? {
        let _span = span(&swept).entered();
        tracing::error!("evaluation failed: its deadline passed");
        metrics::evaluation_ended("failed", "none", &swept.strategy, swept.age);
        worker.engine.progress.end(swept.id);
    }
    rubric_steps::promote_waiting(&worker.database, STEPS_TIMEOUT).await?;
    workers::forget(&worker.database, WORKER_TTL).await?;
    Ok(())
}

/// Identifies the evaluation in its lines, and makes them part of its trace.
fn span(swept: &Swept) -> tracing::Span {
    let span = tracing::error_span!(
        "sweep",
        correlation_id = swept.correlation_id,
        evaluation_id = %swept.id,
        tenant = swept.tenant,
        strategy = swept.strategy,
        trace_id = Empty,
    );
    telemetry::set_parent(&span, swept.traceparent.as_deref().unwrap_or_default());
    span
}
