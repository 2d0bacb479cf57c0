//! Figures of the queue for the autoscaler, counted by one worker for all, so that every pod says the same; the state
//! of the breakers and of the limiter.

use std::time::Duration;

use domain::Priority;
use service::metrics;
use storage::{queue_figures, workers};

use crate::judges;
use crate::worker::Worker;

const EVERY: Duration = Duration::from_secs(5);
/// From this age on figures are counted again: a little less than the pause, so that each look of a worker that is
/// alone finds them old.
const OLD: Duration = Duration::from_secs(4);

/// Counts until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    loop {
        count(&worker).await;
        // They also change with time alone.
        judges::show(&worker.providers);
        metrics::limiter_is_local().set(f64::from(u8::from(worker.limiter.is_local())));
        if let Ok(alive) = workers::alive(&worker.database, worker.settings.worker.lease).await {
            worker.limiter.set_workers(alive);
        }
        if !worker.pause(EVERY).await {
            return;
        }
    }
}

async fn count(worker: &Worker) {
    let counted = queue_figures::refresh(&worker.database, OLD).await;
    let mut wanted = Some(0.0);
    for priority in Priority::ALL {
        let name = priority.as_str();
        // What is not known is left out, never 0.
        let backlog = match &counted {
            Ok(()) => queue_figures::load(&worker.database, priority).await,
            Err(_) => Ok(None),
        }
        .unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        let (waiting, in_flight) = backlog
            .map(|backlog| (backlog.waiting as f64, backlog.in_flight as f64))
            .unzip();
        metrics::queue_entries(name, "waiting").set(waiting);
        metrics::queue_entries(name, "in_flight").set(in_flight);
        metrics::queue_oldest_seconds(name).set(backlog.map(|backlog| backlog.oldest_seconds));
        wanted = wanted
            .zip(waiting.zip(in_flight))
            .map(|(sum, (waiting, in_flight))| sum + waiting + in_flight);
    }
    metrics::worker_slots_wanted().set(wanted);
}
