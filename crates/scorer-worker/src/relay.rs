//! The relay: tops the stream up from the backlog, and finds what the stream has lost.
//!
//! Every worker runs one. They do not agree on anything: rows that one is marking are skipped by the others,
//! and an entry too many is harmless.

use std::time::Duration;

use domain::Priority;
use queue::stream::{Entry, Window};
use storage::evaluations;

use crate::worker::Worker;

/// Rows that are marked and written at once.
const PUBLISH_BATCH: u64 = 500;
/// How much later than the oldest entry an announced row may be before its entry counts as lost: for posts
/// under way, and for the difference between the clocks of PostgreSQL and Redis.
const ENTRY_GRACE: Duration = Duration::from_secs(5);

/// Relays until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    // So many at first: of what Redis does not take the marks are taken off again, which is not done with many rows each
    // second for as long as it is full.
    let mut at_once = PUBLISH_BATCH;
    loop {
        let turn = run_once(&worker, at_once).await;
        worker.report("relay", "the relay waits", &turn);
        at_once = if turn.is_ok() { PUBLISH_BATCH } else { 1 };
        if !worker.pause(worker.settings.worker.relay).await {
            return;
        }
    }
}

async fn run_once(worker: &Worker, at_once: u64) -> anyhow::Result<()> {
    let queued = evaluations::has_queued(&worker.database).await?;
    // An idle system asks Redis nothing: without a queued row there is nothing to add, and nothing can be lost.
    if !queued.contains(&true) {
        return Ok(());
    }
    // The stream before the rows: an evaluation that is claimed in between counts with neither.
    let windows = worker.redis.entry_windows().await?;
    for ((priority, window), is_queued) in Priority::ALL.into_iter().zip(windows).zip(queued) {
        if is_queued {
            reset_lost(worker, priority, window).await?;
            top_up(worker, priority, window.length, at_once).await?;
        }
    }
    Ok(())
}

async fn reset_lost(worker: &Worker, priority: Priority, window: Window) -> anyhow::Result<()> {
    let announced = evaluations::count_published(&worker.database, priority, ENTRY_GRACE).await?;
    let oldest = if window.length < announced {
        // Some of them are gone although an entry as old as they are is still there. Which ones, nobody knows:
        // all are announced again, and an entry too many is harmless.
        Duration::ZERO
    } else {
        window.oldest.unwrap_or_default()
    };
    let lost = evaluations::reset_lost(&worker.database, priority, oldest, ENTRY_GRACE).await?;
    if lost > 0 {
        tracing::warn!(
            lost,
            priority = priority.as_str(),
            "entries of the stream were lost; announcing their evaluations again"
        );
    }
    Ok(())
}

async fn top_up(
    worker: &Worker,
    priority: Priority,
    mut length: u64,
    mut at_once: u64,
) -> anyhow::Result<()> {
    loop {
        let room = worker
            .settings
            .worker
            .stream_window
            .saturating_sub(length)
            .min(at_once);
        if room == 0 {
            return Ok(());
        }
        let marked = evaluations::mark_published(
            &worker.database,
            priority,
            u32::try_from(room).unwrap_or(u32::MAX),
            worker.tenant_slots(),
        )
        .await?;
        let entries: Vec<Entry> = marked
            .iter()
            .map(|bell| Entry {
                id: bell.id,
                tenant: bell.tenant.as_str().to_owned(),
                size: Some(bell.size),
                traceparent: bell.traceparent.clone(),
            })
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        if let Err(error) = worker.redis.publish(priority, &entries).await {
            let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
            evaluations::unmark_published(&worker.database, &ids).await?;
            return Err(error.into());
        }
        if (entries.len() as u64) < room {
            return Ok(());
        }
        length = worker.redis.length(priority).await?;
        at_once = PUBLISH_BATCH;
    }
}
