//! Memory of a process over time, from `/proc/PID/status` (proc(5)).

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;

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

fn resident(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: f64 = kibibytes.context("no VmRSS")?.trim().parse()?;
    Ok(kibibytes / 1024.0)
}
