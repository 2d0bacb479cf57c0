//! Taking work: from the stream's entries to running evaluations.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{EvaluationId, Priority};
use engine::memory::MemoryReservation;
use queue::stream::{Delivery, Entry, Reader};
use service::metrics;
use storage::{evaluations, payloads};
use tokio::sync::OwnedSemaphorePermit;

use crate::evaluation;
use crate::worker::Worker;

/// How long one read waits for an entry: also how long a stopping worker may be in one.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// How many entries are taken at once at most.
const CLAIM_BATCH: usize = 64;
/// The wait after a failure; doubles up to [`MAX_PAUSE`].
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// What the operator reads while it is so.
const CANNOT_READ: &str = "the work stream cannot be read";

/// Takes work until the process is asked to stop.
pub(crate) async fn run(worker: &Worker) {
    let reader = match worker.redis.reader(&worker.consumer(), BLOCK_TIMEOUT) {
        Ok(reader) => reader,
        Err(error) => {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(error, "the stream cannot be read");
            return;
        }
    };
    // In a Redis that is new there is no group yet; where this fails, reading says so.
    prepare(worker).await;
    let (mut waits, mut turn) = (0_u32, 0);
    while !worker.shutdown.is_cancelled() {
        worker.checkpoints.intake_turn.set();
        if !worker.heartbeat.is_fresh() {
            // What would be claimed now could be taken away at once.
            worker.checkpoints.mark_blocked();
            worker.pause(MIN_PAUSE).await;
            continue;
        }
        let taken = worker
            .shutdown
            .run_until_cancelled(read_stream(worker, &reader, &mut turn))
            .await;
        match taken {
            None => return,
            Some(Ok(deliveries)) => {
                let is_read = Ok::<_, queue::Error>(());
                worker.report("stream", CANNOT_READ, &is_read);
                waits = 0;
                claim(worker, deliveries).await;
            }
            Some(Err(error)) => {
                if matches!(error, queue::Error::NoGroup | queue::Error::WrongType) {
                    prepare(worker).await;
                }
                worker.report("stream", CANNOT_READ, &Err::<(), _>(error));
                let wait = MIN_PAUSE.saturating_mul(1 << waits.min(6)).min(MAX_PAUSE);
                waits += 1;
                worker.pause(wait).await;
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

/// Takes entries that can be started, or waits for the first.
async fn read_stream(
    worker: &Worker,
    reader: &Reader,
    turn: &mut u32,
) -> queue::Result<Vec<Delivery>> {
    // Closed never: the semaphore lives as long as the worker.
    drop(worker.slots.acquire().await);
    let slots = worker.slots.available_permits().clamp(1, CLAIM_BATCH);
    let taken = reader.take(*turn, worker.memory.capacity(slots)).await?;
    *turn = taken.turn;
    match taken.waits_for {
        _ if !taken.deliveries.is_empty() => Ok(taken.deliveries),
        Some(kibibytes) => {
            // A restart would not bring memory: what is under way has it.
            if worker.memory.is_used() {
                worker.checkpoints.mark_blocked();
            }
            worker.memory.freed(kibibytes).await;
            Ok(Vec::new())
        }
        None => reader.wait().await,
    }
}

/// What an evaluation needs to run, until this is dropped.
struct Reservation {
    memory: MemoryReservation,
    slot: OwnedSemaphorePermit,
}

impl Reservation {
    fn of(worker: &Worker, bytes: u64, passing: bool) -> Option<Self> {
        Some(Self {
            memory: worker.memory.reserve(bytes, passing)?,
            slot: Arc::clone(&worker.slots).try_acquire_owned().ok()?,
        })
    }
}

/// Claims what was delivered and starts it: what has a slot and memory, so that nothing is ours before it can run. The
/// rest goes back to where others see it.
async fn claim(worker: &Worker, mut deliveries: Vec<Delivery>) {
    if deliveries.is_empty() || !worker.is_alive().await {
        return;
    }
    if let Err(error) = look_up_sizes(worker, &mut deliveries).await {
        // They are taken over once they count as delivered in vain.
        tracing::debug!(%error, "sizes of payloads are not known");
        return;
    }
    let mut reserved = HashMap::new();
    let (now, later): (Vec<_>, Vec<_>) = deliveries.into_iter().partition(|delivery| {
        let Some(entry) = &delivery.entry else {
            return true;
        };
        if reserved.contains_key(&entry.id) {
            return true;
        }
        let size = entry.size.unwrap_or_default();
        let reservation = Reservation::of(worker, size, delivery.passing);
        reservation.is_some_and(|reservation| {
            reserved.insert(entry.id, reservation);
            true
        })
    });
    put_back(worker, later).await;
    if !now.is_empty() {
        claim_group(worker, &now, reserved).await;
    }
}

/// Entries of older releases do not say how large their payloads are.
async fn look_up_sizes(worker: &Worker, deliveries: &mut [Delivery]) -> storage::Result<()> {
    let entries = deliveries.iter_mut().filter_map(|it| it.entry.as_mut());
    let mut unknown: Vec<&mut Entry> = entries.filter(|entry| entry.size.is_none()).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let ids: Vec<EvaluationId> = unknown.iter().map(|entry| entry.id).collect();
    let sizes = payloads::sizes(&worker.database, &ids).await?;
    for entry in &mut unknown {
        entry.size = Some(sizes.get(&entry.id).copied().unwrap_or_default());
    }
    Ok(())
}

/// Puts entries back that were delivered and cannot be started here.
pub(crate) async fn put_back(worker: &Worker, deliveries: Vec<Delivery>) {
    let (unreadable, readable): (Vec<_>, Vec<_>) = deliveries
        .into_iter()
        .partition(|delivery| delivery.entry.is_none());
    report_unreadable(unreadable.len());
    dismiss(worker, &unreadable).await;
    for Delivery {
        priority,
        entry_id,
        entry,
        ..
    } in readable
    {
        let Some(entry) = entry else { continue };
        if let Err(error) = worker.redis.republish(priority, &entry_id, &entry).await {
            // It stays with this consumer until it counts as delivered in vain.
            tracing::debug!(%error, "an entry cannot be put back");
        }
    }
}

fn report_unreadable(unreadable: usize) {
    if unreadable > 0 {
        tracing::error!(
            unreadable,
            "entries of the stream cannot be read and are dropped"
        );
        metrics::stream_entries_dropped_total().increment(unreadable as u64);
    }
}

/// Takes decided entries out of the stream. Where that is refused they come back once more, and their claims fail; but they
/// fill the window, and nothing new gets in: health says so.
async fn dismiss(worker: &Worker, decided: &[Delivery]) {
    // Of nothing nothing is learned: a failure before stays.
    if decided.is_empty() {
        return;
    }
    let mut dismissed = Ok(());
    for priority in Priority::ALL {
        let decided: Vec<String> = decided
            .iter()
            .filter(|delivery| delivery.priority == priority)
            .map(|delivery| delivery.entry_id.clone())
            .collect();
        let result = worker.redis.dismiss(priority, decided).await;
        dismissed = dismissed.and(result);
    }
    worker.report(
        "dismissal",
        "decided entries stay in the stream",
        &dismissed,
    );
}

/// Leaves what was not claimed to the relay, which brings it back when its tenant may have one more.
async fn withdraw(worker: &Worker, ids: &[EvaluationId]) {
    if ids.is_empty() {
        return;
    }
    if let Err(error) = evaluations::unmark_published(&worker.database, ids).await {
        // Its entry is gone then, which the relay finds out.
        tracing::debug!(%error, "entries that were not claimed stay marked");
    }
}

async fn claim_group(
    worker: &Worker,
    group: &[Delivery],
    mut reserved: HashMap<EvaluationId, Reservation>,
) {
    let unreadable = group.iter().filter(|delivery| delivery.entry.is_none());
    report_unreadable(unreadable.count());
    let mut ids: Vec<EvaluationId> = group
        .iter()
        .filter_map(|delivery| delivery.entry.as_ref())
        .map(|entry| entry.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let bound = worker.settings.worker.evaluation_timeout;
    let claimed = loop {
        let slots = worker.tenant_slots();
        let claimed = evaluations::claim(&worker.database, worker.id, &ids, bound, slots).await;
        worker.report("claim", "nothing can be claimed", &claimed);
        if let Ok(claimed) = claimed {
            break claimed;
        }
        worker.checkpoints.mark_blocked();
        if !worker.pause(MAX_PAUSE / 5).await {
            return;
        }
    };
    worker.checkpoints.taken.set();
    if worker.tenant_slots().is_some() {
        ids.retain(|id| !claimed.iter().any(|claimed| claimed.ownership.id == *id));
        withdraw(worker, &ids).await;
    }
    for claimed in claimed {
        // No more than that can be claimed.
        let Some(Reservation { memory, slot }) = reserved.remove(&claimed.ownership.id) else {
            return;
        };
        let run = evaluation::run(worker.clone(), claimed, slot, memory);
        worker.evaluations.spawn(run);
    }
    dismiss(worker, group).await;
}
