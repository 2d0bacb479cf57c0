//! What a service gets from the frame.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    ServiceName,
    admin::Health,
    metrics::Metrics,
    settings::{Settings, watch::Watcher},
};

/// What a service gets from the frame; clones share everything.
#[derive(Clone, Debug)]
pub struct Context {
    /// Which service it is.
    pub service: ServiceName,
    /// The settings, checked.
    pub settings: Arc<Settings>,
    /// Waits for what [`ServiceName::needs`].
    pub health: Health,
    /// Cancelled when the process is asked to end.
    pub shutdown: CancellationToken,
    /// Background tasks; they are waited for at the end, for the drain of the settings.
    pub tasks: TaskTracker,
    /// Looks whether the settings have changed; see [`crate::settings::watch::start`].
    pub watcher: Watcher,
    /// The metrics of the process.
    pub metrics: Metrics,
}
