//! Running what workers may have died of, with nothing else beside it: see `storage::evaluations::reserve_suspects`.
//!
//! Other work must not be ruined by it. A worker lets what it has under way end first, and while it waits for that, and
//! for the suspects, it takes nothing new. So other work has as much time afterwards as that took, and suspects that take
//! long get company again: if they kill their worker only then, they have twice the time with the next crash.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::EvaluationId;
use engine::memory::MemoryReservation;
use storage::{evaluations, payloads};
use tokio::sync::Semaphore;

use crate::evaluation;
use crate::worker::Worker;

/// For so long suspects have the worker to themselves at first: longer than most evaluations take.
const BASE_ISOLATION: Duration = Duration::from_secs(15);

/// Runs suspects until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    let look = worker.settings.worker.sweep;
    let mut pause = look;
    while worker.pause(pause).await {
        pause = match run_next(&worker).await {
            Ok(None) => look,
            // There may be more of them; others have their turn first.
            Ok(Some(took)) if has_others_waiting(&worker).await => took,
            Ok(Some(_)) => Duration::ZERO,
            Err(error) => {
                tracing::debug!(%error, "cannot look for suspects");
                look
            }
        };
    }
}

/// Runs one group of suspects, and says for how long other work was kept out for it; `None` where there was none to run.
async fn run_next(worker: &Worker) -> storage::Result<Option<Duration>> {
    let settings = &worker.settings.worker;
    if !worker.heartbeat.is_fresh() {
        return Ok(None);
    }
    let ids = evaluations::reserve_suspects(&worker.database, settings.slots).await?;
    if ids.is_empty() {
        return Ok(None);
    }
    let begun = Instant::now();
    // Whoever has all slots is alone.
    let all = u32::try_from(settings.slots).unwrap_or(u32::MAX);
    let slots = worker.slots.clone().acquire_many_owned(all);
    let Some(Ok(mut slots)) = worker.shutdown.run_until_cancelled(slots).await else {
        return Ok(None);
    };
    // Also from those that wait without a slot; and none of these gives its place up.
    let waiting_room = worker.waiting_room.clone().acquire_many_owned(all);
    let Some(Ok(_waiting_room)) = worker.shutdown.run_until_cancelled(waiting_room).await else {
        return Ok(None);
    };
    if !worker.is_alive().await {
        return Ok(None);
    }
    let bound = settings.evaluation_timeout;
    // Those that do not fit into it together are reserved again in a minute.
    let sizes = payloads::sizes(&worker.database, &ids).await?;
    let size = |id| sizes.get(id).copied().unwrap_or_default();
    let mut memory: HashMap<EvaluationId, MemoryReservation> = ids
        .iter()
        .filter_map(|id| Some((*id, worker.memory.reserve(size(id), false)?)))
        .collect();
    let ids: Vec<EvaluationId> = memory.keys().copied().collect();
    let claimed = evaluations::claim_suspects(&worker.database, worker.id, &ids, bound).await?;
    if claimed.is_empty() {
        return Ok(None);
    }
    tracing::warn!(
        suspects = claimed.len(),
        "their workers died: running them with nothing beside"
    );
    let count = claimed.len();
    let crashes = claimed.iter().map(|one| one.crashes).max();
    let alone = isolation_period(crashes.unwrap_or_default(), settings.max_crashes);
    // Not a slot each: one that is free again would be taken by other work.
    let places = Arc::new(Semaphore::new(count));
    for claimed in claimed {
        let (Ok(place), Some(memory)) = (
            places.clone().acquire_owned().await,
            memory.remove(&claimed.ownership.id),
        ) else {
            break;
        };
        let run = evaluation::run(worker.clone(), claimed, place, memory);
        worker.evaluations.spawn(run);
    }
    drop(memory);
    let ended = || places.acquire_many(u32::try_from(count).unwrap_or(u32::MAX));
    let in_time = tokio::time::timeout(alone, ended()).await.is_ok();
    let took = begun.elapsed();
    if !in_time {
        tracing::info!(
            suspects = count,
            "they take long: other work runs beside them"
        );
        drop(slots.split(settings.slots.saturating_sub(count)));
        // Closed never.
        drop(ended().await);
    }
    Ok(Some(took))
}

/// How long suspects are alone after so many crashes.
fn isolation_period(crashes: u32, max_crashes: u32) -> Duration {
    let more = crashes.saturating_sub(max_crashes.saturating_sub(1));
    BASE_ISOLATION.saturating_mul(1_u32.checked_shl(more).unwrap_or(u32::MAX))
}

async fn has_others_waiting(worker: &Worker) -> bool {
    let windows = worker.redis.entry_windows().await;
    !windows.is_ok_and(|windows| windows.iter().all(|window| window.length == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crash_more_doubles_the_time_alone() {
        let seconds = |crashes| isolation_period(crashes, 3).as_secs();
        assert_eq!([2, 3, 4].map(seconds), [15, 30, 60]);
        assert_eq!(isolation_period(1, 1).as_secs(), 30);
        assert!(isolation_period(100, 1) > Duration::from_secs(3600));
    }
}
