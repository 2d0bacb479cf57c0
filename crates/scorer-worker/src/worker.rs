//! What the loops of a worker share.

use std::fmt::Display;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use domain::EvaluationId;
use domain::failure::Failure;
use providers::{Providers, retry};
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
use crate::memory::MemoryBudget;
use crate::ownership::OwnedEvaluations;
use crate::progress::{self, Progress};
use crate::provider_config;

/// For so long after the drain answers that have come are still read. Less than [`crate::evaluation::AFTER_DRAIN`], within
/// which they are committed.
const READ_AFTER_DRAIN: Duration = Duration::from_secs(1);

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
    pub(crate) providers: Providers,
    pub(crate) retries: retry::Policy,
    pub(crate) limiter: Arc<Limiter>,
    /// What is still to be done when an evaluation has ended.
    pub(crate) tasks: TaskTracker,
    pub(crate) progress: Progress,
    /// One permit for each evaluation that may run.
    pub(crate) slots: Arc<Semaphore>,
    /// For payloads and prompts.
    pub(crate) memory: MemoryBudget,
    pub(crate) evaluations: TaskTracker,
    pub(crate) owned: OwnedEvaluations,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) heartbeat: HeartbeatStatus,
    pub(crate) health: Health,
    /// Cancelled when the process is asked to stop.
    pub(crate) shutdown: CancellationToken,
    /// When the first of those who wait for that heard of it.
    shutdown_at: Arc<OnceLock<Instant>>,
}

impl Worker {
    /// A worker, and the task that writes its progress.
    pub(crate) fn new(
        context: &Context,
        backends: &Backends,
    ) -> anyhow::Result<(Self, impl Future<Output = ()> + Send + 'static)> {
        let settings = Arc::clone(&context.settings);
        let (progress, writer) = progress::start(backends.redis.clone());
        let worker = Self {
            id: Uuid::now_v7(),
            database: backends.database.clone(),
            redis: backends.redis.clone(),
            providers: provider_config::build_providers(&settings)?,
            retries: retry::Policy {
                tries: settings.provider.tries,
                base: Duration::from_millis(500),
                cap: Duration::from_secs(8),
                longest_retry_after: settings.provider.max_retry_after,
                requeue_base: settings.provider.put_aside,
            },
            limiter: Arc::new(Limiter::new(backends.redis.clone())),
            tasks: context.tasks.clone(),
            progress,
            slots: Arc::new(Semaphore::new(settings.worker.slots)),
            memory: MemoryBudget::new(settings.worker.payload_budget),
            evaluations: TaskTracker::new(),
            owned: OwnedEvaluations::default(),
            checkpoints: Checkpoints::default(),
            heartbeat: HeartbeatStatus::new(settings.worker.lease),
            health: context.health.clone(),
            shutdown: context.shutdown.clone(),
            shutdown_at: Arc::default(),
            settings,
        };
        Ok((worker, writer))
    }

    /// The name under which it reads the stream.
    pub(crate) fn consumer(&self) -> String {
        self.id.to_string()
    }

    /// Done when calls under way have had their time after the process was asked to stop.
    pub(crate) async fn drained(&self) {
        self.shutdown.cancelled().await;
        let passed = self.shutdown_at.get_or_init(Instant::now).elapsed();
        tokio::time::sleep(self.settings.worker.drain.saturating_sub(passed)).await;
    }

    /// Done when calls under way are cut off: a little after the drain, so that an answer which has come by then is read also
    /// where the process gets little processor time.
    pub(crate) async fn calls_cut_off(&self) {
        self.drained().await;
        tokio::time::sleep(READ_AFTER_DRAIN).await;
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

    /// Tells those who wait for an evaluation that it changed.
    pub(crate) fn notify_ended(&self, id: EvaluationId) {
        self.progress.end(id);
    }

    /// Waits until others count this worker as alive; false when the process is asked to stop before. While
    /// they do not, what is begun could be another's already, and be paid for twice.
    pub(crate) async fn is_alive(&self) -> bool {
        while !self.heartbeat.is_fresh() {
            // It waits for the database, and a restart would not bring that back.
            self.checkpoints.mark_blocked();
            if !self.pause(POLL_INTERVAL).await {
                return false;
            }
        }
        true
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

fn check_result<T, E: Display>(failing: &str, result: &Result<T, E>) -> Result<(), String> {
    let failed = |error: &E| format!("{failing}: {error}");
    result.as_ref().map(drop).map_err(failed)
}

/// Why an evaluation cannot go on here.
#[derive(Debug)]
pub(crate) enum Abort {
    /// Another worker has it, or it has ended: nothing of ours counts any more.
    OwnershipLost,
    /// It ends without an assessment.
    Failed(Failure),
    /// The provider does not do it now: later, and counted.
    RetryLater {
        after: Duration,
        reason: String,
        /// How often in a row without getting on, this time included.
        failures: u32,
    },
    /// Another evaluation makes the steps of its rubric. Not counted.
    AwaitsSteps { maker: EvaluationId },
    /// Not this worker: it leaves, or it is older than the plan. Not counted.
    HandBack { after: Duration },
    /// No provider can be asked now. Not counted.
    ProviderUnavailable { after: Duration, reason: String },
}
