//! `cargo xtask bench judged`: direct evaluations taken, and from post to assessment, beside another build or beside the same with
//! traces.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::{ApiClient, StackBuilder, eventually};
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
    /// The same binaries beside themselves: with traces and results sent there (OTLP over gRPC), and without.
    #[arg(long, value_name = "URL", conflicts_with = "beside")]
    traced_to: Option<String>,
}

/// How many in a second.
#[derive(Debug, Default)]
struct Rates {
    /// Were taken, with nobody who judges.
    taken: Vec<f64>,
    /// Were judged.
    judged: Vec<f64>,
}

impl Rates {
    async fn measure(&mut self, bin_dir: &Path, count: usize, otlp: Option<&str>) -> Result<()> {
        self.taken.push(taken(bin_dir, count, otlp).await?);
        self.judged.push(run(bin_dir, count, otlp).await?);
        Ok(())
    }
}

/// Measures.
pub(crate) async fn judged(args: &Judged) -> Result<()> {
    let ours = match &args.bin_dir {
        Some(dir) => dir.clone(),
        None => workspace::binaries(true).await?,
    };
    let (mut own, mut other) = (Rates::default(), Rates::default());
    for _ in 0..args.rounds {
        own.measure(&ours, args.count, args.traced_to.as_deref())
            .await?;
        if let Some(beside) = &args.beside {
            other.measure(beside, args.count, None).await?;
        } else if args.traced_to.is_some() {
            other.measure(&ours, args.count, None).await?;
        }
    }
    compare("taken", &own.taken, &other.taken)?;
    compare("judged", &own.judged, &other.judged)
}

fn compare(what: &str, own: &[f64], other: &[f64]) -> Result<()> {
    let of = |rates: &[f64]| median(rates).context("no round");
    say(format!("{what} in a second: {:.0}, of {own:.0?}", of(own)?));
    if !other.is_empty() {
        let ratio = of(own)? / of(other)?;
        say(format!(
            "beside: {:.0}, of {other:.0?}; ratio {ratio:.3}",
            of(other)?
        ));
    }
    Ok(())
}

/// A batch, with nobody who judges.
async fn taken(bin_dir: &Path, count: usize, otlp: Option<&str>) -> Result<f64> {
    let stack = with_traces(stacks::without_workers(bin_dir)?, otlp)
        .start()
        .await?;
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let lines = lines(count);
    let begun = Instant::now();
    let answers = api.submit_batch(lines).await?;
    ensure!(answers.lines().count() == count, "not all were taken");
    let rate = rate(count, begun);
    stack.stop().await?;
    Ok(rate)
}

/// From a batch to the last assessment.
async fn run(bin_dir: &Path, count: usize, otlp: Option<&str>) -> Result<f64> {
    let stack = with_traces(stacks::fresh(bin_dir)?, otlp).start().await?;
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let lines = lines(count);
    let begun = Instant::now();
    let answers = api.submit_batch(lines).await?;
    ensure!(answers.lines().count() == count, "not all were taken");
    all_have_ended(&api).await?;
    let rate = rate(count, begun);
    stack.stop().await?;
    Ok(rate)
}

fn with_traces(stack: StackBuilder, otlp: Option<&str>) -> StackBuilder {
    match otlp {
        Some(url) => stack.env("OTEL_EXPORTER_OTLP_ENDPOINT", url),
        None => stack,
    }
}

fn lines(count: usize) -> String {
    (0..count)
        .map(|number| format!("{}\n", json!({"output": format!("Judged, {number}.")})))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn rate(count: usize, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
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
