//! What was delivered to a worker that died before it could claim it goes back into the stream; then the dead are forgotten.

use domain::Priority;

use crate::intake;
use crate::worker::{WORKER_TTL, Worker};

/// Looks until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    let settings = &worker.settings.worker;
    while worker.pause(settings.sweep).await {
        for priority in Priority::ALL {
            let forgotten = worker
                .redis
                .delete_idle_consumers(priority, WORKER_TTL)
                .await;
            report(&worker, &forgotten);
            let taken = worker
                .redis
                .reclaim(priority, &worker.consumer(), settings.lease)
                .await;
            report(&worker, &taken);
            if let Ok(deliveries) = taken {
                intake::put_back(&worker, deliveries).await;
            }
        }
    }
}

fn report<T>(worker: &Worker, result: &queue::Result<T>) {
    // In a Redis that is new there is no group yet: whoever reads makes it.
    if !matches!(result, Err(queue::Error::NoGroup)) {
        worker.report("reclaim", "nothing can be taken over", result);
    }
}
