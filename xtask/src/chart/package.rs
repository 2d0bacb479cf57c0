//! The chart as it is published: a package, its provenance, and an OCI layout of both.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tokio::process::Command;

use super::{home, tools, tools::Tools};
use crate::child;
use crate::paint::say;

/// By whom a package is signed.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Signature {
    /// Sign the package: the name of an OpenPGP key, which makes its provenance (`.prov`).
    #[arg(long, value_name = "NAME", requires = "keyring")]
    sign: Option<String>,
    /// The keyring with that key, as `gpg --export-secret-keys` writes it.
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
}

/// Makes the package and the layout `oci` in `directory`; signed, the provenance is verified, too.
pub(crate) async fn make(tools: &Tools, directory: &Path, signature: &Signature) -> Result<()> {
    std::fs::create_dir_all(directory)?;
    let mut helm = Command::new(&tools.helm);
    helm.arg("package")
        .arg(home()?)
        .arg("--destination")
        .arg(directory);
    if let (Some(name), Some(keyring)) = (&signature.sign, &signature.keyring) {
        helm.args(["--sign", "--key", name, "--keyring"])
            .arg(keyring);
    }
    child::succeed(&mut helm).await?;
    let package = directory.join(format!("autorater-{}.tgz", version()?));
    if let Some(keyring) = signature.sign.as_ref().and(signature.keyring.as_ref()) {
        let mut helm = Command::new(&tools.helm);
        helm.arg("verify")
            .arg(&package)
            .arg("--keyring")
            .arg(keyring);
        child::succeed(&mut helm).await?;
    }
    let layout = directory.join("oci");
    let program = tools::layout().await?;
    child::succeed(Command::new(program).arg(&package).arg(&layout)).await?;
    say(format!("{} and {}", package.display(), layout.display()));
    Ok(())
}

fn version() -> Result<String> {
    let chart = std::fs::read_to_string(home()?.join("Chart.yaml"))?;
    let version = chart
        .lines()
        .find_map(|line| line.strip_prefix("version: "));
    Ok(version
        .context("Chart.yaml has no version")?
        .trim()
        .to_owned())
}
