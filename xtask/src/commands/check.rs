//! `cargo xtask check`

use std::process::ExitCode;

use anyhow::Result;
use tokio::process::Command;

use super::dashboard;
use crate::chart::names;
use crate::checks::{Checks, Outcome};
use crate::{alerts, child, links, workspace};

/// Check everything that must hold before a change lands: format, lints, docs, licences, tests.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args) -> Result<ExitCode> {
    let mut checks = Checks::new();
    checks
        .must("format", cargo(&["fmt", "--all", "--check"]))
        .await;
    checks
        .must(
            "lints",
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ]),
        )
        .await;
    checks.must("fuzz targets", fuzz_targets()).await;
    checks.must("API docs", api_docs()).await;
    checks
        .must("links in *.md", async { links::check(&workspace::root()?) })
        .await;
    checks
        .must("names of metrics, alerts, settings", async {
            names::check()?;
            alerts::check()
        })
        .await;
    checks.check("licences, bans, sources", deny()).await;
    checks
        .check("the dashboard", dashboard::check_where_node_is())
        .await;
    checks.must("tests", tests()).await;
    Ok(checks.finish())
}

async fn cargo(args: &[&str]) -> Result<()> {
    child::succeed(&mut workspace::cargo(args)?).await
}

/// Whether they build, of a workspace of their own: `verify` runs them.
async fn fuzz_targets() -> Result<()> {
    let mut command = workspace::cargo(&[
        "check",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--locked",
        "--quiet",
    ])?;
    command.env("CARGO_TARGET_DIR", workspace::target()?);
    // Nothing is linked, so the fuzzer that would be need not be built.
    command.env("CUSTOM_LIBFUZZER_PATH", "not-linked/libfuzzer.a");
    child::succeed(&mut command).await
}

async fn api_docs() -> Result<()> {
    let mut command = workspace::cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--quiet",
    ])?;
    child::succeed(command.env("RUSTDOCFLAGS", "-D warnings")).await
}

async fn deny() -> Result<Outcome> {
    if !has_deny().await {
        return Ok(Outcome::Skipped(
            "cargo-deny is not installed; `bin/setup --checks` installs it".to_owned(),
        ));
    }
    cargo(&[
        "deny",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ])
    .await?;
    Ok(Outcome::Passed)
}

/// Whether `cargo deny` can be run.
pub(crate) async fn has_deny() -> bool {
    let Ok(mut command) = workspace::cargo(&["deny", "--version"]) else {
        return false;
    };
    command
        .output()
        .await
        .is_ok_and(|output| output.status.success())
}

/// A process of its own, because what it starts must be stopped when we are.
async fn tests() -> Result<()> {
    child::succeed(Command::new(std::env::current_exe()?).arg("test")).await
}
