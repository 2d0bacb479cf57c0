//! The hub: wakes those who wait for an evaluation when it changed, and reads once for all who watch the same one.
//!
//! Redis says what changed. Its words may get lost, so from time to time the hub looks by itself, with one statement for
//! all that is watched; without Redis it does so more often.

mod snapshot;

use std::collections::{HashMap, hash_map};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::EvaluationId;
use queue::changes::{Change, ChangeSubscription, ConnectionProbe};
use storage::Database;
use storage::timeline::{self, Version};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) use self::snapshot::{MAX_EVENTS, Snapshot, progress};

/// How often the hub looks by itself while Redis is heard.
const POLL_CONNECTED: Duration = Duration::from_secs(10);
/// And while it is not.
const POLL_DEGRADED: Duration = Duration::from_secs(2);
/// How often is asked whether Redis is heard.
const PROBE_INTERVAL: Duration = Duration::from_secs(2);
/// Evaluations of one statement.
const POLL_BATCH: usize = 5_000;

/// Everybody who waits, by evaluation; clones share it.
#[derive(Clone)]
pub(crate) struct Hub(Arc<Shared>);

struct Shared {
    watched: Mutex<HashMap<EvaluationId, Entry>>,
    /// Whether Redis is heard. Also marked as changed when something may have been missed.
    hears: watch::Sender<bool>,
}

/// What is watched, and by how many. They are counted under the lock of the list, so that nobody begins to watch what is just
/// taken off it.
#[derive(Default)]
struct Entry {
    watched: Arc<Watched>,
    watches: usize,
}

/// An evaluation that somebody watches.
struct Watched {
    /// Counts changes.
    changes: watch::Sender<u64>,
    /// What the hub itself saw last.
    seen: Mutex<Option<Version>>,
    snapshot: snapshot::Cache,
}

/// One who waits. Dropping it takes the evaluation off the list when nobody else waits for it.
pub(crate) struct Watch {
    id: EvaluationId,
    hub: Hub,
    watched: Arc<Watched>,
    changes: watch::Receiver<u64>,
}

impl Default for Hub {
    fn default() -> Self {
        Self(Arc::new(Shared {
            watched: Mutex::default(),
            hears: watch::Sender::new(false),
        }))
    }
}

impl Hub {
    /// Begins to watch. What changes from now on is worth a look, also before that is waited for.
    pub(crate) fn watch(&self, id: EvaluationId) -> Watch {
        let watched = {
            let mut all = self.watched();
            let entry = all.entry(id).or_default();
            entry.watches += 1;
            Arc::clone(&entry.watched)
        };
        Watch {
            id,
            hub: self.clone(),
            changes: watched.changes.subscribe(),
            watched,
        }
    }

    /// Whether Redis is heard.
    pub(crate) fn hears(&self) -> bool {
        *self.0.hears.borrow()
    }

    /// Passes changes on until the process is asked to stop.
    pub(crate) async fn listen(
        self,
        changes: ChangeSubscription,
        database: Database,
        shutdown: CancellationToken,
    ) {
        let connection = changes.connection();
        let all = async {
            tokio::join!(
                self.forward(changes),
                self.check(connection),
                self.poll(&database)
            )
        };
        shutdown.run_until_cancelled(Box::pin(all)).await;
    }

    async fn forward(&self, mut changes: ChangeSubscription) {
        while let Some(change) = changes.next().await {
            match change {
                Change::Changed(id) => {
                    let watched = self.find(id);
                    if let Some(watched) = watched {
                        watched.changed();
                    }
                }
                Change::Missed => self.0.hears.send_modify(|_| ()),
            }
        }
    }

    async fn check(&self, connection: ConnectionProbe) {
        loop {
            let is_up = connection.probe().await;
            self.0.hears.send_if_modified(|hears| {
                let turned = *hears != is_up;
                *hears = is_up;
                turned
            });
            tokio::time::sleep(PROBE_INTERVAL).await;
        }
    }

    async fn poll(&self, database: &Database) {
        let mut is_failing = false;
        let mut hears = self.0.hears.subscribe();
        loop {
            let pause = if *hears.borrow_and_update() {
                POLL_CONNECTED
            } else {
                POLL_DEGRADED
            };
            tokio::select! {
                Ok(()) = hears.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
            match self.look(database).await {
                Ok(()) => is_failing = false,
                // Those who wait find out by themselves, at the end of their time.
                Err(error) => {
                    if !is_failing {
                        tracing::warn!(%error, "what is watched cannot be looked at");
                    }
                    is_failing = true;
                }
            }
        }
    }

    async fn look(&self, database: &Database) -> storage::Result<()> {
        let ids: Vec<EvaluationId> = self.watched().keys().copied().collect();
        for batch in ids.chunks(POLL_BATCH) {
            let mut found: HashMap<_, _> = timeline::versions(database, batch)
                .await?
                .into_iter()
                .collect();
            for id in batch {
                let version = found.remove(id);
                let watched = self.find(*id);
                if let Some(watched) = watched {
                    let mut seen = lock(&watched.seen);
                    if *seen != version || version.is_none() {
                        *seen = version;
                        watched.changed();
                    }
                }
            }
        }
        Ok(())
    }

    fn find(&self, id: EvaluationId) -> Option<Arc<Watched>> {
        let all = self.watched();
        all.get(&id).map(|entry| Arc::clone(&entry.watched))
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<EvaluationId, Entry>> {
        lock(&self.0.watched)
    }
}

impl Default for Watched {
    fn default() -> Self {
        Self {
            changes: watch::Sender::new(0),
            seen: Mutex::default(),
            snapshot: snapshot::Cache::default(),
        }
    }
}

impl Watched {
    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

impl Watch {
    /// Done when the evaluation changed since the last call, or since the watch began, or may have changed.
    pub(crate) async fn changed(&mut self) {
        // The sender lives as long as this watch.
        if self.changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut all = self.hub.watched();
        if let hash_map::Entry::Occupied(mut entry) = all.entry(self.id) {
            entry.get_mut().watches -= 1;
            if entry.get().watches == 0 {
                entry.remove();
            }
        }
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Many begin and end to watch one evaluation at once: whoever watches is on the list, and in the end nothing is.
    #[test]
    fn whoever_watches_is_on_the_list() {
        let hub = Hub::default();
        let id = EvaluationId(Uuid::from_u128(1));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let watch = hub.watch(id);
                        let found = hub.find(id).expect("it is watched");
                        assert!(Arc::ptr_eq(&found, &watch.watched));
                    }
                });
            }
        });
        assert!(hub.watched().is_empty());
    }
}
