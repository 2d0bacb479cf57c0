//! Writes the table of the dashboard's built files, which `dashboard.rs` includes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboard/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    find(&dist, &mut files)
        .map_err(|error| io::Error::other(format!("{}: {error}", dist.display())))?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let path = file.strip_prefix(&dist).map_err(io::Error::other)?;
        let compressed = |ending: &str| {
            let mut name = file.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        };
        table.push_str(&format!(
            "    File {{ path: {:?}, identity: include_bytes!({:?}), brotli: include_bytes!({:?}), gzip: include_bytes!({:?}) }},\n",
            format!("/{}", path.display()),
            file,
            compressed(".br"),
            compressed(".gz"),
        ));
    }
    table.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(Path::new(&out).join("dashboard_files.rs"), table)
}

/// The files in a folder and below it, but for those that are others compressed.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path
            .extension()
            .is_none_or(|ending| ending != "br" && ending != "gz")
        {
            files.push(path);
        }
    }
    Ok(())
}
