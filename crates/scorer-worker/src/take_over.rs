//! What was delivered to a worker that died before it could claim it goes back into the stream; then the dead are forgotten.

use domain::Priority;

use crate::intake;
use crate::worker::{FORGOTTEN, Worker};

/// Looks until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    let settings = &worker.settings.worker;
    while worker.pause(settings.sweep).await {
        for priority in Priority::ALL {
            if let Err(error) = worker.redis.forget_consumers(priority, FORGOTTEN).await {
                tracing::debug!(%error, "nobody can be forgotten");
            }
            match worker
                .redis
                .take_over(priority, &worker.consumer(), settings.lease)
                .await
            {
                Ok(deliveries) => intake::put_back(&worker, deliveries).await,
                // Reading says so, and mends it.
                Err(error) => tracing::debug!(%error, "nothing can be taken over"),
            }
        }
    }
}
