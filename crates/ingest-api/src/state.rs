//! What handlers share.

use std::sync::Arc;

use domain::{EvaluationId, Tenant};
use service::backends::Backends;
use service::problem::Problem;
use service::run::Context;
use service::settings::Settings;
use storage::{Database, evaluations};
use tokio::sync::Semaphore;

use crate::doorbell::Doorbell;
use crate::rubrics::Rubrics;

/// What handlers share; clones are cheap.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) settings: Arc<Settings>,
    pub(crate) database: Database,
    pub(crate) doorbell: Doorbell,
    pub(crate) rubrics: Rubrics,
    /// One permit for each KiB of request bodies that may be held at once.
    pub(crate) body_memory: Arc<Semaphore>,
}

impl State {
    pub(crate) fn new(context: &Context, backends: Backends) -> Self {
        let settings = Arc::clone(&context.settings);
        let kibibytes = usize::try_from(settings.http.max_in_flight_bytes / 1024)
            .unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            doorbell: Doorbell::start(context, &backends),
            rubrics: Rubrics::new(backends.database.clone()),
            database: backends.database,
            body_memory: Arc::new(Semaphore::new(kibibytes.min(Semaphore::MAX_PERMITS))),
            settings,
        }
    }

    /// Whether there is such an evaluation.
    ///
    /// # Errors
    /// 503 when that cannot be looked up.
    pub(crate) async fn exists(&self, tenant: &Tenant, id: EvaluationId) -> Result<bool, Problem> {
        let found = evaluations::find(&self.database, tenant, id).await?;
        Ok(found.is_some())
    }

    /// Whose request it is. Without API keys there is one tenant.
    #[expect(
        clippy::unused_self,
        reason = "API keys, which come later, are part of the state"
    )]
    pub(crate) fn tenant(&self) -> Tenant {
        Tenant::default()
    }
}
