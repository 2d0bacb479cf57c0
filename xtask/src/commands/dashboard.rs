//! `cargo xtask dashboard`

mod browser;
mod built;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::checks::{Checks, Outcome};
use crate::{child, workspace};

/// The oldest Node.js that its tools run on.
const NODE: (u32, u32) = (20, 19);

/// Build the dashboard's files, which are part of status-api, from `dashboard/`.
///
/// They are kept in the repository (dashboard/dist), so that nothing else needs Node.js.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing: check that the built files are what the sources give, their size, lint, types and unit tests.
    #[arg(long)]
    check: bool,
    /// Test it in Chromium over real services.
    #[arg(long, conflicts_with = "check")]
    browser: bool,
    /// With `--browser`: put pictures of the pages into this directory.
    #[arg(long, requires = "browser", value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// With `--browser`: only test files whose path has this in it.
    #[arg(requires = "browser", value_name = "FILTER")]
    filter: Option<String>,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    if let Err(why) = has_node().await {
        anyhow::bail!("{why}");
    }
    install().await?;
    if args.check {
        return Ok(check().await?.finish());
    }
    if args.browser {
        browser::test(args.filter.as_deref(), args.pictures.as_deref()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    npm(&["run", "types"]).await?;
    build(&folder()?.join("dist")).await?;
    built::check_size(&folder()?.join("dist"))?;
    Ok(ExitCode::SUCCESS)
}

/// As `--check`, for `cargo xtask check`: on a machine without Node.js it is said that nothing was checked.
pub(crate) async fn check_where_node_is() -> Result<Outcome> {
    if let Err(why) = has_node().await {
        return Ok(Outcome::Skipped(format!("{why}")));
    }
    let mut command = Command::new(std::env::current_exe()?);
    child::succeed(command.args(["dashboard", "--check"])).await?;
    Ok(Outcome::Passed)
}

/// As `--browser`, for `cargo xtask verify`.
pub(crate) async fn browser_where_there_is_one() -> Result<Outcome> {
    if let Err(why) = has_node().await {
        return Ok(Outcome::Skipped(format!("{why}")));
    }
    if let Err(why) = browser::program() {
        return Ok(Outcome::Skipped(format!("{why}")));
    }
    let mut command = Command::new(std::env::current_exe()?);
    child::succeed(command.args(["dashboard", "--browser"])).await?;
    Ok(Outcome::Passed)
}

async fn check() -> Result<Checks> {
    let mut checks = Checks::new();
    let scratch = workspace::target()?.join("dashboard");
    checks.must("types", types(&scratch)).await;
    checks.must("types are kept", npm(&["run", "check"])).await;
    checks.must("lint", npm(&["run", "lint"])).await;
    checks.must("unit tests", npm(&["run", "test"])).await;
    checks
        .must("built files are what the sources give", async {
            let again = scratch.join("dist");
            build(&again).await?;
            built::compare(&folder()?.join("dist"), &again)
        })
        .await;
    checks
        .must("size", async { built::check_size(&folder()?.join("dist")) })
        .await;
    Ok(checks)
}

/// Whether the types are those of the document. That the document is the API's, a test of status-api sees.
async fn types(scratch: &Path) -> Result<()> {
    std::fs::create_dir_all(scratch)?;
    let again = scratch.join("schema.d.ts");
    let mut command = Command::new("npx");
    command.args(["openapi-typescript", "src/api/openapi.json", "-o"]);
    child::succeed(command.arg(&again).current_dir(folder()?)).await?;
    let there = std::fs::read(folder()?.join("src/api/schema.d.ts"))?;
    ensure!(
        there == std::fs::read(again)?,
        "src/api/schema.d.ts is not made from src/api/openapi.json; `cargo xtask dashboard` makes it"
    );
    Ok(())
}

/// The sources.
fn folder() -> Result<PathBuf> {
    Ok(workspace::root()?.join("dashboard"))
}

/// Whether there is a Node.js that is new enough.
async fn has_node() -> Result<()> {
    let (major, minor) = NODE;
    let needs = format!("needs Node.js {major}.{minor} or newer, with npm");
    let output = Command::new("node").arg("--version").output().await;
    let output = output.with_context(|| needs.clone())?;
    let version = String::from_utf8_lossy(&output.stdout);
    let mut numbers = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(str::parse);
    let found = match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (0, 0),
    };
    ensure!(found >= NODE, "{needs}; this is {}", version.trim());
    Ok(())
}

/// Installs what `package-lock.json` names, unless that is there.
async fn install() -> Result<()> {
    let folder = folder()?;
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified());
    let lock = modified(&folder.join("package-lock.json"))?;
    // npm writes this file when it is done.
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    if installed.is_ok_and(|installed| installed >= lock) {
        return Ok(());
    }
    npm(&["ci"]).await
}

async fn build(into: &Path) -> Result<()> {
    let mut command = Command::new("npm");
    command
        .args(["run", "--silent", "build"])
        .env("DASHBOARD_OUT", into);
    child::succeed(command.current_dir(folder()?)).await
}

async fn npm(args: &[&str]) -> Result<()> {
    let mut command = Command::new("npm");
    child::succeed(command.args(args).current_dir(folder()?)).await
}
