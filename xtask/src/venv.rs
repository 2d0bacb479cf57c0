//! Python programs for tests, each in a virtual environment of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tokio::process::Command;

use crate::paint::say;
use crate::{child, workspace};

/// A program that is installed below `target`.
pub(crate) struct Program {
    /// The directory's name.
    pub(crate) name: &'static str,
    /// What is run, below `bin`.
    pub(crate) binary: &'static str,
    /// What is installed, separated by blanks. Pinned: what it does is what the tests rely on.
    pub(crate) requirement: &'static str,
}

impl Program {
    /// Where it is, installed when it is not there yet.
    pub(crate) async fn path(&self) -> Result<PathBuf> {
        let home = workspace::target()?.join(self.name);
        let program = home.join("bin").join(self.binary);
        let note = home.join("installed");
        // Written last, so that an installation that was broken off is not taken for one.
        let installed = std::fs::read_to_string(&note).is_ok_and(|text| text == self.requirement);
        if !installed || !program.is_file() {
            let requirement = self.requirement;
            say(format!(
                "installing {requirement} into {}, once",
                home.display()
            ));
            self.install(&home).await.with_context(|| {
                format!(
                    "{requirement} is not installed and could not be: that needs python3 with its venv module, and \
                     the network"
                )
            })?;
            std::fs::write(note, requirement)?;
        }
        Ok(program)
    }

    async fn install(&self, home: &Path) -> Result<()> {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(home);
        child::succeed(&mut venv).await?;
        let mut pip = Command::new(home.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"])
            .args(self.requirement.split(' '));
        child::succeed(&mut pip).await
    }
}
