//! The heartbeat: on a thread and a connection of its own, so that no amount of judging can starve it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::memory::MemoryBudget;
use service::admin::Health;
use service::backends::database_options;
use service::run::Context;
use storage::Database;
use storage::workers::{self, Load};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::liveness::Checkpoint;
use crate::worker::Worker;

/// A running heartbeat.
pub(crate) struct Heartbeat {
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

/// When beats got through; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct HeartbeatStatus {
    last: LastSeen,
    /// The first beat of all that got through, or the first after a break.
    mended: LastSeen,
    lease: Duration,
}

/// Something that may have happened.
#[derive(Debug, Clone, Default)]
struct LastSeen {
    mark: Checkpoint,
    has_been: Arc<AtomicBool>,
}

impl LastSeen {
    fn was_at(&self, then: Instant) {
        self.mark.set_at(then);
        self.has_been.store(true, Ordering::Release);
    }

    /// How long ago it was; `None` when it never was.
    fn age(&self) -> Option<Duration> {
        self.has_been
            .load(Ordering::Acquire)
            .then(|| self.mark.age())
    }
}

impl Heartbeat {
    /// Starts to beat.
    pub(crate) fn start(context: &Context, worker: &Worker) -> anyhow::Result<Self> {
        let settings = &worker.settings;
        let options = storage::Options {
            pool_size: 1,
            ..database_options("scorer-worker heartbeat", &context.settings)?
        };
        let beats = HeartbeatTask {
            database: Database::new(&options)?,
            id: worker.id,
            slots: settings.worker.slots,
            tenant_slots: worker.tenant_slots(),
            free_slots: Arc::clone(&worker.slots),
            memory: worker.memory.clone(),
            every: settings.worker.heartbeat,
            turn: worker.checkpoints.heartbeat_turn.clone(),
            pulse: worker.heartbeat.clone(),
            health: worker.health.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let stop = CancellationToken::new();
        let until = stop.clone();
        let thread = std::thread::Builder::new()
            .name("heartbeat".to_owned())
            .spawn(move || runtime.block_on(beats.run(until)))?;
        Ok(Self { stop, thread })
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

impl HeartbeatStatus {
    /// Before the first beat.
    pub(crate) fn new(lease: Duration) -> Self {
        Self {
            last: LastSeen::default(),
            mended: LastSeen::default(),
            lease,
        }
    }

    /// Whether others still count this worker as alive, with a margin: without that, nothing is claimed.
    pub(crate) fn is_fresh(&self) -> bool {
        self.last.age().is_some_and(|age| age < self.lease / 2)
    }

    /// Whether the heartbeats of others mean anything: after a break, those who live have not all been heard
    /// of again before a lease is over. One who has just started does not know of any break.
    pub(crate) fn is_stable(&self) -> bool {
        self.is_fresh() && self.mended.age().is_some_and(|age| age >= self.lease)
    }

    /// Notes a beat that was begun at this time, and whether the one before had failed.
    fn recovered(&self, begun: Instant, after_failure: bool) {
        let is_first = self.last.age().is_none();
        // One that hung for long is a break as well.
        if is_first || after_failure || begun.elapsed() >= self.lease / 2 {
            self.mended.was_at(Instant::now());
        }
        // Counted from before the statement: the beat may take effect no earlier than that.
        self.last.was_at(begun);
    }
}

struct HeartbeatTask {
    database: Database,
    id: Uuid,
    slots: usize,
    tenant_slots: Option<u32>,
    free_slots: Arc<Semaphore>,
    memory: MemoryBudget,
    every: Duration,
    turn: Checkpoint,
    pulse: HeartbeatStatus,
    health: Health,
}

impl HeartbeatTask {
    fn load(&self) -> Load {
        let free = self.memory.capacity(0);
        Load {
            every: self.every,
            lease: self.pulse.lease,
            slots: self.slots,
            taken: self
                .slots
                .saturating_sub(self.free_slots.available_permits()),
            free_memory: free.memory as u64,
            needs: free.needs,
            tenant_slots: self.tenant_slots,
        }
    }

    async fn run(self, stop: CancellationToken) {
        let mut silent = false;
        loop {
            let begun = Instant::now();
            let beaten = workers::heartbeat(
                &self.database,
                self.id,
                env!("CARGO_PKG_VERSION"),
                self.load(),
            )
            .await;
            self.turn.set();
            if beaten.is_ok() {
                self.pulse.recovered(begun, silent);
            }
            let failing = |error: &_| format!("the heartbeat does not get through: {error}");
            self.health
                .fault("heartbeat", beaten.as_ref().copied().map_err(failing));
            silent = beaten.is_err();
            let pause = if silent {
                (self.every / 10).max(Duration::from_millis(100))
            } else {
                self.every
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
}
