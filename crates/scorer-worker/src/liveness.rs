//! Liveness from work done: a process that only looks alive is told from one that is.
//!
//! A restart helps when a loop hangs. It does not help when PostgreSQL or Redis is away, so loops that fail
//! and try again count as alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::period::milliseconds;
use service::admin::Health;

use crate::worker::Worker;

/// How often is looked for a good reason to be idle.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// When something last happened; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoint {
    begun: Instant,
    milliseconds: Arc<AtomicU64>,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            milliseconds: Arc::default(),
        }
    }
}

impl Checkpoint {
    /// It happened now.
    pub(crate) fn set(&self) {
        self.set_at(Instant::now());
    }

    /// It happened then.
    pub(crate) fn set_at(&self, then: Instant) {
        let since = milliseconds(then.duration_since(self.begun));
        self.milliseconds.store(since, Ordering::Release);
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
pub(crate) struct Checkpoints {
    /// The intake came round, with or without work.
    pub(crate) intake_turn: Checkpoint,
    /// An entry was taken, or there was none to take.
    pub(crate) taken: Checkpoint,
    /// The heartbeat came round, whether it got through or not.
    pub(crate) heartbeat_turn: Checkpoint,
}

impl Checkpoints {
    /// The intake waits for something that a restart would not bring back.
    pub(crate) fn mark_blocked(&self) {
        self.intake_turn.set();
        self.taken.set();
    }
}

/// What the probe looks at. Whoever answers it also judges the marks: what looked in the worker's own tasks
/// would hang with them.
pub(crate) fn watch(worker: &Worker, health: &Health) {
    let (marks, bounds) = (&worker.checkpoints, &worker.settings.worker);
    for (name, mark, bound, problem) in [
        (
            "heartbeat",
            &marks.heartbeat_turn,
            bounds.liveness_turn,
            "the heartbeat hangs",
        ),
        (
            "intake",
            &marks.intake_turn,
            bounds.liveness_turn,
            "the intake hangs",
        ),
        (
            "work",
            &marks.taken,
            bounds.liveness_take,
            "nothing is taken although there is work",
        ),
    ] {
        let mark = mark.clone();
        health.watch(name, move || within(&mark, bound, problem));
    }
}

/// Sets the marks of what is idle for a good reason, until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    while worker.pause(CHECK_INTERVAL).await {
        // A full worker has no turn to take.
        if worker.slots.available_permits() == 0 {
            worker.checkpoints.mark_blocked();
        } else if worker.checkpoints.taken.age() > worker.settings.worker.liveness_take / 4
            && is_empty(&worker).await
        {
            worker.checkpoints.taken.set();
        }
    }
}

/// Whether there is nothing to take, or no way to know.
async fn is_empty(worker: &Worker) -> bool {
    match worker.redis.entry_windows().await {
        Ok(windows) => windows.iter().all(|window| window.length == 0),
        Err(_) => worker.redis.ping().await.is_err(),
    }
}

fn within(mark: &Checkpoint, bound: Duration, problem: &str) -> Result<(), String> {
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

    const BOUND: Duration = Duration::from_secs(60);

    #[test]
    fn a_mark_ages_until_it_is_set_again() {
        let mark = Checkpoint::default();
        let hour = Duration::from_secs(3600);
        let Some(begun) = mark.begun.checked_sub(hour) else {
            return;
        };
        let old = Checkpoint {
            begun,
            ..Checkpoint::default()
        };
        assert!(
            within(&old, BOUND, "it hangs")
                .is_err_and(|problem| problem.starts_with("it hangs: since 3600 s"))
        );
        old.set();
        assert_eq!(within(&old, BOUND, "it hangs"), Ok(()));
    }
}
