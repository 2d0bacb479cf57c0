//! How many in a second, beside the other contenders.

use std::time::Duration;

use anyhow::{Context as _, Result};
use local_stack::{Stack, ports};

use super::ingest::{Bench, MB, SMALL_CONNECTIONS, told};
use super::load::{self, Figures, Posts};
use super::peer::Peer;
use super::report::Goal;
use crate::paint::say;

/// As many as keep two cores busy; more only wait.
const LARGE_CONNECTIONS: usize = 32;
/// Of PostgreSQL alone, which has a process for each.
const DATABASE_CONNECTIONS: usize = 8;
/// Rows in a transaction of PostgreSQL alone, for small ones.
const SMALL_ROWS: usize = 100;

/// The runs of each contender, one a round.
#[derive(Default)]
pub(super) struct Runs {
    ours: Vec<Figures>,
    peer: Vec<Figures>,
    postgres: Vec<Figures>,
    sink: Vec<Figures>,
}

impl Bench<'_> {
    /// Each contender in turn, so that what slows the machine down for a while slows down all of them.
    pub(super) async fn rates(
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

    /// Adds what came of it to the report.
    pub(super) fn ratios(
        &mut self,
        what: &str,
        runs: &Runs,
        goal: f64,
        ratio: Option<f64>,
    ) -> Result<()> {
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
}
