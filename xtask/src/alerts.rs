//! The alerts: one source, from which the chart's and those of `deploy` are made, and a section of the runbook for each.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::{chart, workspace};

/// Where those are that a Prometheus reads as they are.
pub(crate) const MADE: &str = "deploy/alerts.yml";
const RUNBOOK: &str = "docs/runbook.md";
/// What stands for a value of `monitoring.prometheusRule`.
const VALUES: [&str; 4] = [
    "interactiveSeconds",
    "batchSeconds",
    "failedPercent",
    "deadLettersPerHour",
];

/// Writes the rules of `deploy` anew.
pub(crate) fn write() -> Result<()> {
    Ok(fs::write(workspace::root()?.join(MADE), made()?)?)
}

/// An error where the rules of `deploy` are others than the chart's, or an alert has no section in the runbook.
pub(crate) fn check() -> Result<()> {
    let root = workspace::root()?;
    let rules = fs::read_to_string(root.join(MADE))?;
    ensure!(
        rules == made()?,
        "{MADE} is not what helm/autorater/files/alerts.yaml gives; `cargo xtask prometheus --write` makes it anew"
    );
    let runbook = fs::read_to_string(root.join(RUNBOOK))?;
    let tests = fs::read_to_string(root.join("deploy/alerts_test.yml"))?;
    let missing = without_help(&rules, &runbook, &tests);
    ensure!(missing.is_empty(), "{}", missing.join("\n"));
    Ok(())
}

/// With the chart's defaults, and without what only Kubernetes has.
fn made() -> Result<String> {
    let home = chart::home()?;
    let source = fs::read_to_string(home.join("files/alerts.yaml"))?;
    let values = fs::read_to_string(home.join("values.yaml"))?;
    let (_, rules) = source
        .split_once("\ngroups:\n")
        .context("files/alerts.yaml has no groups")?;
    let mut rules = rules
        .replace("$group", "autorater")
        .replace("$orNoReplicaReady", "")
        .replace("{$release,", "{")
        .replace("{$release", "{")
        .replace("$runbook#", &format!("{RUNBOOK}#"));
    for name in VALUES {
        let value = default_of(name, &values).with_context(|| format!("no value {name}"))?;
        rules = rules.replace(&format!("${name}"), value);
    }
    Ok(format!(
        "# Made of helm/autorater/files/alerts.yaml by `cargo xtask prometheus --write`: edit that.\ngroups:\n{rules}"
    ))
}

fn default_of<'v>(name: &str, values: &'v str) -> Option<&'v str> {
    values
        .lines()
        .find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "))
}

/// What is wrong with each alert that nobody is helped with.
fn without_help(rules: &str, runbook: &str, tests: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut blocks = rules.split("- alert: ");
    // What stands before the first.
    blocks.next();
    for block in blocks {
        let name = block.lines().next().unwrap_or_default().trim();
        let anchor = name.to_lowercase();
        if !block.contains(&format!("runbook_url: {RUNBOOK}#{anchor}\n")) {
            wrong.push(format!(
                "{name} has no runbook_url that leads to its section"
            ));
        }
        if !runbook.contains(&format!("\n### {name}\n")) {
            wrong.push(format!("{name} has no section in {RUNBOOK}"));
        }
        if !tests.contains(name) {
            wrong.push(format!("{name} has no test in deploy/alerts_test.yml"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_deploy_are_the_charts_and_each_alert_has_its_section() {
        check().unwrap();
    }

    #[test]
    fn an_alert_without_a_section_is_found() {
        let rules = "groups:\n- alert: A\n  runbook_url: docs/runbook.md#a\n- alert: B\n  x: y\n";
        let wrong = without_help(rules, "\n### A\n", "A");
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong.iter().all(|line| line.starts_with("B ")), "{wrong:?}");
    }
}
