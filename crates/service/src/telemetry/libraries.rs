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

/// Whose spans are none of ours: those of the exporter itself would be exported, and make others.
const WITHOUT_SPANS: [&str; 5] = ["h2", "hyper", "tonic", "tower", "reqwest"];

/// Silences libraries that log what they carry, and spans of those that carry requests.
pub(super) struct QuietLibraries;

impl<S: Subscriber> Layer<S> for QuietLibraries {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let is_of = |library: &str| metadata.target().starts_with(library);
        let is_foreign = metadata.is_span() && WITHOUT_SPANS.into_iter().any(is_of);
        !is_foreign
            && LIMITS
                .iter()
                .all(|(library, most)| !is_of(library) || *metadata.level() <= *most)
    }
}
