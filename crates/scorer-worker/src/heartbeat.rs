//! The heartbeat: on a thread and a connection of its own, so that no amount of judging can starve it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use service::backends::database_options;
use service::run::Context;
use storage::{Database, workers};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A running heartbeat.
pub(crate) struct Heartbeat {
    pulse: Pulse,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

/// When beats went through; clones share it.
#[derive(Clone)]
pub(crate) struct Pulse {
    begun: Instant,
    /// Milliseconds after `begun`, plus one; 0 before the first beat.
    last: Arc<AtomicU64>,
    /// The same, of the first beat that went through after one that did not; 0 before that happens.
    mended: Arc<AtomicU64>,
    lease: Duration,
}

impl Heartbeat {
    /// Starts to beat.
    pub(crate) fn start(context: &Context, id: Uuid) -> anyhow::Result<Self> {
        let settings = &context.settings;
        let options = storage::Options {
            pool_size: 1,
            ..database_options("scorer-worker heartbeat", settings)?
        };
        let database = Database::new(&options)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let pulse = Pulse {
            begun: Instant::now(),
            last: Arc::default(),
            mended: Arc::default(),
            lease: settings.worker.lease,
        };
        let stop = CancellationToken::new();
        let (every, slots) = (settings.worker.heartbeat, settings.worker.slots);
        let beating = beat(database, id, slots, every, pulse.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("heartbeat".to_owned())
            .spawn(move || runtime.block_on(beating))?;
        Ok(Self {
            pulse,
            stop,
            thread,
        })
    }

    /// What others may know of it.
    pub(crate) fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Stops to beat, once nothing is held any more.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the heartbeat's thread panicked");
        }
    }
}

impl Pulse {
    /// Whether others still count this worker as alive, with a margin: without that, nothing is claimed.
    pub(crate) fn is_fresh(&self) -> bool {
        self.since(&self.last)
            .is_some_and(|since| since < self.lease / 2)
    }

    /// Whether the heartbeats of others mean anything: after a break, those who live have not all been heard
    /// of again before a lease is over.
    pub(crate) fn is_steady(&self) -> bool {
        self.is_fresh()
            && self
                .since(&self.mended)
                .is_none_or(|since| since >= self.lease)
    }

    /// Notes a beat that was begun at this time, and whether the one before had failed.
    fn went_through(&self, begun: u64, after_failure: bool) {
        // One that hung for long is a break as well.
        let is_late = self.now().saturating_sub(begun) >= millis(self.lease / 2);
        if after_failure || is_late {
            self.mended.store(self.now() + 1, Ordering::Release);
        }
        self.last.store(begun + 1, Ordering::Release);
    }

    fn now(&self) -> u64 {
        millis(self.begun.elapsed())
    }

    fn since(&self, beat: &AtomicU64) -> Option<Duration> {
        let milliseconds = beat.load(Ordering::Acquire).checked_sub(1)?;
        Some((self.begun + Duration::from_millis(milliseconds)).elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    // Saturated far below the largest number, so that one may be added.
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX >> 1)
}

async fn beat(
    database: Database,
    id: Uuid,
    slots: usize,
    every: Duration,
    pulse: Pulse,
    stop: CancellationToken,
) {
    let mut silent = false;
    loop {
        // The time before the statement: the beat may take effect no earlier than that.
        let now = pulse.now();
        let beaten = workers::heartbeat(&database, id, env!("CARGO_PKG_VERSION"), slots).await;
        match &beaten {
            Ok(()) => pulse.went_through(now, silent),
            Err(error) if !silent => tracing::warn!(%error, "the heartbeat does not get through"),
            Err(_) => {}
        }
        if silent && beaten.is_ok() {
            tracing::info!("the heartbeat gets through again");
        }
        silent = beaten.is_err();
        let pause = if silent {
            (every / 10).max(Duration::from_millis(100))
        } else {
            every
        };
        if stop
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_none()
        {
            return;
        }
    }
}
