//! Figures of the queue, the same from every process that gives them: counted in PostgreSQL by whoever finds them old.
//!
//! Workers and status-api export them, so that they are there when no worker is.

use std::time::Duration;

use domain::{MemoryNeeds, Priority};
use storage::queue_figures::{self, Backlog};
use storage::workers::{self, Capacity, Size};
use storage::{Database, Result, webhook_deliveries};

use crate::metrics;
use crate::settings;

/// How often those who export them look.
pub const REFRESH_INTERVAL: Duration = Duration::from_secs(5);
/// From this age on figures are counted again: a little less than the pause, so that each look of a process that is
/// alone finds them old.
const MAX_AGE: Duration = Duration::from_secs(4);

/// How much there is to do, and who is there to do it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueStats {
    /// By priority; `None` where the last count says nothing any more.
    pub backlogs: [(Priority, Option<Backlog>); Priority::ALL.len()],
    /// How many slots all workers together should have.
    pub slots_wanted: Option<u64>,
    /// For how long the webhook that is most overdue has been due.
    pub webhooks_overdue: Duration,
    /// What the workers that are alive have.
    pub workers: Capacity,
}

/// The figures as of now, counted again where they are old. As long as no worker ever said what it can run, one with these
/// settings is reckoned with.
///
/// # Errors
/// [`storage::Error::Unavailable`]: nothing is known then.
pub async fn load(database: &Database, settings: &settings::Worker) -> Result<QueueStats> {
    let size = workers::size(database).await?.unwrap_or_else(|| Size {
        slots: settings.slots as u64,
        needs: MemoryNeeds::of_calls(1, MemoryNeeds::parts_of(settings.payload_budget)[0]),
    });
    queue_figures::refresh(database, MAX_AGE, size.needs).await?;
    let mut backlogs = Priority::ALL.map(|priority| (priority, None));
    for (priority, backlog) in &mut backlogs {
        *backlog = queue_figures::load(database, *priority).await?;
    }
    let whole = backlogs
        .iter()
        .try_fold((0, 0), |(evaluations, memory), (_, backlog)| {
            let backlog = backlog.as_ref()?;
            Some((
                evaluations + backlog.waiting + backlog.in_flight,
                memory + backlog.waiting_memory + backlog.in_flight_memory,
            ))
        });
    Ok(QueueStats {
        slots_wanted: whole.map(|(evaluations, memory)| slots_wanted(evaluations, memory, size)),
        backlogs,
        webhooks_overdue: webhook_deliveries::oldest_due(database).await?,
        workers: workers::capacity(database, settings.lease).await?,
    })
}

/// Shows them as metrics; `None` takes all of them out: what is not known is left out, never 0.
#[expect(clippy::cast_precision_loss, reason = "gauges")]
pub fn export(stats: Option<&QueueStats>) {
    for (index, priority) in Priority::ALL.into_iter().enumerate() {
        let name = priority.as_str();
        let backlog = stats.and_then(|stats| stats.backlogs[index].1);
        let (waiting, in_flight) = backlog
            .map(|backlog| (backlog.waiting as f64, backlog.in_flight as f64))
            .unzip();
        metrics::queue_entries(name, "waiting").set(waiting);
        metrics::queue_entries(name, "in_flight").set(in_flight);
        metrics::queue_oldest_seconds(name).set(backlog.map(|backlog| backlog.oldest_seconds));
    }
    let wanted = stats.and_then(|stats| stats.slots_wanted);
    metrics::worker_slots_wanted().set(wanted.map(|slots| slots as f64));
    let overdue = stats.map(|stats| stats.webhooks_overdue.as_secs_f64());
    metrics::webhook_oldest_seconds().set(overdue);
    metrics::worker_slots().set(stats.map(|stats| stats.workers.slots as f64));
}

/// How many slots there should be: one for each evaluation, or those of as many workers as their memory (KiB) takes,
/// whichever are more.
fn slots_wanted(evaluations: u64, memory: u64, size: Size) -> u64 {
    let by_memory = memory
        .saturating_mul(size.slots)
        .div_ceil(u64::from(size.needs.max).max(1));
    evaluations.max(by_memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_payloads_want_the_slots_of_as_many_workers_as_their_memory_takes() {
        let wanted = |evaluations, memory, slots, max| {
            let needs = MemoryNeeds::of_calls(1, max);
            slots_wanted(evaluations, memory, Size { slots, needs })
        };
        // A worker with 1,000 slots and memory for 10 of 100 KiB.
        assert_eq!(wanted(7, 7, 1000, 1000), 7);
        assert_eq!(wanted(0, 0, 1000, 1000), 0);
        assert_eq!(wanted(25, 2500, 1000, 1000), 2500);
        assert_eq!(wanted(1000, 1000, 1000, 1000), 1000);
        assert_eq!(wanted(3, 2, 1, 3), 3);
        assert_eq!(wanted(1, 4, 1, 3), 2);
    }
}
