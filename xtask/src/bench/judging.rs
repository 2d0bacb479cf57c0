//! `cargo xtask bench judging`: how fast one worker judges, and what that takes.

mod run;
mod work;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::{ApiClient, eventually};
use serde_json::Value;

use self::run::Measured;
use self::work::{Part, Work};
use super::report::{Goal, Report, median};
use crate::interrupt::Interrupt;
use crate::paint::say;
use crate::workspace;

/// All of a run.
const BOUND: Duration = Duration::from_secs(300);

/// Measure how fast one worker judges, all processes on this machine.
///
/// Builds the release binaries. Servers have data of their own below `target/bench`. The figures go to `target/bench/judging.json` and,
/// as a table, to standard output.
#[derive(Debug, clap::Args)]
pub(crate) struct Judging {
    /// How many evaluations each time, where the provider answers at once.
    #[arg(long, default_value_t = 3_000, value_name = "N")]
    count: usize,
    /// How many wait for a provider that takes a minute.
    #[arg(long, default_value_t = 5_000, value_name = "N")]
    waiting: usize,
    /// How often, in turns.
    #[arg(long, default_value_t = 3, value_name = "N")]
    rounds: usize,
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    only: Vec<Part>,
    /// A directory with built binaries, instead of building them.
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<PathBuf>,
    /// A directory with the binaries of another build, measured in turns.
    #[arg(long, value_name = "DIR")]
    beside: Option<PathBuf>,
    /// The same binaries beside themselves: with traces and results sent there (OTLP over gRPC), and without.
    #[arg(long, value_name = "URL", conflicts_with = "beside")]
    traced_to: Option<String>,
}

/// What is measured in turns.
struct Contender<'a> {
    name: &'static str,
    bin_dir: &'a Path,
    otlp: Option<&'a str>,
}

/// Measures, and writes down what came of it.
pub(crate) async fn judging(args: &Judging) -> Result<()> {
    let mut interrupt = Interrupt::catch()?;
    tokio::select! {
        done = Box::pin(measure(args)) => done,
        // What was started is stopped by being dropped.
        () = interrupt.wait() => anyhow::bail!("interrupted"),
    }
}

async fn measure(args: &Judging) -> Result<()> {
    let ours = match &args.bin_dir {
        Some(dir) => dir.clone(),
        None => workspace::binaries(true).await?,
    };
    let mut contenders = vec![Contender {
        name: "autorater",
        bin_dir: &ours,
        otlp: args.traced_to.as_deref(),
    }];
    if args.traced_to.is_some() || args.beside.is_some() {
        contenders.push(Contender {
            name: "beside",
            bin_dir: args.beside.as_deref().unwrap_or(&ours),
            otlp: None,
        });
    }
    let mut report = Report::default();
    let cores = std::thread::available_parallelism()?;
    let machine = format!("{cores} cores, everything included");
    report.machine.push(machine);
    for part in Part::all(&args.only) {
        let work = part.work(args.count, args.waiting);
        let mut found: Vec<Vec<Measured>> = contenders.iter().map(|_| Vec::new()).collect();
        for round in 1..=args.rounds {
            say(format!("{}, round {round} of {}", work.name, args.rounds));
            for (contender, found) in contenders.iter().zip(&mut found) {
                let measured = run::run(contender.bin_dir, contender.otlp, &work).await?;
                say(format!("  {}: {measured}", contender.name));
                found.push(measured);
            }
        }
        add(&mut report, &work, &contenders, &found)?;
    }
    say(format!("\n{}", report.table()));
    let path = workspace::target()?.join("bench/judging.json");
    report.write(&path)?;
    say(format!("in full: {}", path.display()));
    Ok(())
}

/// A row for each figure of each contender, and for how the first compares with the other.
fn add(
    report: &mut Report,
    work: &Work,
    contenders: &[Contender<'_>],
    found: &[Vec<Measured>],
) -> Result<()> {
    type Figure = (&'static str, &'static str, fn(&Measured) -> Option<f64>);
    let figures: [(Figure, Option<Goal>); 11] = [
        (("calls", "/s", |run| run.per_second), work.goals.rate),
        (
            ("CPU of the worker each", "ms", |run| run.cpu_ms),
            work.goals.cpu,
        ),
        (("transactions each", "", |run| run.transactions), None),
        (
            ("ready to sent, p99 at most", "ms", |run| run.send_p99),
            work.goals.overhead,
        ),
        (
            ("of that admitted, p99 at most", "ms", |run| run.admit_p99),
            work.goals.overhead,
        ),
        (
            ("of that from the budget, p99 at most", "ms", |run| {
                run.budget_p99
            }),
            work.goals.overhead,
        ),
        (
            ("received to committed, p99 at most", "ms", |run| {
                run.commit_p99
            }),
            work.goals.overhead,
        ),
        (
            ("highest memory of the worker", "MiB", |run| run.memory),
            work.goals.memory,
        ),
        (
            ("memory each while waiting", "KB", |run| run.waiting_kb),
            work.goals.waiting,
        ),
        (
            ("until all wait", "s", |run| run.until_waiting),
            work.goals.until_waiting,
        ),
        (
            ("status reads, p99", "ms", |run| run.read_p99),
            work.goals.reads,
        ),
    ];
    for ((what, unit, of), goal) in figures {
        let mut medians = Vec::new();
        for (contender, runs) in contenders.iter().zip(found) {
            let values: Vec<f64> = runs.iter().filter_map(of).collect();
            if values.is_empty() {
                continue;
            }
            medians.push(median(&values).context("no round")?);
            let who = if contenders.len() == 1 {
                String::new()
            } else {
                format!(": {}", contender.name)
            };
            let goal = goal.filter(|_| contender.name == "autorater");
            report.add(format!("{}: {what}{who}", work.name), unit, values, goal)?;
        }
        if let [own, other] = medians.as_slice() {
            let name = format!("{}: {what}, of that beside", work.name);
            report.add(name, "×", vec![own / other], None)?;
        }
    }
    Ok(())
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
