//! What becomes of work under way when the process is asked to stop.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// For so long after the drain answers that have come are still read. Less than [`HAND_BACK_DELAY`], within which they are
/// committed.
const READ_DELAY: Duration = Duration::from_secs(1);
/// For so long after the drain replies that are here are committed, and ends written; then what is left is requeued.
const HAND_BACK_DELAY: Duration = Duration::from_secs(2);

/// When work under way is cut short; clones share it.
#[derive(Debug, Clone)]
pub struct Drain {
    shutdown: CancellationToken,
    period: Duration,
    /// When the first of those who wait for the shutdown heard of it.
    shutdown_at: Arc<OnceLock<Instant>>,
}

impl Drain {
    /// Calls under way have so long once `shutdown` is cancelled.
    #[must_use]
    pub fn new(shutdown: CancellationToken, period: Duration) -> Self {
        Self {
            shutdown,
            period,
            shutdown_at: Arc::default(),
        }
    }

    /// Whether nothing new is begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.shutdown.is_cancelled()
    }

    /// Done when calls under way are cut off: a little after the drain, so that an answer which has come by then is read also
    /// where the process gets little processor time.
    pub(crate) async fn calls_cut_off(&self) {
        self.passed(READ_DELAY).await;
    }

    /// Done when an evaluation has to be requeued.
    pub(crate) async fn hand_back(&self) {
        self.passed(HAND_BACK_DELAY).await;
    }

    async fn passed(&self, delay: Duration) {
        self.shutdown.cancelled().await;
        let passed = self.shutdown_at.get_or_init(Instant::now).elapsed();
        tokio::time::sleep(self.period.saturating_sub(passed)).await;
        tokio::time::sleep(delay).await;
    }
}
