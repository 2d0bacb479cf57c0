//! Where things are, and `cargo`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use tokio::process::Command;

use crate::child;

/// The root of the repository.
pub(crate) fn root() -> Result<PathBuf> {
    // Set by `cargo run`; without it we were started by hand from somewhere in the checkout.
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => std::env::current_dir()?,
    };
    let root = start
        .ancestors()
        .find(|dir| dir.join("Cargo.lock").is_file());
    Ok(root.context("not inside the repository")?.to_owned())
}

/// The directory of this build profile's siblings: `target` itself.
pub(crate) fn target() -> Result<PathBuf> {
    let executable = std::env::current_exe()?;
    let target = executable.parent().and_then(|profile| profile.parent());
    Ok(target
        .context("this executable is not in a target directory")?
        .to_owned())
}

/// Where `up` keeps data, logs and state.
pub(crate) fn stack_home() -> Result<PathBuf> {
    Ok(target()?.join("stack"))
}

/// Builds the services and says where they are. `AUTORATER_BIN_DIR` names a directory with built ones instead.
pub(crate) async fn binaries(release: bool) -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("AUTORATER_BIN_DIR") {
        return Ok(dir.into());
    }
    build(if release { "release" } else { "dev" }).await?;
    Ok(target()?.join(if release { "release" } else { "debug" }))
}

/// `cargo` with arguments, in the root.
pub(crate) fn cargo(args: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root()?);
    // What `cargo run` set for us would make build scripts of others run again.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// What a stack runs.
const SERVICES: [&str; 4] = ["ingest-api", "scorer-worker", "status-api", "mock-llm"];

/// Builds the services, and nothing else: this is what a first visitor waits for. With the features of the whole workspace, so
/// that nothing is built twice, here or for `cargo xtask` itself.
pub(crate) async fn build(profile: &str) -> Result<()> {
    let mut command = cargo(&["build", "--workspace", "--profile", profile])?;
    for service in SERVICES {
        command.args(["--bin", service]);
    }
    child::succeed(&mut command)
        .await
        .context("building the services")
}
