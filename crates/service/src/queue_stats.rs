//! Figures of the queue, the same from every process that gives them: counted in PostgreSQL by whoever finds them old.
//!
//! Workers and status-api export them, so that they are there when no worker is.

mod slots;

use std::time::Duration;

use domain::provider_load::calls_fed;
use domain::{MemoryNeeds, Priority};
use storage::queue_figures::{self, Backlog};
use storage::workers::{self, Capacity, Size};
use storage::{Database, Result, provider_loads, slots_wanted, webhook_deliveries};

use crate::metrics;
use crate::settings;

pub use slots::Slots;

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
    /// How many slots all workers together should have; `None` where the last count says nothing any more.
    pub slots: Option<Slots>,
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
    let slots = match whole {
        Some((evaluations, memory)) => {
            let fed = calls_fed(&provider_loads::load(database).await?);
            Some(Slots::of(evaluations, memory, fed, size))
        }
        None => None,
    };
    if let Some(slots) = slots {
        slots_wanted::publish(database, slots.wanted, MAX_AGE).await?;
    }
    Ok(QueueStats {
        slots,
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
    let slots = stats.and_then(|stats| stats.slots);
    metrics::worker_slots_wanted().set(slots.map(|slots| slots.wanted as f64));
    metrics::worker_slots_demanded().set(slots.map(|slots| slots.demanded as f64));
    let overdue = stats.map(|stats| stats.webhooks_overdue.as_secs_f64());
    metrics::webhook_oldest_seconds().set(overdue);
    metrics::worker_slots().set(stats.map(|stats| stats.workers.slots as f64));
}
