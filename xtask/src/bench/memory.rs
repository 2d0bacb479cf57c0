//! Memory of `ingest-api` over time, from `/proc/PID/status` (proc(5)).

use std::time::Duration;

use anyhow::{Context as _, Result};
use local_stack::Stack;
use serde::Serialize;

use super::ingest::{Bench, MB, told};
use super::load::Posts;
use super::report::Goal;
use crate::paint::say;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// In MiB.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Memory {
    /// The median of the first third of the time.
    pub(crate) first: f64,
    /// The median of the last third.
    pub(crate) last: f64,
    pub(crate) highest: f64,
}

/// Watches a process until it is told to stop by dropping this future.
pub(crate) async fn watch(pid: u32, looks: &mut Vec<f64>) -> Result<()> {
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        looks.push(resident(pid)?);
    }
}

impl Memory {
    pub(crate) fn of(looks: &[f64]) -> Result<Self> {
        let third = looks.len() / 3;
        let first = looks.get(..third).context("watched for too short")?;
        let last = looks.get(looks.len() - third..).unwrap_or_default();
        Ok(Self {
            first: super::report::median(first).context("watched for too short")?,
            last: super::report::median(last).context("watched for too short")?,
            highest: looks.iter().copied().fold(0.0, f64::max),
        })
    }
}

pub(super) fn resident(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: f64 = kibibytes.context("no VmRSS")?.trim().parse()?;
    Ok(kibibytes / 1024.0)
}

impl Bench<'_> {
    /// Watches it while as many large posts are under way as there may be.
    pub(super) async fn memory(&mut self, stack: &Stack) -> Result<()> {
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
            failed = watch(pid, &mut looks) => return failed,
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
}
