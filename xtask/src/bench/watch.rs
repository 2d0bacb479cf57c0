//! `cargo xtask bench watch`: many who watch evaluations on one status-api.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::{ApiClient, MockLlm, Stack};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::ChildStdout;

use super::load::Load;
use super::memory::resident;
use super::stacks;
use crate::paint::say;

/// Watch evaluations with many streams of events at once: the memory of status-api, and how long it takes to tell all.
#[derive(Debug, clap::Args)]
pub(crate) struct Watchers {
    /// How many streams.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    streams: usize,
    /// Over how many evaluations.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    evaluations: usize,
    /// A directory with built binaries, the load generator among them, instead of building them.
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<std::path::PathBuf>,
}

/// All that a run takes.
const BOUND: Duration = Duration::from_secs(600);

/// Measures.
pub(crate) async fn watch(args: &Watchers) -> Result<()> {
    let (load, bin_dir) = Load::with_services(args.bin_dir.as_deref()).await?;
    let stack = stacks::fresh(&bin_dir)?.start().await?;
    tokio::time::timeout(BOUND, measure(args, &load, &stack)).await??;
    stack.stop().await
}

async fn measure(args: &Watchers, load: &Load, stack: &Stack) -> Result<()> {
    let mock = MockLlm::at(stack.mock_url())?;
    mock.faults(json!([{"fault": "hang"}])).await?;
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let lines: String = (0..args.evaluations)
        .map(|number| format!("{}\n", json!({"output": format!("Watched, {number}.")})))
        .collect();
    let mut ids = Vec::new();
    for line in api.submit_batch(lines).await?.lines() {
        let answer: Value = serde_json::from_str(line)?;
        ids.push(answer["id"].as_str().context("no id")?.to_owned());
    }
    let pid = stack
        .status()
        .first()
        .context("no status-api")?
        .process()
        .pid();
    let alone = resident(pid)?;
    let mut child = load
        .command("watch")
        .args(["--url", stack.status_url()])
        .args(["--streams", &args.streams.to_string()])
        .args(["--ids", &ids.join(",")])
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = child.stdout.take().context("no output")?;
    let mut lines = BufReader::new(stdout).lines();
    let open = next(&mut lines).await?;
    say(format!(
        "{} streams over {} evaluations, opened in {:.1} s: {:.0} MiB, before {alone:.0} MiB",
        args.streams,
        args.evaluations,
        open["seconds"].as_f64().unwrap_or_default(),
        resident(pid)?
    ));
    for id in &ids {
        api.transition(id, "cancel").await?;
    }
    let ended = next(&mut lines).await?;
    say(format!(
        "all were told of the end; the last {:.1} s behind the first, while {} were cancelled one by one: {:.0} MiB",
        ended["seconds_from_first_to_last"]
            .as_f64()
            .unwrap_or_default(),
        ids.len(),
        resident(pid)?
    ));
    ensure!(child.wait().await?.success(), "the watchers failed");
    Ok(())
}

async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Value> {
    let line = lines.next_line().await?.context("the watchers ended")?;
    Ok(serde_json::from_str(&line)?)
}
