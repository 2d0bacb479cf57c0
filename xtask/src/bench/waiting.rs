//! With a worker: how soon a post reaches the provider, idle and while many wait.

use anyhow::{Context as _, Result};
use local_stack::Stack;

use super::Part;
use super::ingest::{Bench, KB, SMALL_CONNECTIONS, told};
use super::load::{self, Figures, Latency, Posts};
use super::report::Goal;
use crate::paint::say;

/// Evaluations for a pick-up figure.
const PICKUPS: u64 = 200;

impl Bench<'_> {
    /// Rounds with none waiting and with many take turns: between the first and the last the machine may change more
    /// than what is measured.
    pub(super) async fn with_worker(&mut self, stack: &Stack, port: u16) -> Result<()> {
        let fills = self.plan.has(Part::Waiting);
        let (mut p50s, mut p99s, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        for round in 1..=self.plan.rounds {
            let rounds = self.plan.rounds;
            say(format!("pick-up, idle, round {round} of {rounds}"));
            let empty = self.pickup(stack, port).await?;
            p50s.push(empty.p50);
            p99s.push(empty.p99);
            if fills {
                // Until tomorrow: the worker would judge them otherwise, and that would be what is measured.
                self.fill(stack, &["--put-aside"]).await?;
                let full = self.pickup(stack, port).await?;
                shares.push(full.p50 / empty.p50);
                self.clear(stack.database_url(), &["evaluations"]).await?;
            }
        }
        self.report
            .add("pick-up, idle: p50", "ms", p50s, Some(Goal::Below(10.0)))?;
        self.report
            .add("pick-up, idle: p99", "ms", p99s, Some(Goal::Below(50.0)))?;
        if fills {
            let waiting = self.plan.waiting;
            self.report.add(
                format!("pick-up with {waiting} waiting, of that with none: p50"),
                "×",
                shares,
                Some(Goal::Below(1.1)),
            )?;
            self.posts_while_many_wait(stack).await?;
        }
        Ok(())
    }

    async fn posts_while_many_wait(&mut self, stack: &Stack) -> Result<()> {
        for worker in stack.workers() {
            worker.kill().await?;
        }
        let (mut shares, mut before, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for round in 1..=self.plan.rounds {
            say(format!(
                "posts of 2 KB that nobody takes, round {round} of {}",
                self.plan.rounds
            ));
            let empty = self.waiting_posts(stack).await?;
            before.push(redis_memory(stack).await?);
            self.fill(stack, &[]).await?;
            let full = self.waiting_posts(stack).await?;
            after.push(redis_memory(stack).await?);
            shares.push(full / empty);
            self.clear(stack.database_url(), &["evaluations"]).await?;
        }
        let waiting = self.plan.waiting;
        let more: Vec<f64> = after.iter().zip(&before).map(|(a, b)| a / b).collect();
        self.report.add(
            format!("posts of 2 KB with {waiting} waiting, of those with none"),
            "×",
            shares,
            Some(Goal::AtLeast(0.9)),
        )?;
        self.report.add("memory of Redis", "MiB", before, None)?;
        self.report.add(
            format!("memory of Redis with {waiting} waiting, of that with none"),
            "×",
            more,
            Some(Goal::Below(1.1)),
        )?;
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

    /// From a post to the provider's hearing of it.
    async fn pickup(&self, stack: &Stack, port: u16) -> Result<Latency> {
        let provider = stack.mock_url().trim_start_matches("http://");
        let mut command = self.load.of_payloads("pickup", 2 * KB);
        command
            .args(["--url", &format!("{}/v1/evaluations", stack.ingest_url(0))])
            .args(["--count", &PICKUPS.to_string()])
            .args(["--port", &port.to_string(), "--provider", provider]);
        let figures: Figures = load::figures(&mut command).await?;
        told("autorater", &figures);
        figures.latency_ms.context("nothing was picked up")
    }

    /// Posts in a second that nobody takes.
    async fn waiting_posts(&self, stack: &Stack) -> Result<f64> {
        let posts = Posts {
            size: 2 * KB,
            same: false,
            connections: SMALL_CONNECTIONS,
            seconds: self.plan.seconds,
            rate: None,
        };
        let figures = self.load.post(stack.ingest_url(0), &posts).await?;
        told("autorater", &figures);
        Ok(figures.per_second)
    }
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
