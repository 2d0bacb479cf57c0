//! `cargo xtask bench ingest`: what is measured, in which order.

use std::time::Duration;

use anyhow::{Context as _, Result};
use local_stack::{Stack, ports};

use super::load::{self, Figures, Load, Posts, Speed};
use super::memory::{self, Memory};
use super::peer::Peer;
use super::report::{Goal, Report};
use super::{Part, Plan, stacks};
use crate::interrupt::Interrupt;
use crate::paint::say;
use crate::workspace;

const KB: usize = 1_000;
const MB: usize = 1_000_000;
/// As many as keep two cores busy; more only wait.
const LARGE_CONNECTIONS: usize = 32;
const SMALL_CONNECTIONS: usize = 256;
/// Of PostgreSQL alone, which has a process for each.
const DATABASE_CONNECTIONS: usize = 8;
/// Rows in a transaction of PostgreSQL alone, for small ones.
const SMALL_ROWS: usize = 100;
/// Evaluations for a pick-up figure.
const PICKUPS: u64 = 200;

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

struct Bench<'p> {
    plan: &'p Plan,
    load: Load,
    report: Report,
}

/// The runs of each contender, one a round.
#[derive(Default)]
struct Runs {
    ours: Vec<Figures>,
    peer: Vec<Figures>,
    postgres: Vec<Figures>,
    sink: Vec<Figures>,
}

impl Bench<'_> {
    async fn without_workers(&mut self, stack: &Stack) -> Result<()> {
        if self.plan.has(Part::Rates) {
            let peer = Peer::start(stack).await?;
            let large = self.rates(stack, &peer, "1 MB", MB, false).await?;
            self.ratios("1 MB", &large, 200.0, Some(4.0))?;
            let small = self.rates(stack, &peer, "2 KB", 2 * KB, false).await?;
            self.ratios("2 KB", &small, 8_000.0, Some(12.0))?;
            let same = self.rates(stack, &peer, "2 KB again", 2 * KB, true).await?;
            self.ratios("duplicates of one payload, 2 KB", &same, 10_000.0, None)?;
        }
        if self.plan.has(Part::Latency) {
            self.latency(stack, "1 MB at 100/s: p99", MB, 100.0, 250.0)
                .await?;
            let rows = &self.report.rows;
            let half = rows.iter().find(|row| row.what == "2 KB: autorater");
            let half = half.map_or(4_000.0, |row| row.median / 2.0).floor();
            let what = format!("2 KB at {half}/s, half load: p99");
            self.latency(stack, &what, 2 * KB, half, 20.0).await?;
        }
        if self.plan.has(Part::Memory) {
            self.memory(stack).await?;
        }
        Ok(())
    }

    /// Each contender in turn, so that what slows the machine down for a while slows down all of them.
    async fn rates(
        &self,
        stack: &Stack,
        peer: &Peer,
        name: &str,
        size: usize,
        same: bool,
    ) -> Result<Runs> {
        let connections = if size >= MB {
            LARGE_CONNECTIONS
        } else {
            SMALL_CONNECTIONS
        };
        let posts = Posts {
            size,
            same,
            connections,
            seconds: self.plan.seconds,
            rate: None,
        };
        let mut runs = Runs::default();
        for round in 1..=self.plan.rounds {
            say(format!("{name}, round {round} of {}", self.plan.rounds));
            let ours = self.load.post(stack.ingest_url(0), &posts).await?;
            told("autorater", &ours);
            runs.ours.push(ours);
            self.clear(stack.database_url(), &["evaluations"]).await?;
            let theirs = self.load.post(&peer.url, &posts).await?;
            told("FastAPI", &theirs);
            runs.peer.push(theirs);
            self.clear(&peer.database_url, &["evaluations"]).await?;
            if !same {
                let alone = self.postgres(stack, size).await?;
                told("PostgreSQL alone", &alone);
                runs.postgres.push(alone);
            }
            let sink = self.sink(&posts).await?;
            told("empty sink", &sink);
            runs.sink.push(sink);
        }
        Ok(runs)
    }

    fn ratios(&mut self, what: &str, runs: &Runs, goal: f64, ratio: Option<f64>) -> Result<()> {
        let rates = |runs: &[Figures]| runs.iter().map(|run| run.per_second).collect::<Vec<_>>();
        let (ours, peer) = (rates(&runs.ours), rates(&runs.peer));
        let times: Vec<f64> = ours
            .iter()
            .zip(&peer)
            .map(|(ours, peer)| ours / peer)
            .collect();
        let report = &mut self.report;
        let goal = Some(Goal::AtLeast(goal));
        report.add_runs(
            format!("{what}: autorater"),
            "/s",
            ours,
            goal,
            runs.ours.clone(),
        )?;
        report.add_runs(
            format!("{what}: FastAPI"),
            "/s",
            peer,
            None,
            runs.peer.clone(),
        )?;
        let ratio = ratio.map(Goal::AtLeast);
        report.add(format!("{what}: autorater over FastAPI"), "×", times, ratio)?;
        if !runs.postgres.is_empty() {
            let alone = rates(&runs.postgres);
            let name = format!("{what}: PostgreSQL alone, the same compressed bytes");
            report.add_runs(name, "/s", alone, None, runs.postgres.clone())?;
        }
        let sink = rates(&runs.sink);
        report.add_runs(
            format!("{what}: empty sink"),
            "/s",
            sink,
            None,
            runs.sink.clone(),
        )?;
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
            seconds: self.plan.seconds,
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

    async fn memory(&mut self, stack: &Stack) -> Result<()> {
        let minutes = self.plan.memory_minutes;
        say(format!(
            "memory, 64 posts of 1 MB in flight for {minutes} minutes"
        ));
        let ingest = stack.ingest().first().context("ingest-api does not run")?;
        let pid = ingest.process().pid();
        let posts = Posts {
            size: MB,
            same: false,
            connections: 64,
            seconds: minutes * 60.0,
            rate: None,
        };
        let mut looks = Vec::new();
        // Its tables would fill the disk.
        let clearing = async {
            loop {
                tokio::time::sleep(Duration::from_secs(20)).await;
                self.clear(stack.database_url(), &["evaluations"]).await?;
            }
        };
        let figures = tokio::select! {
            figures = self.load.post(stack.ingest_url(0), &posts) => figures?,
            failed = memory::watch(pid, &mut looks) => return failed,
            failed = clearing => return failed,
        };
        told("autorater", &figures);
        let memory = Memory::of(&looks)?;
        let goal = Some(Goal::Below(300.0));
        self.report.add(
            "memory, 64 × 1 MB in flight: highest",
            "MiB",
            vec![memory.highest],
            goal,
        )?;
        self.report.add(
            "memory: first third of the time",
            "MiB",
            vec![memory.first],
            None,
        )?;
        let flat = Some(Goal::Below(memory.first * 1.1 + 1.0));
        self.report
            .add("memory: last third", "MiB", vec![memory.last], flat)?;
        self.clear(stack.database_url(), &["evaluations"]).await
    }

    async fn with_worker(&mut self, stack: &Stack, port: u16) -> Result<()> {
        let (p50, p99) = self.pickup(stack, port, "idle").await?;
        self.report.add(
            "pick-up, idle: p50",
            "ms",
            p50.clone(),
            Some(Goal::Below(10.0)),
        )?;
        self.report
            .add("pick-up, idle: p99", "ms", p99, Some(Goal::Below(50.0)))?;
        if !self.plan.has(Part::Waiting) {
            return Ok(());
        }
        let waiting = self.plan.waiting;
        // Until tomorrow: the worker would judge them otherwise, and that would be what is measured.
        self.fill(stack, &["--put-aside"]).await?;
        let (p50_full, _) = self.pickup(stack, port, "many wait").await?;
        let shares = p50_full
            .iter()
            .zip(&p50)
            .map(|(full, empty)| full / empty)
            .collect();
        let within = Some(Goal::Below(1.1));
        self.report.add(
            format!("pick-up with {waiting} waiting, of that with none: p50"),
            "×",
            shares,
            within,
        )?;
        for worker in stack.workers() {
            worker.kill().await?;
        }
        self.clear(stack.database_url(), &["evaluations"]).await?;
        let empty = self.waiting_posts(stack).await?;
        let before = redis_memory(stack).await?;
        self.fill(stack, &[]).await?;
        let full = self.waiting_posts(stack).await?;
        let after = redis_memory(stack).await?;
        let shares: Vec<f64> = full
            .iter()
            .zip(&empty)
            .map(|(full, empty)| full / empty)
            .collect();
        let within = Some(Goal::AtLeast(0.9));
        self.report.add(
            format!("posts of 2 KB with {waiting} waiting, of those with none"),
            "×",
            shares,
            within,
        )?;
        self.report
            .add("memory of Redis before", "MiB", vec![before], None)?;
        let unchanged = Some(Goal::Below(before * 1.1));
        self.report
            .add("memory of Redis after", "MiB", vec![after], unchanged)?;
        Ok(())
    }

    async fn fill(&self, stack: &Stack, more: &[&str]) -> Result<()> {
        let waiting = self.plan.waiting;
        say(format!("{waiting} evaluations are made to wait"));
        let mut fill = self.load.command("fill");
        fill.args([
            "--url",
            stack.database_url(),
            "--rows",
            &waiting.to_string(),
        ])
        .args(more);
        crate::child::succeed(&mut fill).await
    }

    /// Medians and p99 of each round, in milliseconds.
    async fn pickup(&self, stack: &Stack, port: u16, when: &str) -> Result<(Vec<f64>, Vec<f64>)> {
        let provider = stack.mock_url().trim_start_matches("http://").to_owned();
        let (mut medians, mut p99s) = (Vec::new(), Vec::new());
        for round in 1..=self.plan.rounds {
            say(format!(
                "pick-up, {when}, round {round} of {}",
                self.plan.rounds
            ));
            let mut command = self.load.of_payloads("pickup", 2 * KB);
            command
                .args(["--url", &format!("{}/v1/evaluations", stack.ingest_url(0))])
                .args(["--count", &PICKUPS.to_string()])
                .args(["--port", &port.to_string(), "--provider", &provider]);
            let figures: Figures = load::figures(&mut command).await?;
            told("autorater", &figures);
            let latency = figures.latency_ms.context("nothing was picked up")?;
            medians.push(latency.p50);
            p99s.push(latency.p99);
        }
        Ok((medians, p99s))
    }

    /// Posts in a second that nobody takes.
    async fn waiting_posts(&self, stack: &Stack) -> Result<Vec<f64>> {
        let posts = Posts {
            size: 2 * KB,
            same: false,
            connections: SMALL_CONNECTIONS,
            seconds: self.plan.seconds,
            rate: None,
        };
        let mut rates = Vec::new();
        for _ in 0..self.plan.rounds {
            let figures = self.load.post(stack.ingest_url(0), &posts).await?;
            told("autorater", &figures);
            rates.push(figures.per_second);
        }
        Ok(rates)
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

    async fn postgres(&self, stack: &Stack, size: usize) -> Result<Figures> {
        let mut command = self.load.of_payloads("postgres", size);
        let rows = if size >= MB { 1 } else { SMALL_ROWS };
        command
            .args(["--url", stack.database_url()])
            .args(["--connections", &DATABASE_CONNECTIONS.to_string()])
            .args(["--rows", &rows.to_string()])
            .args(["--seconds", &self.plan.seconds.to_string()]);
        load::figures(&mut command).await
    }

    /// The same load on a server that does nothing with it.
    async fn sink(&self, posts: &Posts) -> Result<Figures> {
        let port = ports::free();
        let mut command = self.load.command("sink");
        command.args(["--port", &port.to_string(), "--seconds", "3600"]);
        let _server = command.spawn().context("starting the sink")?;
        let url = format!("http://127.0.0.1:{port}");
        let address = format!("127.0.0.1:{port}");
        local_stack::eventually(Duration::from_secs(10), async || {
            tokio::net::TcpStream::connect(&address).await
        })
        .await?;
        self.load.post(&url, posts).await
    }

    async fn clear(&self, database_url: &str, tables: &[&str]) -> Result<()> {
        let mut command = self.load.command("clear");
        command.args(["--url", database_url]).args(tables);
        crate::child::succeed(&mut command).await
    }
}

fn told(who: &str, figures: &Figures) {
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
                ", cores {:.0} % busy, {:.0} % waiting for the disk",
                machine.busy * 100.0,
                machine.disk_wait * 100.0
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

/// In MiB.
async fn redis_memory(stack: &Stack) -> Result<f64> {
    let info = stack.redis().cli(&["INFO", "memory"]).await?;
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    let bytes: f64 = line.context("no used_memory")?.trim().parse()?;
    Ok(bytes / 1024.0 / 1024.0)
}
