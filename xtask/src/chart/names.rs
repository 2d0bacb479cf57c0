//! Metrics and settings that the chart and `deploy` name must exist.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};

use super::home;
use crate::workspace;

/// An error when the chart, or a file of `deploy`, names a metric or a setting that no service knows.
pub(crate) fn check() -> Result<()> {
    let mut chart = String::new();
    collect(&home()?.join("templates"), &mut chart)?;
    collect(&home()?.join("files"), &mut chart)?;
    collect(&home()?.join("examples"), &mut chart)?;
    let root = workspace::root()?;
    collect(&root.join("deploy"), &mut chart)?;
    let metrics = std::fs::read_to_string(root.join("crates/service/src/metrics.rs"))?;
    let settings = std::fs::read_to_string(root.join("crates/service/SETTINGS.md"))?;
    let unknown: Vec<_> = names(&chart)
        .into_iter()
        .filter(|name| !is_known(name, &metrics, &settings))
        .collect();
    ensure!(
        unknown.is_empty(),
        "the chart or deploy names what no service knows: {}",
        unknown.join(", ")
    );
    Ok(())
}

fn collect(directory: &Path, text: &mut String) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, text)?;
        } else {
            text.push_str(&std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Words that look like one of ours.
fn names(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("autorater_") || word.starts_with("AUTORATER_"))
        .collect()
}

fn is_known(name: &str, metrics: &str, settings: &str) -> bool {
    if name.starts_with("AUTORATER_") {
        return settings.contains(&format!("`{name}`"));
    }
    let series = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name);
    // The counter of money is written as text.
    metrics.contains(&format!("\"{series}\"")) || metrics.contains(&format!("\\n{series} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_a_histogram_are_known_by_its_name() {
        let metrics = r#"= "autorater_call_seconds"; "…\nautorater_cost_total {}""#;
        assert!(is_known("autorater_call_seconds_bucket", metrics, ""));
        assert!(is_known("autorater_cost_total", metrics, ""));
        assert!(!is_known("autorater_call", metrics, ""));
    }

    #[test]
    fn settings_are_known_whole() {
        assert!(is_known("AUTORATER__A__B", "", "`AUTORATER__A__B`"));
        assert!(!is_known("AUTORATER__A", "", "`AUTORATER__A__B`"));
    }

    #[test]
    fn names_are_found_between_other_letters() {
        let found = names("sum(autorater_a{x=\"y\"}) by app_kubernetes_io AUTORATER__B: 1");
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["AUTORATER__B", "autorater_a"]
        );
    }
}
