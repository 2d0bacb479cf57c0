//! One claimed evaluation in this worker: what it holds while the engine judges it.

use std::sync::Arc;

use storage::evaluations::Claimed;
use tokio::sync::OwnedSemaphorePermit;

use engine::SlotHold;
use engine::memory::MemoryReservation;

use crate::worker::Worker;

/// Runs an evaluation to its end, or gives it back.
pub(crate) async fn run(
    worker: Worker,
    claimed: Claimed,
    slot: OwnedSemaphorePermit,
    // Behind the slot: who has all slots finds all memory free.
    memory: MemoryReservation,
) {
    let guard = worker.owned.register(&claimed.ownership);
    let slot = SlotHold::new(slot, Arc::clone(&worker.waiting_room));
    worker
        .engine
        .run(&claimed, memory, &slot, &guard.lost)
        .await;
}
