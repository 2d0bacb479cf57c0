//! What handlers share.

use std::sync::Arc;

use service::auth::Authenticator;
use service::backends::Backends;
use service::limits::TenantLimits;
use service::quota::EvaluationQuota;
use service::settings::{AuthMode, Settings};
use service::webhook_check::WebhookCheck;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::memory::BodyMemory;
use crate::store::Store;
use crate::stream_publisher::StreamPublisher;
use crate::writer::Writer;

/// What handlers share; clones are cheap.
#[derive(Clone)]
pub struct State {
    pub(crate) settings: Arc<Settings>,
    pub(crate) authenticator: Authenticator,
    pub(crate) limits: TenantLimits,
    pub(crate) quota: EvaluationQuota,
    pub(crate) store: Store,
    pub(crate) writer: Writer,
    pub(crate) webhooks: WebhookCheck,
    /// For payloads that take long to read.
    pub(crate) readers: Arc<Semaphore>,
    /// For request bodies that are held at once.
    pub(crate) body_memory: BodyMemory,
}

impl State {
    /// Starts the tasks that write; they end when the last clone of this is gone.
    #[must_use]
    pub fn new(settings: &Arc<Settings>, tasks: &TaskTracker, backends: Backends) -> Self {
        let authenticator = Authenticator::new(&settings.auth, &backends.database);
        let limits = TenantLimits::of_requests_and_bytes(&settings.limits);
        let quota = EvaluationQuota::new(
            settings.limits.evaluations,
            backends.database.clone(),
            Some(limits.clone()),
        );
        let webhooks = WebhookCheck::new(&settings.webhooks, backends.database.clone());
        let store = Store {
            settings: Arc::clone(settings),
            publisher: StreamPublisher::start(tasks, &backends, settings.worker.stream_window),
            database: backends.database,
        };
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            writer: Writer::start(tasks, &store),
            webhooks,
            store,
            readers: Arc::new(Semaphore::new(cores)),
            body_memory: BodyMemory::new(
                settings.http.max_in_flight_bytes,
                settings.http.body_limit,
                settings.auth.mode == AuthMode::Keys,
            ),
            settings: Arc::clone(settings),
            authenticator,
            limits,
            quota,
        }
    }
}
