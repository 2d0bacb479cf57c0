//! Benchmarks: what is measured, in turns, and what comes of it.

mod cost;
mod hostile;
mod ingest;
mod judging;
mod load;
mod memory;
mod peer;
mod rates;
mod reads;
mod report;
mod stacks;
mod stats;
mod waiting;
mod watch;

use std::path::PathBuf;

pub(crate) use cost::{Cost, cost};
pub(crate) use hostile::{Hostile, hostile};
pub(crate) use ingest::ingest;
pub(crate) use judging::{Judging, judging};
pub(crate) use reads::{Reads, reads};
pub(crate) use stats::{History, stats};
pub(crate) use watch::{Watchers, watch};

/// Measure ingest beside a FastAPI service and beside PostgreSQL alone.
///
/// Builds the release binaries, and installs the other service's packages into a virtual environment below `target`.
/// Everything runs on this machine, with servers of its own whose data is below `target/bench`. The figures go to
/// `target/bench/ingest.json` and, as a table, to standard output.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// How often each is measured, in turns.
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) rounds: usize,
    /// For how long each time, in seconds; latency three times as long.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) seconds: f64,
    /// For how long memory is watched under load, in minutes.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) memory_minutes: f64,
    /// How many evaluations wait when that is measured.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    pub(crate) waiting: u64,
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    pub(crate) only: Vec<Part>,
    /// A directory with built release binaries, instead of building them: to compare another build.
    #[arg(long, value_name = "DIR")]
    pub(crate) bin_dir: Option<PathBuf>,
}

/// A part of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Requests in a second, beside the other service and PostgreSQL alone.
    Rates,
    /// Latency at a rate below the highest.
    Latency,
    /// The canonical form and the id, on one core.
    Identity,
    /// From a post to the call of the provider.
    Pickup,
    /// Posts and pick-up while many wait.
    Waiting,
    /// Memory under load.
    Memory,
}

impl Plan {
    pub(crate) fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}
