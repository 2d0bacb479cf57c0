//! Liveness from work done: a process that only looks alive is told from one that is.
//!
//! A restart helps when a loop hangs. It does not help when PostgreSQL or Redis is away, so loops that fail
//! and try again count as alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::Priority;
use service::admin::Health;

use crate::worker::Worker;

const LOOK: Duration = Duration::from_secs(5);
/// How long a loop may take for one turn. A read waits for 2 s, a claim as long as a statement may take.
const TURN: Duration = Duration::from_secs(60);
/// How long nothing may be taken while there are free slots and entries.
const NOTHING_TAKEN: Duration = Duration::from_secs(120);

/// When something last happened; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    begun: Instant,
    milliseconds: Arc<AtomicU64>,
}

impl Default for Mark {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            milliseconds: Arc::default(),
        }
    }
}

impl Mark {
    /// It happened now.
    pub(crate) fn set(&self) {
        self.set_at(Instant::now());
    }

    /// It happened then.
    pub(crate) fn set_at(&self, then: Instant) {
        let milliseconds =
            u64::try_from(then.duration_since(self.begun).as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.store(milliseconds, Ordering::Release);
    }

    /// How long ago it happened, or how long ago the mark was made.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed().saturating_sub(Duration::from_millis(
            self.milliseconds.load(Ordering::Acquire),
        ))
    }
}

/// The marks that tell a worker that works.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    /// The intake came round, with or without work.
    pub(crate) intake_turn: Mark,
    /// An entry was taken, or there was none to take.
    pub(crate) taken: Mark,
    /// The heartbeat came round, whether it got through or not.
    pub(crate) heartbeat_turn: Mark,
}

impl Marks {
    /// The intake waits for something that a restart would not bring back.
    pub(crate) fn waits(&self) {
        self.intake_turn.set();
        self.taken.set();
    }
}

/// Looks until the process is asked to stop.
pub(crate) async fn run(worker: Worker, health: Health) {
    let heartbeat_bound = worker.settings.worker.lease.saturating_mul(2).max(TURN);
    while worker.pause(LOOK).await {
        let marks = &worker.marks;
        health.set_live(
            "heartbeat",
            within(
                &marks.heartbeat_turn,
                heartbeat_bound,
                "the heartbeat hangs",
            ),
        );
        // A full worker has no turn to take.
        let full = worker.slots.available_permits() == 0;
        if full {
            marks.intake_turn.set();
        }
        health.set_live(
            "intake",
            within(&marks.intake_turn, TURN, "the intake hangs"),
        );
        if full || is_empty(&worker).await {
            marks.taken.set();
        }
        health.set_live(
            "work",
            within(
                &marks.taken,
                NOTHING_TAKEN,
                "nothing is taken although there is work",
            ),
        );
    }
}

/// Whether there is nothing to take, or no way to know.
async fn is_empty(worker: &Worker) -> bool {
    for priority in Priority::ALL {
        if !matches!(worker.redis.length(priority).await, Ok(0)) {
            return worker.redis.ping().await.is_err();
        }
    }
    true
}

fn within(mark: &Mark, bound: Duration, problem: &str) -> Result<(), String> {
    let age = mark.age();
    if age <= bound {
        Ok(())
    } else {
        Err(format!("{problem}: since {} s", age.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_ages_until_it_is_set_again() {
        let mark = Mark::default();
        let hour = Duration::from_secs(3600);
        let Some(begun) = mark.begun.checked_sub(hour) else {
            return;
        };
        let old = Mark {
            begun,
            ..Mark::default()
        };
        assert!(
            within(&old, TURN, "it hangs")
                .is_err_and(|problem| problem.starts_with("it hangs: since 3600 s"))
        );
        old.set();
        assert_eq!(within(&old, TURN, "it hangs"), Ok(()));
    }
}
