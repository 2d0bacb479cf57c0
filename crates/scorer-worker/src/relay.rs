//! The relay: tops the stream up from the backlog, and finds what the stream has lost.
//!
//! Every worker runs one. They do not agree on anything: rows that one is marking are skipped by the others,
//! and an entry too many is harmless.

use std::time::Duration;

use domain::Priority;
use queue::stream::Entry;
use storage::evaluations;

use crate::worker::Worker;

/// Rows that are marked and written at once.
const AT_ONCE: u64 = 500;
/// How much later than the oldest entry an announced row may be before its entry counts as lost: for posts
/// under way, and for the difference between the clocks of PostgreSQL and Redis.
const GRACE: Duration = Duration::from_secs(5);

/// Relays until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    let mut failing = false;
    loop {
        let result = async {
            for priority in Priority::ALL {
                forget_lost(&worker, priority).await?;
                top_up(&worker, priority).await?;
            }
            anyhow::Ok(())
        }
        .await;
        if let Err(error) = &result
            && !failing
        {
            tracing::warn!(error = format!("{error:#}"), "the relay waits");
        }
        if failing && result.is_ok() {
            tracing::info!("the relay works again");
        }
        failing = result.is_err();
        if !worker.pause(worker.settings.worker.relay).await {
            return;
        }
    }
}

async fn forget_lost(worker: &Worker, priority: Priority) -> anyhow::Result<()> {
    // The stream before the rows: an evaluation that is claimed in between counts with neither.
    let length = worker.redis.length(priority).await?;
    let announced = evaluations::announced(&worker.database, priority, GRACE).await?;
    let oldest = if length < announced {
        // Some of them are gone although an entry as old as they are is still there. Which ones, nobody knows:
        // all are announced again, and an entry too many is harmless.
        Duration::ZERO
    } else {
        worker.redis.oldest(priority).await?.unwrap_or_default()
    };
    let lost = evaluations::forget_lost(&worker.database, priority, oldest, GRACE).await?;
    if lost > 0 {
        tracing::warn!(
            lost,
            priority = priority.as_str(),
            "entries of the stream were lost; announcing their evaluations again"
        );
    }
    Ok(())
}

async fn top_up(worker: &Worker, priority: Priority) -> anyhow::Result<()> {
    loop {
        let length = worker.redis.length(priority).await?;
        let room = worker
            .settings
            .worker
            .stream_window
            .saturating_sub(length)
            .min(AT_ONCE);
        if room == 0 {
            return Ok(());
        }
        let marked = evaluations::announce(
            &worker.database,
            priority,
            u32::try_from(room).unwrap_or(u32::MAX),
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
        if let Err(error) = worker.redis.ring(priority, &entries).await {
            let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
            evaluations::unannounce(&worker.database, &ids).await?;
            return Err(error.into());
        }
        if (entries.len() as u64) < room {
            return Ok(());
        }
    }
}
