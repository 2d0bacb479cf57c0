//! The systems that are measured: release builds on durable servers of their own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use local_stack::{Home, Postgres, Stack, StackBuilder};

use crate::workspace;

/// Where their data is.
pub(crate) fn home() -> Result<PathBuf> {
    Ok(workspace::target()?.join("bench/stack"))
}

/// Nobody takes what is posted.
pub(crate) fn without_workers(bin_dir: &Path) -> Result<StackBuilder> {
    Ok(fresh(bin_dir)?.status_replicas(0).workers(0).mock(false))
}

/// One worker, which calls its provider at a port of this machine.
pub(crate) fn with_worker(bin_dir: &Path, provider: u16) -> Result<StackBuilder> {
    let address = format!("http://127.0.0.1:{provider}/v1");
    Ok(fresh(bin_dir)?
        .status_replicas(0)
        .worker_env("OPENAI_BASE_URL", address))
}

/// With empty data; the last one has to have stopped.
pub(super) fn fresh(bin_dir: &Path) -> Result<StackBuilder> {
    let home = home()?;
    Postgres::remove_data(&home)?;
    if home.exists() {
        std::fs::remove_dir_all(&home).context("removing the data of the last benchmark")?;
    }
    Ok(Stack::builder().home(Home::Kept(home)).bin_dir(bin_dir))
}
