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

/// When the last beat went through.
#[derive(Clone)]
struct Pulse {
    begun: Instant,
    /// Milliseconds after `begun`, plus one; 0 before the first beat.
    last: Arc<AtomicU64>,
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

    /// Whether others still count this worker as alive, with a margin: without that, nothing is claimed.
    pub(crate) fn is_fresh(&self) -> bool {
        let last = self.pulse.last.load(Ordering::Acquire);
        let beat = self.pulse.begun + Duration::from_millis(last.saturating_sub(1));
        last > 0 && beat.elapsed() < self.pulse.lease / 2
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
        let now = u64::try_from(pulse.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let beaten = workers::heartbeat(&database, id, env!("CARGO_PKG_VERSION"), slots).await;
        match &beaten {
            Ok(()) => pulse.last.store(now.saturating_add(1), Ordering::Release),
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
