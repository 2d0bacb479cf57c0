//! A simulated OpenAI-compatible LLM provider over real HTTP, which also speaks as Anthropic does.
//!
//! It says what scripts tell it to say; anything else gets a plain value that fits the asked form, the same for the
//! same request. Latency and faults can be set while it runs.

mod answer;
mod arguments;
mod ask;
mod broken;
mod cache;
mod call;
mod chat;
mod control;
mod delivery;
mod errors;
mod fields;
mod filler;
mod handler;
mod health;
mod identity;
mod ledger;
mod logprobs;
mod material;
mod messages;
mod ordered;
mod refused;
mod reply;
mod response_plan;
mod responses;
mod rng;
mod schema;
mod server;
mod simulator;
mod tokens;
mod usage;

use std::path::Path;

use anyhow::{Context as _, anyhow};
use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::control::config::{Config, Latency};
use crate::simulator::Simulator;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command() {
        Command::Serve(serve) => {
            let mut startup = match &serve.script {
                Some(file) => script(file)?,
                None => Config::default(),
            };
            if let Some(latency) = serve.latency_ms {
                startup.latency_ms = Latency::Fixed(latency);
            }
            server::serve(&serve.listen.address(), Simulator::new(startup, serve.seed)).await
        }
        Command::Healthcheck { listen } => health::check(&listen.address()),
    }
}

fn script(file: &Path) -> anyhow::Result<Config> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Config::read(&text).map_err(|problem| anyhow!("{}: {problem}", file.display()))
}
