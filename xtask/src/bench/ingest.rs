//! `cargo xtask bench ingest`: what is measured, in which order.

use anyhow::{Context as _, Result};
use local_stack::{Stack, ports};

use super::load::{self, Figures, Load, Posts, Speed};
use super::peer::Peer;
use super::report::{Goal, Report};
use super::{Part, Plan, stacks};
use crate::interrupt::Interrupt;
use crate::paint::say;
use crate::workspace;

pub(super) const KB: usize = 1_000;
pub(super) const MB: usize = 1_000_000;
/// Enough for the transactions that small ones share.
pub(super) const SMALL_CONNECTIONS: usize = 256;
/// So much longer is latency taken than rates: within 6 s, one pause of 60 ms is the p99 by itself.
const LATENCY_TIMES: f64 = 3.0;
/// Of 2 KB in a second, wanted.
const SMALL_GOAL: f64 = 8_000.0;

/// Measures, and writes down what came of it after each part.
pub(crate) async fn ingest(plan: &Plan) -> Result<()> {
    let mut interrupt = Interrupt::catch()?;
    tokio::select! {
        done = Box::pin(measure(plan)) => done,
        // What was started is stopped by being dropped.
        () = interrupt.wait() => anyhow::bail!("interrupted"),
    }
}

async fn measure(plan: &Plan) -> Result<()> {
    let load = Load::build().await?;
    let bin_dir = match &plan.bin_dir {
        Some(dir) => dir.clone(),
        None => workspace::binaries(true).await?,
    };
    let mut bench = Bench {
        plan,
        load,
        report: Report::default(),
    };
    let cores = std::thread::available_parallelism()?;
    bench
        .report
        .machine
        .push(format!("{cores} cores, load generator included"));
    if plan.has(Part::Identity) {
        bench.identity().await?;
    }
    if plan.has(Part::Rates) || plan.has(Part::Latency) || plan.has(Part::Memory) {
        let stack = stacks::without_workers(&bin_dir)?.start().await?;
        bench.without_workers(&stack).await?;
        stack.stop().await?;
    }
    if plan.has(Part::Pickup) || plan.has(Part::Waiting) {
        let port = ports::free();
        let stack = stacks::with_worker(&bin_dir, port)?.start().await?;
        bench.with_worker(&stack, port).await?;
        stack.stop().await?;
    }
    say(format!("\n{}", bench.report.table()));
    let path = workspace::target()?.join("bench/ingest.json");
    bench.report.write(&path)?;
    say(format!("in full: {}", path.display()));
    Ok(())
}

/// A run of it.
pub(super) struct Bench<'p> {
    pub(super) plan: &'p Plan,
    pub(super) load: Load,
    pub(super) report: Report,
}

impl Bench<'_> {
    async fn without_workers(&mut self, stack: &Stack) -> Result<()> {
        if self.plan.has(Part::Rates) {
            let peer = Peer::start(stack).await?;
            let large = self.rates(stack, &peer, "1 MB", MB, false).await?;
            self.ratios("1 MB", &large, 200.0, Some(4.0))?;
            let small = self.rates(stack, &peer, "2 KB", 2 * KB, false).await?;
            self.ratios("2 KB", &small, SMALL_GOAL, Some(12.0))?;
            let same = self.rates(stack, &peer, "2 KB again", 2 * KB, true).await?;
            self.ratios("duplicates of one payload, 2 KB", &same, 10_000.0, None)?;
        }
        if self.plan.has(Part::Latency) {
            self.latency(stack, "1 MB at 100/s: p99", MB, 100.0, 250.0)
                .await?;
            let half = SMALL_GOAL / 2.0;
            let what = format!("2 KB at {half}/s, half of the goal: p99");
            self.latency(stack, &what, 2 * KB, half, 20.0).await?;
            let rows = &self.report.rows;
            let measured = rows.iter().find(|row| row.what == "2 KB: autorater");
            if let Some(half) = measured.map(|row| (row.median / 2.0).floor()) {
                let what = format!("2 KB at {half}/s, half of what it took: p99");
                self.latency(stack, &what, 2 * KB, half, 20.0).await?;
            }
        }
        if self.plan.has(Part::Memory) {
            self.memory(stack).await?;
        }
        Ok(())
    }

    async fn latency(
        &mut self,
        stack: &Stack,
        what: &str,
        size: usize,
        rate: f64,
        goal: f64,
    ) -> Result<()> {
        let posts = Posts {
            size,
            same: false,
            // A slow answer must not keep the next post from being sent when it is due.
            connections: SMALL_CONNECTIONS,
            seconds: self.plan.seconds * LATENCY_TIMES,
            rate: Some(rate),
        };
        let (mut values, mut runs) = (Vec::new(), Vec::new());
        for round in 1..=self.plan.rounds {
            say(format!("{what}, round {round} of {}", self.plan.rounds));
            let figures = self.load.post(stack.ingest_url(0), &posts).await?;
            told("autorater", &figures);
            values.push(p99(&figures)?);
            runs.push(figures);
            self.clear(stack.database_url(), &["evaluations"]).await?;
        }
        self.report
            .add_runs(what, "ms", values, Some(Goal::Below(goal)), runs)?;
        Ok(())
    }

    async fn identity(&mut self) -> Result<()> {
        let (mut values, mut parses) = (Vec::new(), Vec::new());
        for _ in 0..self.plan.rounds {
            let mut command = self.load.of_payloads("identity", MB);
            command.args(["--seconds", &self.plan.seconds.to_string()]);
            let speed: Speed = load::figures(&mut command).await?;
            say(format!(
                "  canonical form and id: {:.0} MB/s (parser alone {:.0}, zstd {:.0})",
                speed.megabytes_per_second, speed.parse, speed.compress
            ));
            values.push(speed.megabytes_per_second);
            parses.push(speed.parse);
        }
        let goal = Some(Goal::AtLeast(300.0));
        self.report
            .add("canonical form and id, one core", "MB/s", values, goal)?;
        self.report.add("the parser alone", "MB/s", parses, None)?;
        Ok(())
    }

    /// Empties tables of a database.
    pub(super) async fn clear(&self, database_url: &str, tables: &[&str]) -> Result<()> {
        let mut command = self.load.command("clear");
        command.args(["--url", database_url]).args(tables);
        crate::child::succeed(&mut command).await
    }
}

/// Says what a run found.
pub(super) fn told(who: &str, figures: &Figures) {
    let latency = figures
        .latency_ms
        .as_ref()
        .map_or_else(String::new, |latency| {
            format!(", p50 {:.1} ms, p99 {:.1} ms", latency.p50, latency.p99)
        });
    let machine = figures
        .machine
        .as_ref()
        .map_or_else(String::new, |machine| {
            format!(
                ", cores {:.0} % busy, {:.0} % waiting for the disk, {:.1} % taken by the host",
                machine.busy * 100.0,
                machine.disk_wait * 100.0,
                machine.stolen * 100.0
            )
        });
    say(format!(
        "  {who}: {:.0}/s{latency}{machine}",
        figures.per_second
    ));
}

fn p99(figures: &Figures) -> Result<f64> {
    let latency = figures.latency_ms.as_ref();
    Ok(latency.context("nothing was answered")?.p99)
}
