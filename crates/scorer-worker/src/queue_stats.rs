//! Figures of the queue for the autoscaler, counted by one worker for all, so that every pod says the same; the state
//! of the breakers and of the limiter.

use std::time::Duration;

use domain::Priority;
use service::metrics;
use storage::{queue_figures, workers};

use crate::provider_config;
use crate::worker::Worker;

const REFRESH_INTERVAL: Duration = Duration::from_secs(5);
/// From this age on figures are counted again: a little less than the pause, so that each look of a worker that is
/// alone finds them old.
const MAX_AGE: Duration = Duration::from_secs(4);

/// Counts until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    loop {
        count(&worker).await;
        // They also change with time alone.
        provider_config::export_provider_config(&worker.engine.providers);
        metrics::limiter_is_local().set(f64::from(u8::from(worker.engine.limiter.is_local())));
        if let Ok(alive) = workers::alive(&worker.database, worker.settings.worker.lease).await {
            worker.engine.limiter.set_workers(alive);
        }
        if !worker.pause(REFRESH_INTERVAL).await {
            return;
        }
    }
}

async fn count(worker: &Worker) {
    let needs = worker.memory.needs();
    let counted = queue_figures::refresh(&worker.database, MAX_AGE, needs).await;
    worker.report_optional("figures", "the queue is not counted", &counted);
    let mut all = Some((0, 0));
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
        all = all.zip(backlog).map(|((evaluations, memory), backlog)| {
            (
                evaluations + backlog.waiting + backlog.in_flight,
                memory + backlog.waiting_memory + backlog.in_flight_memory,
            )
        });
    }
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    let wanted = all.map(|(evaluations, memory)| {
        slots_wanted(evaluations, memory, worker.settings.worker.slots, needs.max) as f64
    });
    metrics::worker_slots_wanted().set(wanted);
}

/// How many slots there should be: one for each evaluation, or those of as many workers as their memory takes, whichever
/// are more. A worker has so many slots and so much memory (KiB) for them.
fn slots_wanted(evaluations: u64, memory: u64, slots: usize, memory_of_slots: u32) -> u64 {
    let slots = u64::try_from(slots).unwrap_or(u64::MAX);
    let by_memory = memory
        .saturating_mul(slots)
        .div_ceil(u64::from(memory_of_slots).max(1));
    evaluations.max(by_memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_payloads_want_the_slots_of_as_many_workers_as_their_memory_takes() {
        // A worker with 1,000 slots and memory for 10 of 100 KiB.
        assert_eq!(slots_wanted(7, 7, 1000, 1000), 7);
        assert_eq!(slots_wanted(0, 0, 1000, 1000), 0);
        assert_eq!(slots_wanted(25, 2500, 1000, 1000), 2500);
        assert_eq!(slots_wanted(1000, 1000, 1000, 1000), 1000);
        assert_eq!(slots_wanted(3, 2, 1, 3), 3);
        assert_eq!(slots_wanted(1, 4, 1, 3), 2);
    }
}
