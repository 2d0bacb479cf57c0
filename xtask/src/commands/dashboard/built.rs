//! The built files: whether they are what the sources give, and how large they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::paint::say;

/// All of it as a browser gets it by gzip, in bytes.
const BUDGET: usize = 100 * 1024;
/// What compressed files end with.
const COMPRESSED: [&str; 2] = [".br", ".gz"];

/// Whether two folders hold the same, byte for byte. Files that are others compressed only have to be there: another
/// Node.js compresses otherwise. Whether they unpack to the same, a unit test sees.
pub(super) fn compare(kept: &Path, again: &Path) -> Result<()> {
    let (kept, again) = (files(kept)?, files(again)?);
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    let advice = "run `cargo xtask dashboard`, and commit dashboard/dist";
    ensure!(
        names(&kept) == names(&again),
        "dashboard/dist holds other files than the sources give; {advice}"
    );
    for (name, bytes) in &kept {
        let is_compressed = COMPRESSED.iter().any(|ending| name.ends_with(ending));
        ensure!(
            is_compressed || again.get(name) == Some(bytes),
            "dashboard/dist/{name} is not what the sources give; {advice}"
        );
    }
    Ok(())
}

/// Whether the whole application keeps to its budget.
pub(super) fn check_size(dist: &Path) -> Result<()> {
    let files = files(dist)?;
    let size: usize = files
        .iter()
        .filter(|(name, _)| name.ends_with(".gz"))
        .map(|(_, bytes)| bytes.len())
        .sum();
    say(format!(
        "{size} of {BUDGET} bytes (gzip), all pages together"
    ));
    ensure!(size <= BUDGET, "the dashboard is too large");
    Ok(())
}

/// By their paths within a folder.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("reading {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                found.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(found)
}
