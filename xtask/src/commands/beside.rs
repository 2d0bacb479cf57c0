//! `cargo xtask beside`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::paint::say;
use crate::{child, workspace};

/// Test the worker and the status-api of another commit beside those of this checkout.
///
/// Builds the others in a checkout of their own below `target`, and has both workers share work, take over from each
/// other, stop and die, and both status-api show it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The other commit; otherwise the latest tag before this commit, or without one the commit before this.
    #[arg(value_name = "COMMIT")]
    commit: Option<String>,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    let commit = match &args.commit {
        Some(commit) => git(&["rev-parse", "--verify", &format!("{commit}^{{commit}}")]).await?,
        None => before().await?,
    };
    say(format!("the other services are those of {commit}"));
    let home = workspace::target()?.join("beside");
    let checkout = check_out(&home, &commit).await?;
    let binaries = build(&home, &checkout).await?;
    let mut command = Command::new(std::env::current_exe()?);
    let args = [
        "test",
        "-p",
        "system-tests",
        "--test",
        "beside",
        "--",
        "--nocapture",
    ];
    command
        .args(args)
        .env("AUTORATER_PREVIOUS_BIN_DIR", binaries);
    child::succeed(&mut command).await?;
    Ok(ExitCode::SUCCESS)
}

/// What was landed before.
async fn before() -> Result<String> {
    match git(&["describe", "--tags", "--abbrev=0", "HEAD^"]).await {
        Ok(tag) => git(&["rev-parse", &format!("{tag}^{{commit}}")]).await,
        Err(_) => git(&["rev-parse", "HEAD^"]).await,
    }
    .context("this commit has none before it; name one")
}

/// The files of a commit, in a directory that is named by it: its times are old, so that cargo would take the files
/// of one commit for those of another in the same place.
async fn check_out(home: &Path, commit: &str) -> Result<PathBuf> {
    let checkout = home.join(commit);
    if checkout.join("Cargo.lock").is_file() {
        return Ok(checkout);
    }
    std::fs::create_dir_all(&checkout)?;
    let archive = home.join("archive.tar");
    let output = format!("--output={}", archive.display());
    git(&["archive", &output, commit]).await?;
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(&archive).arg("-C").arg(&checkout);
    child::succeed(&mut tar).await?;
    std::fs::remove_file(archive)?;
    Ok(checkout)
}

/// Builds worker and status-api, beside what was built for other commits, and says where they are.
async fn build(home: &Path, checkout: &Path) -> Result<PathBuf> {
    let target = home.join("target");
    let bins = ["--bin", "scorer-worker", "--bin", "status-api"];
    let mut cargo = workspace::cargo(&[&["build", "--locked"], &bins[..]].concat())?;
    cargo.current_dir(checkout).env("CARGO_TARGET_DIR", &target);
    child::succeed(&mut cargo)
        .await
        .context("building the other services")?;
    Ok(target.join("debug"))
}

async fn git(args: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .args(args)
        .current_dir(workspace::root()?)
        .output()
        .await
        .context("running git")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "git {}: {}",
        args.join(" "),
        complaint.trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
