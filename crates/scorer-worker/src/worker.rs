//! What the loops of a worker share.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use engine::memory::MemoryBudget;
use engine::{Drain, Engine, Liveness, Options, RubricCache, progress};
use futures::future::BoxFuture;
use providers::retry;
use queue::Redis;
use queue::limiter::Limiter;
use service::admin::Health;
use service::backends::Backends;
use service::run::Context;
use service::settings::Settings;
use storage::{Database, evaluations, workers};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::heartbeat::HeartbeatStatus;
use crate::liveness::Checkpoints;
use crate::ownership::OwnedEvaluations;
use crate::provider_config;

/// Workers that were not heard of for this long, and hold nothing, are forgotten.
pub(crate) const WORKER_TTL: Duration = Duration::from_secs(24 * 3600);

/// How often somebody who waits for the heartbeat looks.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// What the loops of a worker share; clones are cheap.
#[derive(Clone)]
pub(crate) struct Worker {
    /// Drawn anew at every start: a name that lives on would keep the dead one's work alive.
    pub(crate) id: Uuid,
    pub(crate) settings: Arc<Settings>,
    pub(crate) database: Database,
    pub(crate) redis: Redis,
    /// Judges what is claimed.
    pub(crate) engine: Engine,
    /// One permit for each evaluation that may run.
    pub(crate) slots: Arc<Semaphore>,
    /// One permit for each evaluation that may wait for room within limits without a slot.
    pub(crate) waiting_room: Arc<Semaphore>,
    /// For payloads and prompts.
    pub(crate) memory: MemoryBudget,
    pub(crate) evaluations: TaskTracker,
    pub(crate) owned: OwnedEvaluations,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) heartbeat: HeartbeatStatus,
    pub(crate) health: Health,
    /// Cancelled when the process is asked to stop.
    pub(crate) shutdown: CancellationToken,
}

impl Worker {
    /// A worker, and the task that writes its progress and what its evaluations share.
    pub(crate) fn new(
        context: &Context,
        backends: &Backends,
    ) -> anyhow::Result<(Self, impl Future<Output = ()> + Send + 'static)> {
        let settings = Arc::clone(&context.settings);
        let (progress, writer) = progress::start(backends.redis.clone());
        let (database, sharing) = backends.database.sharing();
        let checkpoints = Checkpoints::default();
        let heartbeat = HeartbeatStatus::new(settings.worker.lease);
        let liveness = HeartbeatGate {
            heartbeat: heartbeat.clone(),
            checkpoints: checkpoints.clone(),
            shutdown: context.shutdown.clone(),
        };
        let engine = Engine {
            database,
            rubrics: RubricCache::default(),
            providers: provider_config::build_providers(&settings)?,
            retries: retry::Policy {
                tries: settings.provider.tries,
                base: Duration::from_millis(500),
                cap: Duration::from_secs(8),
                longest_retry_after: settings.provider.max_retry_after,
                requeue_base: settings.provider.put_aside,
            },
            limiter: Arc::new(Limiter::new(backends.redis.clone())),
            lines: Arc::default(),
            progress,
            tasks: context.tasks.clone(),
            drain: Drain::new(context.shutdown.clone(), settings.worker.drain),
            liveness: Arc::new(liveness),
            options: Options {
                scoring_model: settings.judge.scoring_model.clone(),
                max_attempts: settings.worker.max_attempts,
                lease: settings.worker.lease,
            },
        };
        let worker = Self {
            id: Uuid::now_v7(),
            database: backends.database.clone(),
            redis: backends.redis.clone(),
            engine,
            slots: Arc::new(Semaphore::new(settings.worker.slots)),
            waiting_room: Arc::new(Semaphore::new(settings.worker.slots)),
            memory: MemoryBudget::new(settings.worker.payload_budget),
            evaluations: TaskTracker::new(),
            owned: OwnedEvaluations::default(),
            checkpoints,
            heartbeat,
            health: context.health.clone(),
            shutdown: context.shutdown.clone(),
            settings,
        };
        let background = async {
            futures::join!(writer, sharing);
        };
        Ok((worker, background))
    }

    /// The name under which it reads the stream.
    pub(crate) fn consumer(&self) -> String {
        self.id.to_string()
    }

    /// Reports on a try of what is done again and again. While it fails the worker is not ready; it is logged once for
    /// each change.
    pub(crate) fn report<T, E: Display>(&self, check: &str, failing: &str, result: &Result<T, E>) {
        self.health.fault(check, check_result(failing, result));
    }

    /// As [`Worker::report`], of what judging does not need: the worker stays ready.
    pub(crate) fn report_optional<T, E: Display>(
        &self,
        check: &str,
        failing: &str,
        result: &Result<T, E>,
    ) {
        self.health.set(check, check_result(failing, result));
    }

    /// Waits until `period` is over, or says that the process is asked to stop.
    pub(crate) async fn pause(&self, period: Duration) -> bool {
        self.shutdown
            .run_until_cancelled(tokio::time::sleep(period))
            .await
            .is_some()
    }

    /// How many evaluations of one tenant may run in all workers together, if that is bounded.
    pub(crate) fn tenant_slots(&self) -> Option<u32> {
        Some(self.settings.worker.tenant_slots).filter(|slots| *slots > 0)
    }

    /// As [`Liveness::is_alive`].
    pub(crate) async fn is_alive(&self) -> bool {
        self.engine.liveness.is_alive().await
    }

    /// Signs off. What is still held is given back with nothing counted against it.
    pub(crate) async fn deregister(&self) -> storage::Result<()> {
        evaluations::requeue_orphaned(&self.database, self.id, &[], Duration::ZERO).await?;
        if let Err(error) = self.redis.delete_consumer(&self.consumer()).await {
            tracing::debug!(%error, "the stream's consumer stays behind");
        }
        workers::leave(&self.database, self.id).await
    }
}

/// Lets nothing be begun while the heartbeat does not get through.
struct HeartbeatGate {
    heartbeat: HeartbeatStatus,
    checkpoints: Checkpoints,
    shutdown: CancellationToken,
}

impl Liveness for HeartbeatGate {
    fn is_alive(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            while !self.heartbeat.is_fresh() {
                // It waits for the database, and a restart would not bring that back.
                self.checkpoints.mark_blocked();
                let pause = tokio::time::sleep(POLL_INTERVAL);
                if self.shutdown.run_until_cancelled(pause).await.is_none() {
                    return false;
                }
            }
            true
        })
    }
}

fn check_result<T, E: Display>(failing: &str, result: &Result<T, E>) -> Result<(), String> {
    let failed = |error: &E| format!("{failing}: {error}");
    result.as_ref().map(drop).map_err(failed)
}
