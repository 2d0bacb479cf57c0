//! A LiteLLM proxy for the tests, in a virtual environment of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tokio::process::Command;

use crate::paint::say;
use crate::{child, workspace};

/// What is installed. Pinned, because the tests are about how this very version words things.
const REQUIREMENT: &str = "litellm[proxy]==1.106.2";
/// Tells the tests where the proxy is.
pub(crate) const VARIABLE: &str = "AUTORATER_LITELLM";
/// The test program that needs it.
pub(crate) const TEST: &str = "litellm";

/// The program, installed below `target` when it is not there yet.
pub(crate) async fn program() -> Result<PathBuf> {
    let home = workspace::target()?.join("litellm");
    let program = home.join("bin/litellm");
    let note = home.join("installed");
    // Written last, so that an installation that was broken off is not taken for one.
    let installed = std::fs::read_to_string(&note).is_ok_and(|text| text == REQUIREMENT);
    if !installed || !program.is_file() {
        say(format!(
            "installing {REQUIREMENT} into {}, once",
            home.display()
        ));
        install(&home).await.with_context(|| {
            format!(
                "{REQUIREMENT} is not installed and could not be: that needs python3 with its venv module, and \
                 the network"
            )
        })?;
        std::fs::write(note, REQUIREMENT)?;
    }
    Ok(program)
}

async fn install(home: &Path) -> Result<()> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(home);
    child::succeed(&mut venv).await?;
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"])
        .arg(REQUIREMENT);
    child::succeed(&mut pip).await
}
