//! Load for benchmarks, and what it is measured against: each command prints one line of JSON.
//!
//! One thread each, so that the load takes at most one of the machine's cores.

mod bodies;
mod figures;
mod http;
mod identity;
mod machine;
mod pickup;
mod postgres;
mod sink;
mod stats;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Load for benchmarks, and what it is measured against.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Http(http::PostArgs),
    Get(http::GetArgs),
    Sink(sink::Args),
    Postgres(postgres::Args),
    Clear(postgres::ClearArgs),
    Fill(postgres::FillArgs),
    Identity(identity::Args),
    Pickup(pickup::Args),
    Stats(stats::Args),
    Watch(watch::Args),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Http(args) => Box::pin(http::post(args)).await,
        Command::Get(args) => Box::pin(http::get(args)).await,
        Command::Sink(args) => sink::run(args).await,
        Command::Postgres(args) => Box::pin(postgres::run(args)).await,
        Command::Clear(args) => postgres::clear(args).await,
        Command::Fill(args) => postgres::fill(args).await,
        Command::Identity(args) => identity::run(&args),
        Command::Pickup(args) => Box::pin(pickup::run(args)).await,
        Command::Stats(args) => Box::pin(stats::run(args)).await,
        Command::Watch(args) => Box::pin(watch::run(args)).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            figures::complain(&error);
            ExitCode::FAILURE
        }
    }
}
