//! What was measured, as one line of JSON.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::machine::Busy;

/// A run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figures {
    /// What was done, in a second.
    pub(crate) per_second: f64,
    /// How often.
    pub(crate) count: u64,
    pub(crate) seconds: f64,
    /// From when a request was due to the end of its answer, in milliseconds.
    pub(crate) latency_ms: Option<Latency>,
    /// How many answers of each status; `failed` for none at all.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) answers: BTreeMap<String, u64>,
    /// How busy the machine was, of all its cores.
    pub(crate) machine: Option<Busy>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Latency {
    /// `None` where there is nothing.
    pub(crate) fn of(mut all: Vec<Duration>) -> Option<Self> {
        all.sort_unstable();
        let at = |share: f64| {
            // The nearest rank.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a place in a list of at most millions"
            )]
            let rank = (share * all.len() as f64).ceil() as usize;
            let took = all.get(rank.max(1) - 1)?;
            Some(took.as_secs_f64() * 1_000.0)
        };
        Some(Self {
            p50: at(0.5)?,
            p95: at(0.95)?,
            p99: at(0.99)?,
            max: at(1.0)?,
        })
    }
}

/// Prints a line of JSON.
pub(crate) fn print(figures: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_vec(figures)?;
    line.push(b'\n');
    std::io::stdout().write_all(&line)?;
    Ok(())
}

pub(crate) fn complain(error: &anyhow::Error) {
    // Nobody to tell where even that does not work.
    drop(writeln!(std::io::stderr(), "load: {error:#}"));
}
