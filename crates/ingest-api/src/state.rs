//! What handlers share.

use std::sync::Arc;

use service::auth::Authenticator;
use service::backends::Backends;
use service::settings::Settings;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::store::Store;
use crate::stream_publisher::StreamPublisher;
use crate::writer::Writer;

/// What handlers share; clones are cheap.
#[derive(Clone)]
pub struct State {
    pub(crate) settings: Arc<Settings>,
    pub(crate) authenticator: Authenticator,
    pub(crate) store: Store,
    pub(crate) writer: Writer,
    /// For payloads that take long to read.
    pub(crate) readers: Arc<Semaphore>,
    /// One permit for each KiB of request bodies that may be held at once.
    pub(crate) body_memory: Arc<Semaphore>,
}

impl State {
    /// Starts the tasks that write; they end when the last clone of this is gone.
    #[must_use]
    pub fn new(settings: &Arc<Settings>, tasks: &TaskTracker, backends: Backends) -> Self {
        let kibibytes = usize::try_from(settings.http.max_in_flight_bytes / 1024)
            .unwrap_or(Semaphore::MAX_PERMITS);
        let authenticator = Authenticator::new(&settings.auth, backends.database.clone());
        let store = Store {
            settings: Arc::clone(settings),
            publisher: StreamPublisher::start(tasks, &backends, settings.worker.stream_window),
            database: backends.database,
        };
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            writer: Writer::start(tasks, &store),
            store,
            readers: Arc::new(Semaphore::new(cores)),
            body_memory: Arc::new(Semaphore::new(kibibytes.min(Semaphore::MAX_PERMITS))),
            settings: Arc::clone(settings),
            authenticator,
        }
    }
}
