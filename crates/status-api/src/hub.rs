//! The hub: wakes those who wait for an evaluation when Redis says that it changed, and has them look by
//! themselves from time to time, because wake-ups may get lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::EvaluationId;
use queue::changes::{Change, ChangeSubscription, ConnectionProbe};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long one who waits does so without a look while wake-ups come through; up to half as long again, so that
/// those who came together do not look together.
const POLL_CONNECTED: Duration = Duration::from_secs(10);
/// And while they do not.
const POLL_DEGRADED: Duration = Duration::from_secs(2);
/// How often is asked whether wake-ups come through.
const PROBE_INTERVAL: Duration = Duration::from_secs(2);

/// Everybody who waits, by evaluation; clones share it.
#[derive(Clone)]
pub(crate) struct Hub(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiters>,
    /// Whether wake-ups come through. Also marked as changed when some may have been missed.
    hears: watch::Sender<bool>,
}

type Waiters = HashMap<EvaluationId, watch::Sender<()>>;

/// One who waits. Dropping it takes the evaluation off the list when nobody else waits for it.
pub(crate) struct Watch {
    id: EvaluationId,
    hub: Hub,
    changes: watch::Receiver<()>,
    hears: watch::Receiver<bool>,
}

impl Default for Hub {
    fn default() -> Self {
        Self(Arc::new(Shared {
            waiting: Mutex::default(),
            hears: watch::Sender::new(false),
        }))
    }
}

impl Hub {
    /// Begins to watch. What changes from now on is worth a look, also before that is waited for.
    pub(crate) fn watch(&self, id: EvaluationId) -> Watch {
        let changes = self.waiting().entry(id).or_default().subscribe();
        Watch {
            id,
            hub: self.clone(),
            changes,
            hears: self.0.hears.subscribe(),
        }
    }

    /// Passes wake-ups on until the process is asked to stop.
    pub(crate) async fn listen(self, wakes: ChangeSubscription, shutdown: CancellationToken) {
        let line = wakes.connection();
        let both = async { tokio::join!(self.forward(wakes), self.check(line)) };
        shutdown.run_until_cancelled(both).await;
    }

    async fn forward(&self, mut wakes: ChangeSubscription) {
        while let Some(wake) = wakes.next().await {
            match wake {
                Change::Changed(id) => {
                    if let Some(sender) = self.waiting().get(&id) {
                        sender.send_replace(());
                    }
                }
                Change::Missed => self.0.hears.send_modify(|_| ()),
            }
        }
    }

    async fn check(&self, line: ConnectionProbe) {
        loop {
            let is_up = line.probe().await;
            self.0.hears.send_if_modified(|hears| {
                let turned = *hears != is_up;
                *hears = is_up;
                turned
            });
            tokio::time::sleep(PROBE_INTERVAL).await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiters> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Done when the evaluation changed since the last call, or since the watch began, or may have changed
    /// without a wake-up.
    pub(crate) async fn changed_or_timeout(&mut self) {
        let mut turned = self.hears.has_changed().unwrap_or(false);
        loop {
            let pause = match (turned, *self.hears.borrow_and_update()) {
                // Soon, and not all at once.
                (true, _) => POLL_DEGRADED.mul_f64(rand::random()),
                (false, true) => POLL_CONNECTED.mul_f64(1.0 + rand::random::<f64>() / 2.0),
                (false, false) => POLL_DEGRADED,
            };
            // The senders stay as long as there is a watch.
            tokio::select! {
                Ok(()) = self.changes.changed() => return,
                Ok(()) = self.hears.changed() => turned = true,
                () = tokio::time::sleep(pause) => return,
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut waiting = self.hub.waiting();
        // Ours is still counted here.
        if waiting
            .get(&self.id)
            .is_some_and(|sender| sender.receiver_count() <= 1)
        {
            waiting.remove(&self.id);
        }
    }
}
