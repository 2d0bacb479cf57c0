//! `cargo xtask down`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::{Signal, eventually};

use crate::paint::say;
use crate::state::{Lock, State};
use crate::workspace;

/// A drain of 30 s and the servers after it.
const BOUND: Duration = Duration::from_secs(120);

/// Stop the running stack, in order; its data stays.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args) -> Result<ExitCode> {
    let home = workspace::stack_home()?;
    if !Lock::is_held(&home)? {
        say("no stack is running");
        return Ok(ExitCode::SUCCESS);
    }
    let pid = State::load(&home).pid;
    ensure!(
        pid != 0,
        "the running stack is just stopping or starting; try again"
    );
    Signal::Terminate
        .send(pid)
        .with_context(|| format!("stopping the stack (pid {pid})"))?;
    eventually(BOUND, async || Lock::is_held(&home).is_ok_and(|held| !held))
        .await
        .context("the stack does not stop")?;
    say("stopped");
    Ok(ExitCode::SUCCESS)
}
