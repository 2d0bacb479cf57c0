//! What handlers share.

use std::sync::Arc;

use queue::Redis;
use service::auth::Authenticator;
use service::backends::Backends;
use service::limits::TenantLimits;
use service::quota::EvaluationQuota;
use service::settings::Settings;
use service::webhook_check::WebhookCheck;
use storage::Database;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::hub::Hub;
use crate::reader::Reader;
use crate::routes::export::MAX_EXPORTS;

/// What handlers share; clones are cheap.
#[derive(Clone)]
pub struct State {
    pub(crate) settings: Arc<Settings>,
    pub(crate) authenticator: Authenticator,
    pub(crate) limits: TenantLimits,
    pub(crate) database: Database,
    pub(crate) redis: Redis,
    pub(crate) hub: Hub,
    pub(crate) reader: Reader,
    /// Looks at the webhooks of rubrics and tenants.
    pub(crate) webhooks: WebhookCheck,
    /// How many evaluations a tenant may have.
    pub(crate) quota: EvaluationQuota,
    /// One permit for each request that may wait for a change.
    pub(crate) waiters: Arc<Semaphore>,
    /// One permit for each stream of events.
    pub(crate) streams: Arc<Semaphore>,
    /// One permit for each export that may be under way.
    pub(crate) exports: Arc<Semaphore>,
    /// Tells that there is a command to carry out.
    pub(crate) commands: Arc<Notify>,
    pub(crate) shutdown: CancellationToken,
}

impl State {
    /// Subscribes to changes, until `shutdown` is cancelled.
    ///
    /// # Errors
    /// The subscription cannot be set up.
    pub fn new(
        settings: &Arc<Settings>,
        tasks: &TaskTracker,
        shutdown: &CancellationToken,
        backends: Backends,
    ) -> anyhow::Result<Self> {
        let hub = Hub::default();
        tasks.spawn(hub.clone().listen(
            backends.redis.subscribe_changes()?,
            backends.database.clone(),
            shutdown.clone(),
        ));
        Ok(Self {
            waiters: Arc::new(Semaphore::new(settings.http.max_waiters)),
            streams: Arc::new(Semaphore::new(settings.http.max_streams)),
            reader: Reader::start(
                tasks,
                backends.database.clone(),
                settings.http.request_timeout,
            ),
            authenticator: Authenticator::with_sessions(&settings.auth, &backends.database),
            limits: TenantLimits::of_requests(&settings.limits),
            quota: EvaluationQuota::new(
                settings.limits.evaluations,
                backends.database.clone(),
                None,
            ),
            webhooks: WebhookCheck::new(&settings.webhooks, backends.database.clone()),
            settings: Arc::clone(settings),
            database: backends.database,
            redis: backends.redis,
            hub,
            exports: Arc::new(Semaphore::new(MAX_EXPORTS)),
            commands: Arc::default(),
            shutdown: shutdown.clone(),
        })
    }
}
