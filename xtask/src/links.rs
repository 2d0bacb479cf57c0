//! Relative links in the Markdown files that lead nowhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::paint::say;

/// Checks every `*.md` below `root`; an error when a link is broken.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(root, &mut files)?;
    let mut broken = 0;
    for file in &files {
        for (line, target) in links(&fs::read_to_string(file)?) {
            if leads_nowhere(root, file, &target) {
                broken += 1;
                say(format!(
                    "{}:{line}: {target}",
                    file.strip_prefix(root).unwrap_or(file).display()
                ));
            }
        }
    }
    ensure!(broken == 0, "{broken} broken links");
    say(format!("{} files", files.len()));
    Ok(())
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !path.is_symlink() {
            // A directory with this file holds a cache, as cargo's target directory does.
            if !["target", "node_modules", ".git"].contains(&&*name)
                && !path.join("CACHEDIR.TAG").exists()
            {
                collect(&path, files)?;
            }
        } else if name.ends_with(".md") {
            files.push(path);
        }
    }
    Ok(())
}

/// Targets of `[text](target)` with their line numbers, outside code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every second part is inline code.
        let prose: Vec<&str> = line.split('`').step_by(2).collect();
        for part in prose.join("``").split("](").skip(1) {
            if let Some((target, _)) = part.split_once(')') {
                let target = target.split_whitespace().next().unwrap_or_default();
                found.push((index + 1, target.to_owned()));
            }
        }
    }
    found
}

fn leads_nowhere(root: &Path, file: &Path, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return false;
    }
    match path.strip_prefix('/') {
        Some(from_root) => !root.join(from_root).exists(),
        None => !file.with_file_name(path).exists(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_code_only() {
        let text = "see [a](a.md#x), [b](<b> \"t\")\n`[no](c.md)` [d](d.md)\n```\n[no](e.md)\n```\n[f](f.md)";
        let targets: Vec<String> = links(text)
            .into_iter()
            .map(|(line, target)| format!("{line}:{target}"))
            .collect();
        assert_eq!(targets, ["1:a.md#x", "1:<b>", "2:d.md", "6:f.md"]);
    }

    #[test]
    fn only_relative_targets_that_do_not_exist_are_broken() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = root.join("README.md");
        for fine in [
            "Cargo.toml",
            "src/main.rs#L1",
            "/Cargo.toml",
            "#here",
            "https://example.com/x",
            "mailto:a@b",
        ] {
            assert!(!leads_nowhere(root, &file, fine), "{fine}");
        }
        assert!(leads_nowhere(root, &file, "absent.md"));
    }
}
