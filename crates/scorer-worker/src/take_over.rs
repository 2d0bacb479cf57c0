//! What was delivered to a worker that died before it could claim it goes back into the stream; then the dead are forgotten.

use domain::Priority;

use crate::intake;
use crate::worker::{FORGOTTEN, Worker};

/// Looks until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    let settings = &worker.settings.worker;
    while worker.pause(settings.sweep).await {
        for priority in Priority::ALL {
            let forgotten = worker.redis.forget_consumers(priority, FORGOTTEN).await;
            report(&worker, &forgotten);
            let taken = worker
                .redis
                .take_over(priority, &worker.consumer(), settings.lease)
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
