//! Finding PostgreSQL's binaries and making a data directory with them.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::process::Command;
use tokio::time::timeout;

use crate::account::Account;
use crate::child::find_program;

/// Where Debian and Ubuntu keep the server binaries, one directory per major version, not on `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The superuser of every private instance.
pub(crate) const SUPERUSER: &str = "autorater";

/// The directory with `initdb` and `postgres`: of the version that made `data` when it exists, else the one on
/// `PATH`, else the newest installed one.
pub(crate) fn binaries(data: &Path) -> Result<PathBuf> {
    let on_path = find_program("postgres")
        .and_then(|file| file.parent().map(Path::to_owned))
        .filter(|dir| dir.join("initdb").is_file());
    let installed = installed();
    let made_by = fs::read_to_string(data.join("PG_VERSION")).ok();
    if let Some(dir) =
        made_by.and_then(|version| installed.iter().find(|(major, _)| *major == version.trim()))
    {
        return Ok(dir.1.clone());
    }
    on_path
        .or_else(|| installed.into_iter().next().map(|(_, dir)| dir))
        .with_context(|| format!("no PostgreSQL server on PATH or in {DEBIAN}; run `bin/setup`"))
}

/// Newest first.
fn installed() -> Vec<(String, PathBuf)> {
    let mut found: Vec<(u32, String, PathBuf)> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let bin = entry.path().join("bin");
            let complete = ["initdb", "postgres"]
                .iter()
                .all(|tool| bin.join(tool).is_file());
            complete.then(|| Some((name.parse().ok()?, name, bin)))?
        })
        .collect();
    found.sort_by_key(|(major, ..)| std::cmp::Reverse(*major));
    found
        .into_iter()
        .map(|(_, name, bin)| (name, bin))
        .collect()
}

/// Makes the data directory unless it is already complete.
pub(crate) async fn initialise(
    bin: &Path,
    data: &Path,
    account: Option<Account>,
    durable: bool,
) -> Result<()> {
    if data.join("PG_VERSION").exists() {
        return Ok(());
    }
    let mut command = std::process::Command::new(bin.join("initdb"));
    command
        .args([
            "--username",
            SUPERUSER,
            "--auth-host",
            "trust",
            "--auth-local",
            "reject",
        ])
        .args(["--encoding", "UTF8", "--locale", "C", "--pgdata"])
        .arg(data)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if !durable {
        command.arg("--no-sync");
    }
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid).current_dir("/");
    }
    let mut command = Command::from(command);
    let output = command.kill_on_drop(true).output();
    let output = timeout(Duration::from_secs(120), output)
        .await
        .context("initdb does not end")??;
    ensure!(
        output.status.success(),
        "initdb failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// Refuses a data directory on which another server still runs. One whose parent has just died may be shutting
/// down, so callers ask again for a while.
pub(crate) fn ensure_unused(data: &Path) -> Result<()> {
    let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else {
        return Ok(());
    };
    let pid = text.lines().next().unwrap_or_default().trim();
    // The number may belong to something else since a crash: only a PostgreSQL counts.
    let command = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if command.trim() == "postgres" {
        bail!("another PostgreSQL (pid {pid}) runs on {}", data.display());
    }
    Ok(())
}
