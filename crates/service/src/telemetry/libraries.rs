//! Libraries that may not log all that the filter asks for.

use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, layer::Context};

/// Up to which level a library logs, whatever the filter says. `async_openai` logs whole bodies, and `tokio_postgres` the
/// parameters of statements and the server's notices; `actix_web` logs paths, and `actix_server` writes
/// addresses and numbers into its messages.
const LIMITS: [(&str, LevelFilter); 4] = [
    ("async_openai", LevelFilter::OFF),
    ("tokio_postgres", LevelFilter::OFF),
    ("actix_server", LevelFilter::WARN),
    ("actix_web", LevelFilter::INFO),
];

/// Silences libraries that log what they carry.
pub(super) struct QuietLibraries;

impl<S: Subscriber> Layer<S> for QuietLibraries {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        LIMITS.iter().all(|(library, most)| {
            !metadata.target().starts_with(library) || *metadata.level() <= *most
        })
    }
}
