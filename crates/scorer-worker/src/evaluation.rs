//! One claimed evaluation in this worker: what it holds while the engine judges it.

use storage::evaluations::Claimed;
use tokio::sync::OwnedSemaphorePermit;

use engine::memory::MemoryReservation;

use crate::worker::Worker;

/// Runs an evaluation to its end, or gives it back.
pub(crate) async fn run(
    worker: Worker,
    claimed: Claimed,
    _slot: OwnedSemaphorePermit,
    // Behind the slot: who has all slots finds all memory free.
    memory: MemoryReservation,
) {
    let guard = worker.owned.register(&claimed.ownership);
    worker.engine.run(&claimed, memory, &guard.lost).await;
}
