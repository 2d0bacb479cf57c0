//! Committing together: what is posted while a transaction is under way goes with the next one.
//!
//! A commit costs the disk about the same for one row as for a hundred, so this is what posts in a second depend on
//! (group commit: `DeWitt` et al., "Implementation techniques for main memory database systems", 1984). Nobody waits
//! for company: while there is a turn, a post is stored at once.

use std::sync::Arc;
use std::time::Duration;

use service::run::Context;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::intake::Incoming;
use crate::store::{Store, Taken, not_in_time};

/// Transactions at a time. Of two, one is at the disk while the other is made ready; more would only be smaller.
const TURNS: usize = 2;
/// Posts that wait for their turn; more than that wait with their bodies accounted for.
const QUEUE: usize = 1_024;
/// Of one transaction.
const MOST_ITEMS: usize = 256;
/// Of one transaction, compressed: a large one keeps its small ones waiting.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// The sending end; clones are cheap.
#[derive(Clone)]
pub(crate) struct Writer {
    sender: mpsc::Sender<Posted>,
    patience: Duration,
}

/// One that somebody waits for.
struct Posted {
    item: Incoming,
    answer: oneshot::Sender<Taken>,
}

impl Writer {
    /// Starts the task that gives turns.
    pub(crate) fn start(context: &Context, store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let tasks = context.tasks.clone();
        let turns = Arc::new(Semaphore::new(TURNS));
        // Ends when the last sender is gone, which is when the server has stopped.
        context.tasks.spawn(async move {
            let mut groups = Groups {
                receiver,
                next: None,
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
                    let (items, answers): (Vec<_>, Vec<_>) =
                        group.into_iter().map(|one| (one.item, one.answer)).unzip();
                    let taken = store.take(items).await;
                    drop(turn);
                    for (answer, taken) in answers.into_iter().zip(taken) {
                        // Its client may have gone.
                        drop(answer.send(taken));
                    }
                });
            }
        });
        let patience = context.settings.http.request_timeout;
        Self { sender, patience }
    }

    /// Stores an evaluation with others; durable when this returns.
    pub(crate) async fn take(&self, item: Incoming) -> Taken {
        let (answer, taken) = oneshot::channel();
        let stored = async {
            let posted = Posted { item, answer };
            self.sender.send(posted).await.ok()?;
            taken.await.ok()
        };
        match tokio::time::timeout(self.patience, stored).await {
            Ok(Some(taken)) => taken,
            Ok(None) | Err(_) => Err(not_in_time()),
        }
    }
}

/// What waits, in groups that are not too large.
struct Groups {
    receiver: mpsc::Receiver<Posted>,
    /// The one that did not fit into the last group, or begins the next.
    next: Option<Posted>,
}

impl Groups {
    /// Waits for the first; false when there will be none.
    async fn is_waiting(&mut self) -> bool {
        if self.next.is_none() {
            self.next = self.receiver.recv().await;
        }
        self.next.is_some()
    }

    fn take(&mut self) -> Vec<Posted> {
        let (mut group, mut bytes) = (Vec::new(), 0);
        while let Some(posted) = self.next.take().or_else(|| self.receiver.try_recv().ok()) {
            bytes += posted.item.packed.packed_size();
            if !group.is_empty() && bytes > MOST_BYTES {
                self.next = Some(posted);
                break;
            }
            group.push(posted);
            if group.len() == MOST_ITEMS {
                break;
            }
        }
        group
    }
}
