//! What the chart makes of values.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::{home, tools::Tools};
use crate::child;

/// Files with values for which the chart must be right: the examples, and those of the tests, one of which turns every
/// switch.
pub(crate) fn value_files() -> Result<Vec<PathBuf>> {
    let home = home()?;
    let mut files = Vec::new();
    for directory in ["examples", "tests/values"] {
        for entry in std::fs::read_dir(home.join(directory))? {
            files.push(entry?.path());
        }
    }
    files.sort();
    Ok(files)
}

/// All manifests, as text.
pub(crate) async fn render(tools: &Tools, values: &Path, more: &[&str]) -> Result<String> {
    let output = Command::new(&tools.helm)
        .args(["template", "autorater"])
        .arg(home()?)
        .args(["--namespace", "autorater", "--values"])
        .arg(values)
        .args(more)
        .output()
        .await
        .context("starting helm")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} does not render: {}",
        values.display(),
        complaint.trim()
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// `helm lint --strict` with each file.
pub(crate) async fn lint(tools: &Tools) -> Result<()> {
    for file in value_files()? {
        let mut helm = Command::new(&tools.helm);
        helm.args(["lint", "--strict", "--quiet", "--values"])
            .arg(&file)
            .arg(home()?);
        child::succeed(&mut helm)
            .await
            .with_context(|| format!("with {}", file.display()))?;
    }
    Ok(())
}

/// Every manifest of every file, and those in `k8s/`, asked of the API server's code.
pub(crate) async fn validate(tools: &Tools, plain: &[PathBuf]) -> Result<()> {
    let scratch = crate::workspace::target()?.join("tools/rendered");
    std::fs::create_dir_all(&scratch)?;
    let mut command = Command::new(&tools.manifests);
    command.arg("--definitions").arg(&tools.definitions);
    for file in value_files()? {
        let name = file.file_name().context("a file without a name")?;
        let rendered = scratch.join(name);
        std::fs::write(&rendered, render(tools, &file, &[]).await?)?;
        command.arg(rendered);
    }
    child::succeed(command.args(plain)).await
}

/// An edit of the settings must change no pod, because it is watched; one of the environment must.
pub(crate) async fn settings_restart_nothing(tools: &Tools) -> Result<()> {
    let values = home()?.join("examples/plain.yaml");
    for component in ["ingest-api", "status-api", "scorer-worker"] {
        let template = format!("templates/{component}/deployment.yaml");
        let mut rendered = Vec::new();
        for set in [
            "settings=#1",
            "settings=#2",
            "settings=#1,scoringModel=other",
        ] {
            let more = ["--show-only", &template, "--set-string", set];
            rendered.push(render(tools, &values, &more).await?);
        }
        let [one, other, model] = rendered.as_slice() else {
            unreachable!("three were rendered");
        };
        ensure!(
            one == other,
            "an edit of `settings` restarts the pods of {component}"
        );
        ensure!(
            one != model,
            "another `scoringModel` does not restart the pods of {component}"
        );
    }
    Ok(())
}
