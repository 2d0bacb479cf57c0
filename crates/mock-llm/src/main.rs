//! A simulated OpenAI-compatible LLM provider over real HTTP, which also speaks as Anthropic does.
//!
//! Answers are plausible judgements, made without any model: deterministic, fitting the asked
//! schema, and worse for worse candidates. Latency and faults can be set while it runs.

mod answer;
mod arguments;
mod ask;
mod broken;
mod call;
mod chat;
mod control;
mod delivery;
mod errors;
mod fields;
mod handler;
mod health;
mod identity;
mod judge;
mod ledger;
mod logprobs;
mod messages;
mod ordered;
mod prompted;
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

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::control::config::{Config, Latency};
use crate::simulator::Simulator;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command() {
        Command::Serve(serve) => {
            let startup = Config {
                latency_ms: Latency::Fixed(serve.latency_ms),
                ..Config::default()
            };
            server::serve(&serve.listen.address(), Simulator::new(startup, serve.seed)).await
        }
        Command::Healthcheck { listen } => health::check(&listen.address()),
    }
}
