//! `cargo xtask test`

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use local_stack::{
    DATABASE_VARIABLE, Postgres, PostgresOptions, REDIS_VARIABLE, Redis, RedisOptions,
};

use crate::chart::tools;
use crate::venv::Program;
use crate::{child, workspace};

/// Pinned, because its tests are about how this very version words things.
const LITELLM: Program = Program {
    name: "litellm",
    binary: "litellm",
    requirement: "litellm[proxy]==1.106.2",
};
/// How many tests of a program run at once.
const THREADS_VARIABLE: &str = "RUST_TEST_THREADS";
/// Tells the tests where the proxy is.
const LITELLM_VARIABLE: &str = "AUTORATER_LITELLM";
/// The test program that needs it.
const LITELLM_TEST: &str = "litellm";
/// Tells the tests where the OpenTelemetry collector is.
const COLLECTOR_VARIABLE: &str = "AUTORATER_COLLECTOR";
/// The test program that needs it.
const COLLECTOR_TEST: &str = "collector";

/// Run the tests with the servers that they share.
///
/// Builds the services, starts a private PostgreSQL and Redis, runs `cargo test --workspace` with the given arguments and
/// stops the servers, whatever happens.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments for `cargo test`, as `-p queue` or `-- --nocapture`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    args: Vec<String>,
}

pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let release = args
        .args
        .iter()
        .any(|arg| arg == "--release" || arg == "-r");
    // Before what takes long, and only for the tests that ask it.
    let mut programs = Vec::new();
    if names(&args.args, LITELLM_TEST) {
        programs.push((LITELLM_VARIABLE, LITELLM.path().await?));
    }
    if names(&args.args, COLLECTOR_TEST) {
        programs.push((COLLECTOR_VARIABLE, tools::collector().await?));
    }
    // As `cargo test` builds what they are made of.
    workspace::build(if release { "release" } else { "test" }).await?;

    // One directory per run, so that two runs side by side do not meet.
    let home = workspace::target()?
        .join("test-servers")
        .join(std::process::id().to_string());
    let outcome = run_in(&home, &args.args, programs).await;
    // Both servers are gone with `run_in`.
    drop(Postgres::remove_data(&home));
    drop(std::fs::remove_dir_all(&home));
    outcome
}

async fn run_in(home: &Path, args: &[String], programs: Vec<(&str, PathBuf)>) -> Result<ExitCode> {
    let postgres = Postgres::launch(home, PostgresOptions::default()).await?;
    let redis = Redis::launch(home, RedisOptions::default()).await?;
    let mut cargo = workspace::cargo(&["test"])?;
    // Cargo would let the whole workspace win over a named package.
    if !args
        .iter()
        .any(|arg| arg.starts_with("-p") || arg.starts_with("--package"))
    {
        cargo.arg("--workspace");
    }
    cargo
        .args(args)
        .env(DATABASE_VARIABLE, postgres.url("postgres")?)
        .env(REDIS_VARIABLE, redis.url())
        .envs(programs);
    if std::env::var_os(THREADS_VARIABLE).is_none() {
        // They wait for processes more than they compute.
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        cargo.env(THREADS_VARIABLE, (2 * cores).to_string());
    }
    let status = child::run(&mut cargo).await.context("running the tests")?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Whether the arguments name this test program.
fn names(args: &[String], test: &str) -> bool {
    let apart = args
        .windows(2)
        .any(|pair| matches!(pair, [option, name] if option == "--test" && name == test));
    apart || args.iter().any(|arg| *arg == format!("--test={test}"))
}
