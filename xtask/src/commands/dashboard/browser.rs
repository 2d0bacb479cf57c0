//! The browser tests, each folder of them over a system of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use local_stack::{ApiClient, Stack, StackBuilder};
use tokio::process::Command;

use super::super::demo::{PRICES, history};
use super::folder;
use crate::paint::say;
use crate::state::State;
use crate::{child, workspace};

/// Where Chromium may be, unless `CHROMIUM` names it.
const PROGRAMS: [&str; 3] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
];
/// How large the large list is.
const ROWS: u32 = 1_000_000;

/// Tests of one kind of system: a folder below `dashboard/tests/browser`.
#[derive(Debug, Clone, Copy)]
enum Suite {
    /// One with a worker and a simulated provider, where keys are off.
    Pages,
    /// One that asks for keys, where nothing has been posted.
    Keys,
    /// One with a long history.
    History,
    /// One with the history that `bin/demo` leaves.
    Demo,
}

impl Suite {
    const ALL: [Self; 4] = [Self::Pages, Self::Keys, Self::History, Self::Demo];

    fn folder(self) -> &'static str {
        match self {
            Self::Pages => "tests/browser/pages/",
            Self::Keys => "tests/browser/keys/",
            Self::History => "tests/browser/history/",
            Self::Demo => "tests/browser/demo/",
        }
    }

    fn stack(self) -> StackBuilder {
        let stack = Stack::builder()
            .private_postgres(true)
            .private_redis(true)
            .worker_env("AUTORATER__WORKER__HEARTBEAT", "500ms")
            .worker_env("AUTORATER__WORKER__SWEEP", "500ms");
        match self {
            // Candidates of 5 MB are posted.
            Self::Pages => stack.env("AUTORATER__HTTP__BODY_LIMIT", (8 << 20).to_string()),
            Self::Keys => stack.env("AUTORATER__AUTH__MODE", "keys"),
            Self::History => stack.workers(0).mock(false),
            Self::Demo => stack.mock_prices(PRICES),
        }
    }
}

/// Chromium.
///
/// # Errors
/// It is not installed.
pub(super) fn program() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Ok(path.into());
    }
    let mut programs = PROGRAMS.iter().map(PathBuf::from);
    programs
        .find(|path| path.exists())
        .context("needs Chromium (apt-get install chromium), or CHROMIUM with its path")
}

/// Runs those whose path has `filter` in it.
pub(super) async fn test(filter: Option<&str>, pictures: Option<&Path>) -> Result<()> {
    let chromium = program()?;
    let bin_dir = workspace::binaries(false).await?;
    if let Some(pictures) = pictures {
        std::fs::create_dir_all(pictures)?;
    }
    let mut failed = Vec::new();
    for suite in Suite::ALL {
        let files = matching(suite, filter)?;
        if files.is_empty() {
            continue;
        }
        say(format!("starting a system for {}", suite.folder()));
        let stack = Box::pin(suite.stack().bin_dir(&bin_dir).start()).await?;
        let mut command = Command::new("npx");
        command
            .args(["vitest", "run", "--config", "vitest.browser.config.ts"])
            .args(&files)
            .current_dir(folder()?)
            .env("CHROMIUM", &chromium)
            .env("STATUS_URL", stack.status_url())
            .env("INGEST_URL", stack.ingest_url(0));
        match suite {
            Suite::Pages => {
                command.env("MOCK_URL", stack.mock_url());
            }
            Suite::Keys => {
                command
                    .env(
                        "ADMIN_KEY",
                        stack.keys(&["create", "--tenant", "default", "--scope", "admin"])?,
                    )
                    .env(
                        "READ_KEY",
                        stack.keys(&["create", "--tenant", "default", "--scope", "read"])?,
                    );
            }
            Suite::History => fill(&stack).await?,
            Suite::Demo => leave_history(&stack).await?,
        }
        if let Some(pictures) = pictures {
            command.env("SCREENSHOTS", std::path::absolute(pictures)?);
        }
        if !child::run(&mut command).await?.success() {
            failed.push(suite.folder());
        }
        stack.stop().await?;
    }
    ensure!(failed.is_empty(), "browser tests failed in {failed:?}");
    Ok(())
}

/// The test files of a suite.
fn matching(suite: Suite, filter: Option<&str>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()?.join(suite.folder()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let path = format!("{}{name}", suite.folder());
        if path.ends_with(".test.ts") && filter.is_none_or(|filter| path.contains(filter)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The history of `bin/demo`.
async fn leave_history(stack: &Stack) -> Result<()> {
    let state = State {
        status_url: stack.status_url().to_owned(),
        mock_url: stack.mock_url().to_owned(),
        database_url: stack.database_url().to_owned(),
        ..State::default()
    };
    let api = ApiClient::new(stack.ingest_url(0), &state.status_url)?;
    history::leave(&state, &api).await
}

/// A made-up history.
async fn fill(stack: &Stack) -> Result<()> {
    say(format!("making up {ROWS} evaluations"));
    let mut cargo = workspace::cargo(&["run", "--quiet", "--package", "load", "--", "stats"])?;
    cargo
        .args(["--database", stack.database_url()])
        .args(["--url", stack.status_url()])
        .args(["--rows", &ROWS.to_string(), "--fill-only"]);
    child::succeed(&mut cargo).await
}
