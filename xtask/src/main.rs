//! Developer commands: `cargo xtask --help`.

mod alerts;
mod bench;
mod cases;
mod chart;
mod checks;
mod child;
mod commands;
mod compose;
mod confinement;
mod docker;
mod interrupt;
mod kube;
mod launch;
mod lines;
mod links;
mod paint;
mod progress;
mod replayed;
mod report;
mod scaling;
mod state;
mod venv;

mod workspace;
mod wrap;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{
    bench as bench_command, beside, chart as chart_command, check, completions, compose_test,
    dashboard, demo, down, images, kube as kube_command, prometheus, provider_cases, receiver,
    replay, sbom, scaling as scaling_command, schemathesis, test, up, verify,
};

/// Commands for working on autorater.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Up(up::Args),
    Down(down::Args),
    Demo(demo::Args),
    Dashboard(dashboard::Args),
    Test(test::Args),
    Check(check::Args),
    Verify(verify::Args),
    Beside(beside::Args),
    Bench(bench_command::Args),
    Chart(chart_command::Args),
    Kube(kube_command::Args),
    Scaling(scaling_command::Args),
    Images(images::Args),
    ComposeTest(compose_test::Args),
    Prometheus(prometheus::Args),
    ProviderCases(provider_cases::Args),
    Receiver(receiver::Args),
    Replay(replay::Args),
    Sbom(sbom::Args),
    Schemathesis(schemathesis::Args),
    Completions(completions::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Up(args) => Box::pin(up::run(args)).await,
        Command::Down(args) => down::run(&args).await,
        Command::Demo(args) => Box::pin(demo::run(args)).await,
        Command::Dashboard(args) => Box::pin(dashboard::run(&args)).await,
        Command::Test(args) => Box::pin(test::run(args)).await,
        Command::Check(args) => check::run(&args).await,
        Command::Verify(args) => verify::run(&args).await,
        Command::Beside(args) => beside::run(&args).await,
        Command::Bench(args) => Box::pin(bench_command::run(args)).await,
        Command::Chart(args) => chart_command::run(&args).await,
        Command::Kube(args) => Box::pin(kube_command::run(args)).await,
        Command::Scaling(args) => Box::pin(scaling_command::run(args)).await,
        Command::Images(args) => images::run(&args).await,
        Command::ComposeTest(args) => Box::pin(compose_test::run(&args)).await,
        Command::Prometheus(args) => Box::pin(prometheus::run(&args)).await,
        Command::ProviderCases(args) => Box::pin(provider_cases::run(args)).await,
        Command::Receiver(args) => Box::pin(receiver::run(&args)).await,
        Command::Replay(args) => replay::run(&args),
        Command::Sbom(args) => Box::pin(sbom::run(&args)).await,
        Command::Schemathesis(args) => Box::pin(schemathesis::run(&args)).await,
        Command::Completions(args) => completions::run::<Cli>(&args),
    };
    result.unwrap_or_else(|error| {
        paint::complain(&error);
        ExitCode::FAILURE
    })
}
