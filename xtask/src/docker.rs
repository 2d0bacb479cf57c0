//! The Docker engine, through its command line.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::process::Command;

use crate::paint::say;
use crate::{child, workspace};

/// The images that the Dockerfile makes.
pub(crate) const TARGETS: [&str; 4] = ["ingest-api", "scorer-worker", "status-api", "mock-llm"];

/// `docker` with arguments, in the root.
pub(crate) fn docker(args: &[&str]) -> Result<Command> {
    let mut command = Command::new("docker");
    command
        .args(args)
        .current_dir(workspace::root()?)
        .kill_on_drop(true);
    Ok(command)
}

/// What a command prints. Failing is an error with its words.
pub(crate) async fn output(command: &mut Command) -> Result<String> {
    let shown = format!("{:?}", command.as_std());
    let output = command
        .output()
        .await
        .with_context(|| format!("running {shown}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown}: {}", complaint.trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a command ends with success.
pub(crate) async fn succeeds(command: &mut Command) -> bool {
    command
        .output()
        .await
        .is_ok_and(|output| output.status.success())
}

/// An error unless an engine answers.
pub(crate) async fn engine() -> Result<()> {
    let asked = output(&mut docker(&["version", "--format={{.Server.Version}}"])?).await;
    let version = asked.context(
        "no Docker engine answers: install Docker and start it (`systemctl start docker`, or `dockerd` as root)",
    )?;
    say(format!("Docker {version}"));
    Ok(())
}

/// Whether the engine has the image or a registry gives it.
pub(crate) async fn has_or_pulls(image: &str) -> Result<bool> {
    Ok(succeeds(&mut docker(&["image", "inspect", image])?).await
        || succeeds(&mut docker(&["pull", "--quiet", image])?).await)
}

/// Makes sure that the engine has an official image, or else one that stands in for it.
pub(crate) async fn provide(image: &str) -> Result<()> {
    if !has_or_pulls(image).await? {
        say(format!(
            "{image} cannot be pulled; Debian's packages stand in for it"
        ));
        let mut command = Command::new(workspace::root()?.join("xtask/cluster/stand-ins"));
        child::succeed(command.arg(image))
            .await
            .with_context(|| format!("there is no {image}"))?;
    }
    Ok(())
}

/// Builds the images of all targets and says how large they are. The arguments go to `docker build`.
pub(crate) async fn build(args: &[String]) -> Result<()> {
    for image in bases(&workspace::root()?.join("Dockerfile"))? {
        provide(&image).await?;
    }
    for target in TARGETS {
        say(format!("building {}", name(target)));
        let mut command = docker(&["build", "--target", target, "--tag", &name(target)])?;
        // A cached build is a screenful of noise for each target; a failed one says what it said last.
        output(command.args(args).arg(".")).await?;
    }
    for target in TARGETS {
        let name = name(target);
        let mut inspect = docker(&["image", "inspect", "--format={{.Size}}", &name])?;
        let bytes: f64 = output(&mut inspect)
            .await?
            .parse()
            .context("the size of an image")?;
        say(format!("{name:<26} {:>6.1} MB", bytes / 1e6));
    }
    Ok(())
}

/// What docker-compose.yml calls the image of a target.
pub(crate) fn name(target: &str) -> String {
    format!("autorater/{target}:{}", tag())
}

/// The tag of the images.
pub(crate) fn tag() -> String {
    std::env::var("AUTORATER_TAG").unwrap_or_else(|_| "dev".to_owned())
}

/// The images that a Dockerfile begins with: not those of its own stages.
fn bases(dockerfile: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(dockerfile)?;
    let mut stages = vec!["scratch"];
    let mut bases: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("FROM ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, image, _, stage] = words[..] else {
            bail!("unusual: {line}")
        };
        if !stages.contains(&image) && !bases.iter().any(|base| base == image) {
            bases.push(image.to_owned());
        }
        stages.push(stage);
    }
    Ok(bases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_is_a_stage_of_the_dockerfile() {
        let file = workspace::root().unwrap().join("Dockerfile");
        let text = std::fs::read_to_string(&file).unwrap();
        for target in TARGETS {
            assert!(
                text.contains(&format!("FROM base AS {target}\n")),
                "{target}"
            );
        }
        let bases = bases(&file).unwrap();
        assert!(
            matches!(&bases[..], [rust] if rust.starts_with("rust:")),
            "{bases:?}"
        );
    }

    #[test]
    fn the_dashboard_shows_metrics_that_there_are() {
        let root = workspace::root().unwrap();
        let read = |path| std::fs::read_to_string(root.join(path)).unwrap();
        let dashboard: serde_json::Value =
            serde_json::from_str(&read("helm/autorater/files/dashboard.json")).unwrap();
        let declared = read("crates/service/src/metrics.rs");
        let text = dashboard["panels"].to_string();
        let is_of_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let names = text
            .match_indices("autorater_")
            .map(|(start, _)| text.split_at(start).1)
            .map(|rest| rest.split(|c| !is_of_name(c)).next().unwrap())
            .map(|name| name.trim_end_matches("_bucket"));
        for name in names {
            // The one that is written by hand stands in a longer text.
            let there = declared.contains(&format!("\"{name}\""))
                || declared.contains(&format!("# TYPE {name} "));
            assert!(there, "{name}");
        }
    }
}
