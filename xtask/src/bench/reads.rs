//! `cargo xtask bench reads`: how many evaluations are read in a second, beside a FastAPI service.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use local_stack::{ApiClient, MockLlm, Stack};
use serde_json::{Value, json};

use super::ingest::told;
use super::judging::all_have_ended;
use super::load::{Figures, Load};
use super::peer::Peer;
use super::report::{Goal, Report};
use super::stacks;
use crate::paint::say;
use crate::workspace;

/// Evaluations that do not end: no more than a worker has slots.
const UNDER_WAY: usize = 1_000;

/// Read evaluations one by one over many connections: ended ones, ones under way, and the same ended ones from a FastAPI
/// service.
#[derive(Debug, clap::Args)]
pub(crate) struct Reads {
    /// How often each is measured, in turns.
    #[arg(long, default_value_t = 3, value_name = "N")]
    rounds: usize,
    /// For how long each time, in seconds.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// How many evaluations have ended.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    evaluations: usize,
    /// How many connections.
    #[arg(long, default_value_t = 256, value_name = "N")]
    connections: usize,
    /// A directory with built binaries, the load generator among them, instead of building them.
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<PathBuf>,
    /// Without the other service.
    #[arg(long)]
    alone: bool,
}

/// Measures.
pub(crate) async fn reads(args: &Reads) -> Result<()> {
    let (load, bin_dir) = Load::with_services(args.bin_dir.as_deref()).await?;
    let stack = stacks::fresh(&bin_dir)?.start().await?;
    measure(args, &load, &stack).await?;
    stack.stop().await
}

async fn measure(args: &Reads, load: &Load, stack: &Stack) -> Result<()> {
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let home = stacks::home()?;
    let ended = home.join("ended");
    paths(&ended, &submit(&api, "Judged", args.evaluations).await?)?;
    all_have_ended(&api).await?;
    let peer = if args.alone {
        None
    } else {
        let export = home.join("export.jsonl");
        let answer = api.status_get("/v1/evaluations/export").send().await?;
        fs::write(&export, answer.error_for_status()?.bytes().await?)?;
        let peer = Peer::start(stack).await?;
        peer.fill(&export).await?;
        Some(peer)
    };
    let mock = MockLlm::at(stack.mock_url())?;
    mock.faults(json!([{"fault": "hang"}])).await?;
    let under_way = home.join("under-way");
    paths(&under_way, &submit(&api, "Under way", UNDER_WAY).await?)?;

    let (mut of_ended, mut of_running, mut of_peer) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=args.rounds {
        say(format!("reads, round {round} of {}", args.rounds));
        let read = async |who, url: &str, paths: &Path| -> Result<Figures> {
            let figures = load.get(url, paths, args.connections, args.seconds).await?;
            told(who, &figures);
            Ok(figures)
        };
        of_ended.push(read("autorater, ended", stack.status_url(), &ended).await?);
        of_running.push(read("autorater, under way", stack.status_url(), &under_way).await?);
        if let Some(peer) = &peer {
            of_peer.push(read("FastAPI, ended", &peer.url, &ended).await?);
        }
    }
    let rates = |runs: &[Figures]| runs.iter().map(|run| run.per_second).collect::<Vec<_>>();
    let ratios = of_ended.iter().zip(&of_peer);
    let ratios: Vec<_> = ratios.map(|(a, b)| a.per_second / b.per_second).collect();
    let mut report = Report::default();
    let mut add = |what, runs: Vec<Figures>, goal| {
        report
            .add_runs(what, "/s", rates(&runs), goal, runs)
            .map(drop)
    };
    let goal = Some(Goal::AtLeast(20_000.0));
    add("ended: autorater", of_ended, goal)?;
    add("under way: autorater", of_running, None)?;
    if !of_peer.is_empty() {
        add("ended: FastAPI", of_peer, None)?;
        let goal = Some(Goal::AtLeast(5.0));
        report.add("ended: autorater over FastAPI", "×", ratios, goal)?;
    }
    say(format!("\n{}", report.table()));
    let path = workspace::target()?.join("bench/reads.json");
    report.write(&path)?;
    say(format!("in full: {}", path.display()));
    Ok(())
}

/// Posts so many, and says their ids.
async fn submit(api: &ApiClient, text: &str, count: usize) -> Result<Vec<String>> {
    let lines: String = (0..count)
        .map(|number| format!("{}\n", json!({"output": format!("{text}, {number}.")})))
        .collect();
    let answers = api.submit_batch(lines).await?;
    let ids = answers.lines().map(|line| {
        let answer: Value = serde_json::from_str(line)?;
        Ok(answer["id"].as_str().context("no id")?.to_owned())
    });
    ids.collect()
}

/// The paths of evaluations, a line each.
fn paths(file: &Path, ids: &[String]) -> Result<()> {
    let lines: String = ids
        .iter()
        .map(|id| format!("/v1/evaluations/{id}\n"))
        .collect();
    fs::write(file, lines).context("writing what is to be read")
}
