//! Taking work: from the stream's entries to running evaluations.

use std::time::Duration;

use domain::{EvaluationId, Priority};
use queue::stream::{Delivery, Reader};
use service::metrics;
use storage::evaluations;
use tokio::sync::OwnedSemaphorePermit;

use crate::evaluation;
use crate::worker::Worker;

/// How long one read waits for an entry: also how long a stopping worker may be in one.
const BLOCK: Duration = Duration::from_secs(2);
/// How many entries are taken at once at most.
const AT_ONCE: usize = 64;
/// Of so many entries one is batch work while there is any: it gets on under a steady interactive load.
const BATCH_TURN: usize = 4;
/// The wait after a failure; doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Takes work until the process is asked to stop.
pub(crate) async fn run(worker: &Worker) {
    let reader = match worker.redis.reader(&worker.consumer(), BLOCK) {
        Ok(reader) => reader,
        Err(error) => {
            tracing::error!(%error, "the stream cannot be read");
            return;
        }
    };
    // In a Redis that is new there is no group yet; where this fails, reading says so.
    prepare(worker).await;
    let (mut trouble, mut turns) = (Trouble::default(), Turns::default());
    while !worker.shutdown.is_cancelled() {
        worker.marks.intake_turn.set();
        if !worker.pulse.is_fresh() {
            // What would be claimed now could be taken away at once.
            worker.marks.waits();
            worker.pause(SHORTEST).await;
            continue;
        }
        let taken = worker
            .shutdown
            .run_until_cancelled(take(worker, &reader, &mut turns))
            .await;
        match taken {
            None => return,
            Some(Ok(deliveries)) => {
                trouble.is_over();
                claim(worker, deliveries).await;
            }
            Some(Err(error)) => {
                if matches!(error, queue::Error::NoGroup) {
                    prepare(worker).await;
                }
                worker.pause(trouble.wait(&error)).await;
            }
        }
    }
}

/// Makes the consumer group, in a Redis that is new or has lost everything.
async fn prepare(worker: &Worker) {
    if let Err(error) = worker.redis.ensure_groups().await {
        tracing::debug!(%error, "the consumer group cannot be made");
    }
}

/// One log line for each change between trouble and none, and a growing wait.
#[derive(Default)]
struct Trouble {
    waits: u32,
}

impl Trouble {
    fn wait(&mut self, error: &queue::Error) -> Duration {
        if self.waits == 0 {
            tracing::warn!(%error, "the work stream cannot be read; trying on");
        }
        let wait = SHORTEST.saturating_mul(1 << self.waits.min(6)).min(LONGEST);
        self.waits += 1;
        wait
    }

    fn is_over(&mut self) {
        if self.waits > 0 {
            tracing::info!("the work stream can be read again");
        }
        self.waits = 0;
    }
}

/// Whose turn it is. Counted over all takes: with few slots, or most of them busy, a single take is too small
/// to be shared out.
#[derive(Debug, Default)]
struct Turns {
    taken: usize,
}

impl Turns {
    /// How many of the next entries go to interactive work first.
    fn interactive(&self, room: usize) -> usize {
        let batch = (self.taken % BATCH_TURN + room) / BATCH_TURN;
        room - batch
    }

    fn took(&mut self, entries: usize) {
        self.taken = self.taken.wrapping_add(entries) % BATCH_TURN;
    }
}

/// Takes as many entries as there are free slots, or waits for the first.
async fn take(worker: &Worker, reader: &Reader, turns: &mut Turns) -> queue::Result<Vec<Delivery>> {
    // Closed never: the semaphore lives as long as the worker.
    drop(worker.slots.acquire().await);
    let room = worker.slots.available_permits().clamp(1, AT_ONCE);
    let share = turns.interactive(room);
    let mut deliveries = reader.take(Priority::Interactive, share).await?;
    // What one read has brought is ours to claim, whatever becomes of the next.
    for priority in [Priority::Batch, Priority::Interactive] {
        match reader
            .take(priority, room.saturating_sub(deliveries.len()))
            .await
        {
            Ok(more) => deliveries.extend(more),
            Err(error) if deliveries.is_empty() => return Err(error),
            Err(_) => return Ok(deliveries),
        }
        if deliveries.len() < share {
            // There is no more interactive work than that.
            break;
        }
    }
    turns.took(deliveries.len());
    if deliveries.is_empty() {
        reader.wait().await
    } else {
        Ok(deliveries)
    }
}

/// Claims what was delivered and starts it: as much at a time as there are slots, so that nothing is ours
/// before it can run.
pub(crate) async fn claim(worker: &Worker, deliveries: Vec<Delivery>) {
    let mut left = deliveries.as_slice();
    while !left.is_empty() {
        // No more than are free: to wait for many leaves the first of them idle.
        let free = worker.slots.available_permits().clamp(1, AT_ONCE);
        let (group, rest) = left.split_at(free.min(left.len()));
        left = rest;
        let permits = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let slots = worker.slots.clone().acquire_many_owned(permits);
        // What is not claimed when the process is asked to stop, another worker takes over.
        let Some(Ok(slots)) = worker.shutdown.run_until_cancelled(slots).await else {
            return;
        };
        if !worker.is_alive().await {
            return;
        }
        claim_group(worker, group, slots).await;
    }
}

async fn claim_group(worker: &Worker, group: &[Delivery], mut slots: OwnedSemaphorePermit) {
    let unreadable = group
        .iter()
        .filter(|delivery| delivery.entry.is_none())
        .count();
    if unreadable > 0 {
        tracing::error!(
            unreadable,
            "entries of the stream cannot be read and are dropped"
        );
        metrics::stream_entries_dropped_total().increment(unreadable as u64);
    }
    let mut ids: Vec<EvaluationId> = group
        .iter()
        .filter_map(|delivery| delivery.entry.as_ref())
        .map(|entry| entry.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let bound = worker.settings.worker.evaluation_timeout;
    let claimed = loop {
        match evaluations::claim(&worker.database, worker.id, &ids, bound).await {
            Ok(claimed) => break claimed,
            Err(error) => {
                tracing::debug!(%error, "nothing can be claimed");
                worker.marks.waits();
                if !worker.pause(LONGEST / 5).await {
                    return;
                }
            }
        }
    };
    worker.marks.taken.set();
    for claimed in claimed {
        // One for each entry of the group was taken, and no more than that can be claimed.
        let Some(slot) = slots.split(1) else { return };
        worker
            .evaluations
            .spawn(evaluation::run(worker.clone(), claimed, slot));
    }
    for priority in Priority::ALL {
        let decided: Vec<String> = group
            .iter()
            .filter(|delivery| delivery.priority == priority)
            .map(|delivery| delivery.entry_id.clone())
            .collect();
        if let Err(error) = worker.redis.dismiss(priority, decided).await {
            // They come back once more, and their claims fail.
            tracing::debug!(%error, "entries stay in the stream");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fourth_entry_is_batch_work_however_few_are_taken_at_once() {
        for room in 1..=9 {
            let mut turns = Turns::default();
            let mut interactive = 0;
            for _ in 0..BATCH_TURN {
                interactive += turns.interactive(room);
                turns.took(room);
            }
            assert_eq!(interactive, room * (BATCH_TURN - 1), "{room} at once");
        }
    }
}
