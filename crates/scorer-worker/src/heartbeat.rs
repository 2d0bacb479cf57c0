//! The heartbeat: on a thread and a connection of its own, so that no amount of judging can starve it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use service::backends::database_options;
use service::run::Context;
use storage::{Database, workers};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::liveness::Mark;
use crate::worker::Worker;

/// A running heartbeat.
pub(crate) struct Heartbeat {
    pulse: Pulse,
    lease: Duration,
    stop: CancellationToken,
    thread: JoinHandle<()>,
}

/// What the thread says about itself.
#[derive(Debug, Clone, Default)]
struct Pulse {
    /// The last beat that got through.
    beat: Mark,
    has_beaten: Arc<AtomicBool>,
}

impl Heartbeat {
    /// Starts to beat.
    pub(crate) fn start(context: &Context, worker: &Worker) -> anyhow::Result<Self> {
        let settings = &worker.settings;
        let options = storage::Options {
            pool_size: 1,
            ..database_options("scorer-worker heartbeat", &context.settings)?
        };
        let beats = Beats {
            database: Database::new(&options)?,
            id: worker.id,
            slots: settings.worker.slots,
            every: settings.worker.heartbeat,
            turn: worker.marks.heartbeat_turn.clone(),
            pulse: Pulse::default(),
        };
        let (pulse, stop) = (beats.pulse.clone(), CancellationToken::new());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let until = stop.clone();
        let thread = std::thread::Builder::new()
            .name("heartbeat".to_owned())
            .spawn(move || runtime.block_on(beats.run(until)))?;
        Ok(Self {
            pulse,
            lease: settings.worker.lease,
            stop,
            thread,
        })
    }

    /// Whether others still count this worker as alive, with a margin: without that, nothing is claimed.
    pub(crate) fn is_fresh(&self) -> bool {
        self.pulse.has_beaten.load(Ordering::Acquire) && self.pulse.beat.age() < self.lease / 2
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

struct Beats {
    database: Database,
    id: Uuid,
    slots: usize,
    every: Duration,
    turn: Mark,
    pulse: Pulse,
}

impl Beats {
    async fn run(self, stop: CancellationToken) {
        let mut silent = false;
        loop {
            // The time before the statement: the beat may count from no later than that.
            let before = Instant::now();
            let beaten = workers::heartbeat(
                &self.database,
                self.id,
                env!("CARGO_PKG_VERSION"),
                self.slots,
            )
            .await;
            self.turn.set();
            match &beaten {
                Ok(()) => {
                    self.pulse.beat.set_at(before);
                    self.pulse.has_beaten.store(true, Ordering::Release);
                    if silent {
                        tracing::info!("the heartbeat gets through again");
                    }
                }
                Err(error) if !silent => {
                    tracing::warn!(%error, "the heartbeat does not get through");
                }
                Err(_) => {}
            }
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
