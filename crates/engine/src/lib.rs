//! The engine: judges one claimed evaluation, from its claim to its end.
//!
//! Load what is committed, ask `judging` what comes next, make the calls, commit each reply, ask again. Which evaluations
//! run, and when, is none of its business: the loops of scorer-worker claim them, and reserve the memory that they take.

mod abort;
mod admission;
mod call_batch;
mod call_gate;
mod calls;
mod circuits;
mod commit;
mod drain;
mod end;
mod evaluation;
mod evaluation_run;
mod line;
pub mod memory;
mod payload;
mod plan;
pub mod progress;
mod quotes;
mod request_span;
mod results;
mod route_cache;
mod rubric_cache;
mod slot;
mod spending;
mod unavailable;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use providers::{Providers, retry};
use queue::limiter::Limiter;
use storage::Database;
use tokio_util::task::TaskTracker;

pub use drain::Drain;
pub use line::Lines;
pub use plan::STEPS_TIMEOUT;
pub use rubric_cache::RubricCache;
pub use slot::SlotHold;

use crate::progress::ProgressWriter;

/// What judging needs; clones share it.
#[derive(Clone)]
pub struct Engine {
    /// Where the record is.
    pub database: Database,
    /// Where models are asked.
    pub providers: Providers,
    /// How often, and when.
    pub retries: retry::Policy,
    /// The limits and the breakers of providers, over all workers together.
    pub limiter: Arc<Limiter>,
    /// Rubric versions that were read lately.
    pub rubrics: RubricCache,
    /// Where calls of this worker wait for room within those limits.
    pub lines: Arc<Lines>,
    /// Progress for those who watch.
    pub progress: ProgressWriter,
    /// What is still to be done when an evaluation has ended.
    pub tasks: TaskTracker,
    /// When work is given back because the process was asked to stop.
    pub drain: Drain,
    /// Whether others count the owner of the claims as alive.
    pub liveness: Arc<dyn Liveness>,
    /// What the settings say.
    pub options: Options,
}

/// What the settings say of judging.
#[derive(Debug, Clone)]
pub struct Options {
    /// The judge model where neither the request nor its rubric names one.
    pub scoring_model: String,
    /// Handled failures in a row before an evaluation is given up.
    pub max_attempts: u32,
    /// How long an owner may be silent; also how long the end of an evaluation is tried to be written.
    pub lease: Duration,
}

/// Whether the owner of the claims is heard of.
pub trait Liveness: Send + Sync {
    /// Waits until others count the owner as alive; false when the process is asked to stop before. While they do not,
    /// what is begun could be another's already, and be paid for twice.
    fn is_alive(&self) -> BoxFuture<'_, bool>;
}
