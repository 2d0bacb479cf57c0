//! What handlers share.

use std::sync::Arc;

use queue::Redis;
use service::backends::Backends;
use service::run::Context;
use service::settings::Settings;
use storage::Database;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::hub::Hub;

/// What handlers share; clones are cheap.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) settings: Arc<Settings>,
    pub(crate) database: Database,
    pub(crate) redis: Redis,
    pub(crate) hub: Hub,
    /// One permit for each request that may wait for a change.
    pub(crate) waiters: Arc<Semaphore>,
    pub(crate) shutdown: CancellationToken,
}

impl State {
    pub(crate) fn new(context: &Context, backends: Backends) -> anyhow::Result<Self> {
        let hub = Hub::default();
        context.tasks.spawn(hub.clone().listen(
            backends.redis.subscribe_changes()?,
            context.shutdown.clone(),
        ));
        let settings = Arc::clone(&context.settings);
        Ok(Self {
            waiters: Arc::new(Semaphore::new(settings.http.max_waiters)),
            settings,
            database: backends.database,
            redis: backends.redis,
            hub,
            shutdown: context.shutdown.clone(),
        })
    }
}
