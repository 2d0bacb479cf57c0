//! Housekeeping in small batches, by whichever worker comes first: what is old enough is removed, and what an earlier release
//! wrote is filled in.

use std::time::Duration;

use storage::{assessments, bulk_commands, retention, studies, webhook_deliveries};

use crate::worker::Worker;

/// How often it looks for something to do.
const RUN_INTERVAL: Duration = Duration::from_secs(60);
/// Rows that are changed at once.
const BATCH: u32 = 200;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Keeps house until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    let settings = &worker.settings.retention;
    let (payloads, records) = (age(settings.payload_days), age(settings.record_days));
    loop {
        let fill = || assessments::fill_columns(&worker.database, BATCH);
        let filled = in_batches(&worker, fill).await;
        worker.report_optional(
            "assessment columns",
            "older assessments are not in the figures yet",
            &filled,
        );
        if let Some(count) = some(&filled) {
            tracing::info!(
                count,
                "assessments of an earlier release filled in for the figures"
            );
        }
        if let Some(age) = records {
            let removed = in_batches(&worker, || {
                retention::remove_evaluations(&worker.database, age, BATCH)
            })
            .await;
            report(&worker, "record retention", &removed);
            if let Some(count) = some(&removed) {
                tracing::info!(count, "evaluations removed: their time was over");
            }
            let removed = in_batches(&worker, || {
                bulk_commands::remove(&worker.database, age, BATCH)
            })
            .await;
            report(&worker, "command retention", &removed);
            if let Some(count) = some(&removed) {
                tracing::info!(count, "finished commands removed: their time was over");
            }
            let removed =
                in_batches(&worker, || studies::remove(&worker.database, age, BATCH)).await;
            report(&worker, "study retention", &removed);
            if let Some(count) = some(&removed) {
                tracing::info!(count, "studies removed: their time was over");
            }
            let removed = in_batches(&worker, || {
                webhook_deliveries::forget_disabled_targets(&worker.database, age, BATCH)
            })
            .await;
            report(&worker, "webhook retention", &removed);
            if let Some(count) = some(&removed) {
                tracing::info!(
                    count,
                    "disabled webhook targets forgotten: their time was over"
                );
            }
        }
        if let Some(age) = payloads {
            let removed = in_batches(&worker, || {
                retention::remove_payloads(&worker.database, age, BATCH)
            })
            .await;
            report(&worker, "payload retention", &removed);
            if let Some(count) = some(&removed) {
                tracing::info!(count, "payloads removed: their time was over");
            }
        }
        if !worker.pause(RUN_INTERVAL).await {
            return;
        }
    }
}

fn age(days: u32) -> Option<Duration> {
    (days > 0).then(|| DAY * days)
}

/// Goes on while batches are full, and leaves the database room to breathe in between.
async fn in_batches<F>(worker: &Worker, mut step: impl FnMut() -> F) -> storage::Result<u64>
where
    F: Future<Output = storage::Result<u64>>,
{
    let mut changed = 0;
    loop {
        let batch = step().await?;
        changed += batch;
        if batch < u64::from(BATCH) || !worker.pause(Duration::from_millis(100)).await {
            return Ok(changed);
        }
    }
}

fn report(worker: &Worker, check: &str, removed: &storage::Result<u64>) {
    worker.report_optional(check, "nothing is removed for now", removed);
}

/// How many there were, where that is worth a line.
fn some(changed: &storage::Result<u64>) -> Option<u64> {
    changed.as_ref().ok().copied().filter(|count| *count > 0)
}
