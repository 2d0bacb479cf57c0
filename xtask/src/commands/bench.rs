//! `cargo xtask bench`

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::bench::{self, Cost, History, Hostile, Judging, Plan, Reads, Watchers};

/// Measure, beside what it is compared with; docs/performance.md says what the figures mean.
///
/// A timing is noise: each is taken several times, in turns, on a machine that does nothing else.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Cost(Cost),
    Hostile(Hostile),
    Ingest(Plan),
    Judging(Judging),
    Reads(Reads),
    Stats(History),
    Watch(Watchers),
}

pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    match args.what {
        What::Cost(args) => Box::pin(bench::cost(&args)).await?,
        What::Hostile(args) => Box::pin(bench::hostile(&args)).await?,
        What::Ingest(plan) => bench::ingest(&plan).await?,
        What::Judging(args) => Box::pin(bench::judging(&args)).await?,
        What::Reads(args) => Box::pin(bench::reads(&args)).await?,
        What::Stats(history) => Box::pin(bench::stats(&history)).await?,
        What::Watch(watchers) => Box::pin(bench::watch(&watchers)).await?,
    }
    Ok(ExitCode::SUCCESS)
}
