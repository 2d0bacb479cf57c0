//! Ringing for a worker: the fast way into the stream, while the stream is short.
//!
//! What is posted is durable before it comes here. Whatever does not get into the stream from here (Redis
//! away, the window full, this process killed) gets there through the relay in scorer-worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::Priority;
use queue::Redis;
use queue::stream::Entry;
use service::backends::Backends;
use storage::{Database, evaluations};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_util::task::TaskTracker;

/// Entries that wait to be written.
const QUEUE_CAPACITY: usize = 10_000;
/// Entries that are written at once.
const PUBLISH_BATCH: usize = 500;
/// How often a closed window is looked at.
const REFRESH_FULL: Duration = Duration::from_millis(250);
/// How often an open one is: before an entry is written it is looked at anyhow.
const REFRESH_OPEN: Duration = Duration::from_secs(2);

/// The sending end; clones are cheap.
#[derive(Clone)]
pub(crate) struct StreamPublisher {
    sender: mpsc::Sender<(Priority, Entry)>,
    open: Arc<[AtomicBool; 2]>,
}

impl StreamPublisher {
    /// Starts the task that writes.
    pub(crate) fn start(tasks: &TaskTracker, backends: &Backends, window: u64) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_CAPACITY);
        let open = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let writer = Writer {
            redis: backends.redis.clone(),
            database: backends.database.clone(),
            window,
            open: Arc::clone(&open),
        };
        // Ends when the last sender is gone, which is when the server has stopped.
        tasks.spawn(writer.run(receiver));
        Self { sender, open }
    }

    /// Whether an evaluation that is stored now may be marked as announced.
    pub(crate) fn is_open(&self, priority: Priority) -> bool {
        flag(&self.open, priority).load(Ordering::Relaxed) && self.sender.capacity() > 0
    }

    /// Rings for evaluations that were stored as announced.
    pub(crate) fn publish(&self, priority: Priority, entry: Entry) {
        if self.sender.try_send((priority, entry)).is_err() {
            // The relay finds it: its mark will be older than the oldest entry.
            tracing::debug!("the doorbell's queue is full");
        }
    }
}

fn flag(open: &[AtomicBool; 2], priority: Priority) -> &AtomicBool {
    let [interactive, batch] = open;
    match priority {
        Priority::Interactive => interactive,
        Priority::Batch => batch,
    }
}

struct Writer {
    redis: Redis,
    database: Database,
    window: u64,
    open: Arc<[AtomicBool; 2]>,
}

impl Writer {
    async fn run(self, mut receiver: mpsc::Receiver<(Priority, Entry)>) {
        let mut waiting = Vec::with_capacity(PUBLISH_BATCH);
        // An interval, not a pause: traffic of one priority must not keep the other's window closed.
        let mut look = tokio::time::interval(REFRESH_FULL);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                received = receiver.recv_many(&mut waiting, PUBLISH_BATCH) => {
                    if received == 0 {
                        return;
                    }
                    for priority in Priority::ALL {
                        let entries: Vec<Entry> = waiting.iter().filter(|(own, _)| *own == priority).map(|(_, entry)| entry.clone()).collect();
                        self.write(priority, entries).await;
                    }
                    waiting.clear();
                }
                _ = look.tick() => {
                    let is_open = self.open.iter().all(|open| open.load(Ordering::Relaxed));
                    if !is_open || looked.elapsed() >= REFRESH_OPEN {
                        self.refresh().await;
                        looked = Instant::now();
                    }
                }
            }
        }
    }

    /// Closes both windows when Redis does not answer.
    async fn refresh(&self) {
        let windows = self.redis.entry_windows().await.ok();
        for (index, open) in self.open.iter().enumerate() {
            let window = windows.and_then(|windows| windows.get(index).copied());
            let has_room = window.is_some_and(|window| window.length < self.window);
            open.store(has_room, Ordering::Relaxed);
        }
    }

    /// How many more entries the window takes; 0 when Redis does not answer.
    async fn room(&self, priority: Priority) -> u64 {
        self.redis
            .length(priority)
            .await
            .map_or(0, |length| self.window.saturating_sub(length))
    }

    async fn write(&self, priority: Priority, mut entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let room = usize::try_from(self.room(priority).await).unwrap_or(usize::MAX);
        let mut left = entries.split_off(room.min(entries.len()));
        flag(&self.open, priority)
            .store(left.is_empty() && room > entries.len(), Ordering::Relaxed);
        if !entries.is_empty() && self.redis.publish(priority, &entries).await.is_err() {
            left.append(&mut entries);
        }
        if left.is_empty() {
            return;
        }
        let ids: Vec<_> = left.iter().map(|entry| entry.id).collect();
        if let Err(error) = evaluations::unmark_published(&self.database, &ids).await {
            // The relay finds them all the same, only later.
            tracing::debug!(%error, "marks could not be taken back");
        }
    }
}
