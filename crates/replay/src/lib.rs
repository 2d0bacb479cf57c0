//! Recorded replies of real judges through our own parsers, strategies and aggregation, without a network: what comes out,
//! against what was published.
//!
//! A *set* is a folder of records; a *manifest* says in the terms of the API how its replies are read and which figures are
//! expected. Nothing here knows a set: a further one of the same kinds needs a manifest and no code.

mod checks;
mod figures;
mod judge;
mod manifest;
mod reading;
mod records;
mod said;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

pub use checks::{CheckResult, SetReport};
pub use manifest::Manifest;
pub use reading::{Extent, OddReply, Tally};
pub use records::is_set;
pub use said::Source;

/// The manifest of a set: `replay.toml` in its folder, else the one in `manifests` that has the folder's name.
#[must_use]
pub fn manifest_of(folder: &Path, manifests: &Path) -> Option<PathBuf> {
    let beside = folder.join("replay.toml");
    let named = folder.file_name().map(|name| {
        let mut name = name.to_owned();
        name.push(".toml");
        manifests.join(name)
    });
    [Some(beside), named]
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
}

/// Replays a set and compares.
///
/// # Errors
/// The manifest or the records cannot be read, or do not fit together.
pub fn replay(folder: &Path, manifest: &Path, extent: Extent) -> Result<SetReport> {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let manifest = Manifest::load(manifest)?;
    let set = records::Set::load(folder)?;
    let readings = reading::read_all(&set, &manifest, extent)
        .with_context(|| format!("reading the replies of {name}"))?;
    checks::check(name, &set, &manifest, readings, extent)
}
