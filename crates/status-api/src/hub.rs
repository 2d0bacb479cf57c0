//! The hub: wakes those who wait for an evaluation when Redis says that it changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::EvaluationId;
use queue::wake::{Wake, Wakes};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Everybody who waits, by evaluation; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Hub(Arc<Mutex<Waiting>>);

type Waiting = HashMap<EvaluationId, watch::Sender<()>>;

/// One who waits. Dropping it takes the evaluation off the list when nobody else waits for it.
pub(crate) struct Watch {
    id: EvaluationId,
    hub: Hub,
    changes: watch::Receiver<()>,
}

impl Hub {
    /// Begins to watch. What changes from now on wakes, also before [`Watch::changed`] is called.
    pub(crate) fn watch(&self, id: EvaluationId) -> Watch {
        let changes = self.waiting().entry(id).or_default().subscribe();
        Watch {
            id,
            hub: self.clone(),
            changes,
        }
    }

    /// Passes wake-ups on until the process is asked to stop.
    pub(crate) async fn listen(self, mut wakes: Wakes, shutdown: CancellationToken) {
        while let Some(Some(wake)) = shutdown.run_until_cancelled(wakes.next()).await {
            let waiting = self.waiting();
            match wake {
                Wake::Changed(id) => {
                    if let Some(sender) = waiting.get(&id) {
                        sender.send_replace(());
                    }
                }
                Wake::Missed => waiting.values().for_each(|sender| sender.send_replace(())),
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Done when the evaluation changed since the last call, or since the watch began.
    pub(crate) async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            // Cannot be: the sender stays as long as there is a watch. Waiting on is the harmless answer.
            std::future::pending::<()>().await;
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
