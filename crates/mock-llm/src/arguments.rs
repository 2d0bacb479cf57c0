//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A simulated OpenAI-compatible provider.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer requests until SIGTERM or Ctrl-C (the default)
    Serve(ServeArguments),
    /// Exit with 0 if a server answers at the listening address
    Healthcheck {
        /// Where the server listens
        #[command(flatten)]
        listen: Listen,
    },
}

/// How to serve.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArguments {
    /// Where to listen
    #[command(flatten)]
    pub(crate) listen: Listen,
    /// Time before the first byte of each answer; can be changed under /mock/config
    #[arg(long, value_name = "N")]
    pub(crate) latency_ms: Option<u64>,
    /// Settings to begin with, as under /mock/config: replies written by hand, mostly
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// Seed of answers and of the chance of faults
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}

/// The listening address.
#[derive(Clone, Debug, Args)]
pub(crate) struct Listen {
    /// Address and port; port 0 takes a free one [env: LISTEN_ADDR] [default: 127.0.0.1:4010]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Arguments {
    /// The command, `serve` without one.
    pub(crate) fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

impl Listen {
    /// The address: option, environment, default.
    pub(crate) fn address(&self) -> String {
        // By hand: the `env` feature of clap would be switched on for the whole workspace.
        let given = self
            .listen
            .clone()
            .or_else(|| std::env::var("LISTEN_ADDR").ok());
        given
            .filter(|address| !address.is_empty())
            .unwrap_or_else(|| "127.0.0.1:4010".to_owned())
    }
}
