//! `cargo xtask bench stats`: figures and lists over many evaluations.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::load::{self, Load};
use super::stacks;
use crate::paint::say;

/// Ask for the figures and lists of a made-up history of 30 days: how long that takes, and by which plan PostgreSQL does it.
#[derive(Debug, clap::Args)]
pub(crate) struct History {
    /// How many evaluations.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    rows: u64,
    /// A directory with built binaries, the load generator among them, instead of building them.
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<PathBuf>,
}

/// Measures.
pub(crate) async fn stats(args: &History) -> Result<()> {
    let (load, bin_dir) = Load::with_services(args.bin_dir.as_deref()).await?;
    let stack = stacks::fresh(&bin_dir)?.start().await?;
    let mut command = load.command("stats");
    command
        .args(["--database", stack.database_url()])
        .args(["--url", stack.status_url()])
        .args(["--rows", &args.rows.to_string()]);
    let found: Value = load::figures(&mut command).await?;
    let seconds = |key: &str| found[key].as_f64().unwrap_or_default();
    say(format!(
        "{} evaluations, made in {:.0} s, counted in {:.0} s",
        args.rows,
        seconds("fill_seconds"),
        seconds("count_seconds")
    ));
    for (query, figures) in found["queries"].as_object().context("no queries")? {
        let latency = &figures["latency_ms"];
        say(format!(
            "{query}: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms, {} bytes",
            latency["p50"].as_f64().unwrap_or_default(),
            latency["p99"].as_f64().unwrap_or_default(),
            latency["max"].as_f64().unwrap_or_default(),
            figures["bytes"]
        ));
    }
    for line in found["plan"].as_array().context("no plan")? {
        say(line.as_str().unwrap_or_default().to_owned());
    }
    stack.stop().await
}
