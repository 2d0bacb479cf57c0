//! What handlers share.

use std::sync::Arc;

use service::backends::Backends;
use service::run::Context;
use service::settings::Settings;
use tokio::sync::Semaphore;

use crate::rubrics::Rubrics;
use crate::store::Store;
use crate::stream_publisher::StreamPublisher;
use crate::writer::Writer;

/// What handlers share; clones are cheap.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Store,
    pub(crate) writer: Writer,
    /// For payloads that take long to read.
    pub(crate) readers: Arc<Semaphore>,
    /// One permit for each KiB of request bodies that may be held at once.
    pub(crate) body_memory: Arc<Semaphore>,
}

impl State {
    pub(crate) fn new(context: &Context, backends: Backends) -> Self {
        let settings = Arc::clone(&context.settings);
        let kibibytes = usize::try_from(settings.http.max_in_flight_bytes / 1024)
            .unwrap_or(Semaphore::MAX_PERMITS);
        let store = Store {
            settings: Arc::clone(&settings),
            doorbell: StreamPublisher::start(context, &backends),
            rubrics: Rubrics::new(backends.database.clone()),
            database: backends.database,
        };
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            writer: Writer::start(context, &store),
            store,
            readers: Arc::new(Semaphore::new(cores)),
            body_memory: Arc::new(Semaphore::new(kibibytes.min(Semaphore::MAX_PERMITS))),
            settings,
        }
    }
}
