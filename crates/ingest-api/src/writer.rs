//! Committing together: what is posted while a transaction is under way goes with the next one.
//!
//! A commit costs the disk about the same for one row as for a hundred, so this is what posts in a second depend on
//! (group commit: `DeWitt` et al., "Implementation techniques for main memory database systems", 1984). Nobody waits
//! for company: while there is a turn, a post is stored at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;

use crate::intake::Incoming;
use crate::memory::Reservation;
use crate::store::{Store, SubmitResult, timed_out};
use crate::turns::Turns;

/// From this size on, compressed, a payload is large: small ones must not wait behind it.
const LARGE_PAYLOAD: usize = 64 * 1024;
/// Transactions of small payloads at a time. With two each has half the rows, and takes nearly as long.
const SMALL_CONCURRENCY: usize = 1;
/// Of large ones: while one is at the disk, the next is sent.
const LARGE_CONCURRENCY: usize = 2;
/// Posts that wait for their turn; more than that wait with their bodies accounted for.
const QUEUE_CAPACITY: usize = 1_024;
/// Of one transaction.
const MAX_ITEMS: usize = 256;
/// Of one transaction, compressed.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The sending end; clones are cheap.
#[derive(Clone)]
pub(crate) struct Writer {
    small: mpsc::Sender<PendingWrite>,
    large: mpsc::Sender<PendingWrite>,
    patience: Duration,
}

/// One that somebody waits for.
struct PendingWrite {
    item: Incoming,
    /// Set aside for it until it is stored, whether or not somebody still waits.
    memory: Reservation,
    answer: oneshot::Sender<SubmitResult>,
}

impl Writer {
    /// Starts the tasks that give turns.
    pub(crate) fn start(tasks: &TaskTracker, store: &Store) -> Self {
        let start = |turns| {
            let (sender, receiver) = mpsc::channel(QUEUE_CAPACITY);
            // Ends when the last sender is gone, which is when the server has stopped.
            tasks.spawn(run_group_commit(
                tasks.clone(),
                store.clone(),
                turns,
                receiver,
            ));
            sender
        };
        Self {
            small: start(SMALL_CONCURRENCY),
            large: start(LARGE_CONCURRENCY),
            patience: store.settings.http.request_timeout,
        }
    }

    /// Stores an evaluation with others; durable when this returns.
    pub(crate) async fn take(&self, item: Incoming, memory: Reservation) -> SubmitResult {
        let (answer, taken) = oneshot::channel();
        let sender = if item.packed.packed_size() < LARGE_PAYLOAD {
            &self.small
        } else {
            &self.large
        };
        let stored = async {
            let posted = PendingWrite {
                item,
                memory,
                answer,
            };
            sender.send(posted).await.ok()?;
            taken.await.ok()
        };
        match tokio::time::timeout(self.patience, stored).await {
            Ok(Some(taken)) => taken,
            Ok(None) | Err(_) => Err(timed_out()),
        }
    }
}

async fn run_group_commit(
    tasks: TaskTracker,
    store: Store,
    turns: usize,
    receiver: mpsc::Receiver<PendingWrite>,
) {
    let turns = Arc::new(Semaphore::new(turns));
    let mut groups = Groups {
        receiver,
        waiting: Turns::default(),
    };
    while groups.is_waiting().await {
        // Closed never.
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
            return;
        };
        // Only now, so that all who came meanwhile are in it.
        let group = groups.take();
        let store = store.clone();
        tasks.spawn(async move {
            let (items, waiting): (Vec<_>, Vec<_>) = group
                .into_iter()
                .map(|one| (Ok(one.item), (one.answer, one.memory)))
                .unzip();
            let taken = store.submit_all(items).await;
            drop(turn);
            for ((answer, memory), taken) in waiting.into_iter().zip(taken) {
                drop(memory);
                // Its client may have gone.
                drop(answer.send(taken));
            }
        });
    }
}

/// What waits, in groups that are not too large, in which the tenants take turns: one that posts much waits for itself.
struct Groups {
    receiver: mpsc::Receiver<PendingWrite>,
    waiting: Turns<PendingWrite>,
}

impl Groups {
    /// Waits for the first; false when there will be none.
    async fn is_waiting(&mut self) -> bool {
        if self.waiting.is_empty()
            && let Some(posted) = self.receiver.recv().await
        {
            self.waiting.push(posted.item.origin.tenant.clone(), posted);
        }
        !self.waiting.is_empty()
    }

    fn take(&mut self) -> Vec<PendingWrite> {
        // All of them: each has its memory set aside, which bounds them.
        while let Ok(posted) = self.receiver.try_recv() {
            self.waiting.push(posted.item.origin.tenant.clone(), posted);
        }
        let (mut group, mut bytes) = (Vec::new(), 0);
        while group.len() < MAX_ITEMS {
            let fits = |next: &PendingWrite| {
                let size = next.item.packed.packed_size();
                // Of one whose sender was told to post it again, or has gone, nothing is stored.
                group.is_empty() || next.answer.is_closed() || bytes + size <= MAX_BYTES
            };
            let Some(posted) = self.waiting.pop_if(fits) else {
                break;
            };
            if !posted.answer.is_closed() {
                bytes += posted.item.packed.packed_size();
                group.push(posted);
            }
        }
        group
    }
}
