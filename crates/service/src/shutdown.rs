//! How a process is asked to end, and how long that may take.

use std::{io, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::task::TaskTracker;

/// SIGTERM and SIGINT.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes the signals over from their default action, which ends the process at once.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn take_over() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next signal and gives its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Waits for the tasks to end, at most so long; says whether all did.
pub async fn wait_for(tasks: &TaskTracker, limit: Duration) -> bool {
    tasks.close();
    tokio::time::timeout(limit, tasks.wait()).await.is_ok()
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_task_that_never_ends_is_not_waited_for_for_ever() {
        let tasks = TaskTracker::new();
        assert!(wait_for(&tasks, Duration::from_secs(5)).await);
        tasks.reopen();
        tasks.spawn(pending::<()>());
        assert!(!wait_for(&tasks, Duration::from_millis(1)).await);
    }
}
