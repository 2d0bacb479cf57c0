//! How a process is asked to end, and how long that may take.

use std::{io, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::task::TaskTracker;

/// How long a worker may take, once `worker.drain` is over, to requeue what did not end. Evaluations under way have
/// the whole of the drain; this comes behind it.
pub const HAND_BACK: Duration = Duration::from_secs(3);

/// The signals that ask a process to end. By default each ends it at once, with what it has under way: SIGHUP when the
/// terminal is closed, SIGQUIT where servers are stopped in their way.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Takes the signals over from their default action, which ends the process at once.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal and gives its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.quit.recv() => "SIGQUIT",
            _ = self.hang_up.recv() => "SIGHUP",
        }
    }

    /// Waits for a signal that somebody sends on purpose, once the process has been asked to end: a terminal that is
    /// closed sends SIGHUP more than once.
    pub async fn urgent(&mut self) -> &'static str {
        loop {
            let signal = self.next().await;
            if signal != "SIGHUP" {
                return signal;
            }
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
