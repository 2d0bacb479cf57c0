//! `cargo xtask bench judged`: direct evaluations from post to assessment, beside another build.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::{ApiClient, eventually};
use serde_json::{Value, json};

use super::report::median;
use super::stacks;
use crate::paint::say;
use crate::workspace;

/// All of a run.
const BOUND: Duration = Duration::from_secs(300);

/// Judge direct evaluations with a provider that answers at once: how many in a second, all processes on this machine.
#[derive(Debug, clap::Args)]
pub(crate) struct Judged {
    /// How many evaluations each time.
    #[arg(long, default_value_t = 3_000, value_name = "N")]
    count: usize,
    /// How often, in turns.
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,
    /// A directory with built release binaries, instead of building them.
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<PathBuf>,
    /// A directory with the release binaries of another build.
    #[arg(long, value_name = "DIR")]
    beside: Option<PathBuf>,
}

/// Measures.
pub(crate) async fn judged(args: &Judged) -> Result<()> {
    let ours = match &args.bin_dir {
        Some(dir) => dir.clone(),
        None => workspace::binaries(true).await?,
    };
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        own.push(run(&ours, args.count).await?);
        if let Some(beside) = &args.beside {
            other.push(run(beside, args.count).await?);
        }
    }
    let of = |rates: &[f64]| median(rates).context("no round");
    say(format!(
        "judged in a second: {:.0}, of {own:.0?}",
        of(&own)?
    ));
    if !other.is_empty() {
        let ratio = of(&own)? / of(&other)?;
        say(format!(
            "beside: {:.0}, of {other:.0?}; ratio {ratio:.3}",
            of(&other)?
        ));
    }
    Ok(())
}

async fn run(bin_dir: &Path, count: usize) -> Result<f64> {
    let stack = stacks::fresh(bin_dir)?.start().await?;
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let lines: String = (0..count)
        .map(|number| format!("{}\n", json!({"output": format!("Judged, {number}.")})))
        .collect();
    let begun = Instant::now();
    let answers = api.submit_batch(lines).await?;
    ensure!(answers.lines().count() == count, "not all were taken");
    all_have_ended(&api).await?;
    let took = begun.elapsed();
    stack.stop().await?;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    Ok(count as f64 / took.as_secs_f64())
}

/// Waits until nothing waits and nothing runs: a list of what waits gets empty last.
pub(super) async fn all_have_ended(api: &ApiClient) -> Result<()> {
    eventually(BOUND, async || {
        for status in ["pending", "running"] {
            let page: Value = api
                .get(&format!("/v1/evaluations?status={status}&limit=1"))
                .await?;
            let left = page["items"].as_array().context("no items")?;
            ensure!(left.is_empty(), "some are {status}");
        }
        anyhow::Ok(())
    })
    .await
}
