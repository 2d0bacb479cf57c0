//! `k8s/`: plain manifests for those without Helm, a file for each component.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use super::{home, render::render, tools::Tools};
use crate::paint::say;
use crate::workspace;

const HEAD: &str = "# Made from helm/autorater with examples/plain.yaml by `cargo xtask chart --write`: change those.\n";

type Files = BTreeMap<String, String>;

/// The files that there should be.
async fn wanted(tools: &Tools) -> Result<Files> {
    let values = home()?.join("examples/plain.yaml");
    split(&render(tools, &values, &["--skip-tests"]).await?)
}

/// Sorts manifests into files by the component's directory below `templates`, which Helm names above each.
fn split(rendered: &str) -> Result<Files> {
    let mut files = Files::new();
    for document in rendered.split("---\n").filter(|part| !part.is_empty()) {
        let (source, body) = document
            .strip_prefix("# Source: autorater/templates/")
            .and_then(|rest| rest.split_once('\n'))
            .context("a manifest without its source")?;
        let (component, _) = source
            .split_once('/')
            .with_context(|| format!("{source} belongs to no component"))?;
        let file = files
            .entry(format!("{component}.yaml"))
            .or_insert_with(|| HEAD.to_owned());
        file.push_str("---\n");
        for line in body.trim_end().lines().filter(|line| !is_of_helm(line)) {
            file.push_str(line.trim_end());
            file.push('\n');
        }
    }
    Ok(files)
}

/// Labels that would say that Helm looks after an object.
fn is_of_helm(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("helm.sh/chart: ") || line == "app.kubernetes.io/managed-by: Helm"
}

fn directory() -> Result<PathBuf> {
    Ok(workspace::root()?.join("k8s"))
}

/// The files that there are.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory()?)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Writes them anew.
pub(crate) async fn write(tools: &Tools) -> Result<()> {
    let directory = directory()?;
    std::fs::create_dir_all(&directory)?;
    for file in files()? {
        std::fs::remove_file(file)?;
    }
    for (name, content) in wanted(tools).await? {
        std::fs::write(directory.join(&name), content)?;
        say(format!("k8s/{name}"));
    }
    Ok(())
}

/// An error unless they are what the chart makes.
pub(crate) async fn check(tools: &Tools) -> Result<()> {
    let mut there = Files::new();
    for path in files()? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        there.insert(name.into_owned(), std::fs::read_to_string(&path)?);
    }
    let wanted = wanted(tools).await?;
    let names: std::collections::BTreeSet<_> = there.keys().chain(wanted.keys()).collect();
    let differ: Vec<_> = names
        .into_iter()
        .filter(|name| there.get(*name) != wanted.get(*name))
        .map(String::as_str)
        .collect();
    ensure!(
        differ.is_empty(),
        "k8s/ is not what the chart makes: {}. `cargo xtask chart --write` makes it anew",
        differ.join(", ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_go_into_the_file_of_their_component() {
        let rendered = "---\n# Source: autorater/templates/a/x.yaml\nkind: X\n  helm.sh/chart: c-1\n\
                        ---\n# Source: autorater/templates/b/y.yaml\nkind: Y\n\n\
                        ---\n# Source: autorater/templates/a/z.yaml\nkind: Z\n";
        let files = split(rendered).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!(
            files["a.yaml"],
            format!("{HEAD}---\nkind: X\n---\nkind: Z\n")
        );
        assert_eq!(files["b.yaml"], format!("{HEAD}---\nkind: Y\n"));
    }

    #[test]
    fn a_manifest_of_no_component_is_an_error() {
        split("---\n# Source: autorater/templates/x.yaml\nkind: X\n").unwrap_err();
    }
}
