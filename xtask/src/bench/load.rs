//! Running the load generator, and what it says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::workspace;

/// What a run of it found.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) count: u64,
    pub(crate) latency_ms: Option<Latency>,
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, u64>,
    pub(crate) machine: Option<Busy>,
}

/// In milliseconds.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

/// Shares of the time of all cores.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Busy {
    pub(crate) busy: f64,
    pub(crate) disk_wait: f64,
    /// Taken by the host of a virtual machine.
    pub(crate) stolen: f64,
}

/// Megabytes in a second, on one core.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Speed {
    pub(crate) megabytes_per_second: f64,
    pub(crate) parse: f64,
    pub(crate) compress: f64,
}

/// The load generator.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    program: PathBuf,
    /// Source code to post.
    corpus: PathBuf,
}

/// What is posted.
#[derive(Debug, Clone)]
pub(crate) struct Posts {
    /// Bytes of source code in each.
    pub(crate) size: usize,
    pub(crate) same: bool,
    pub(crate) connections: usize,
    pub(crate) seconds: f64,
    /// In a second; as many as can be without it.
    pub(crate) rate: Option<f64>,
}

impl Load {
    pub(crate) async fn build() -> Result<Self> {
        let mut cargo = workspace::cargo(&["build", "--release", "--package", "load"])?;
        crate::child::succeed(&mut cargo).await?;
        Ok(Self {
            program: workspace::target()?.join("release/load"),
            corpus: workspace::root()?.join("crates"),
        })
    }

    /// One, and the directory of the services: those that are built in a directory, or release builds.
    pub(crate) async fn with_services(built: Option<&Path>) -> Result<(Self, PathBuf)> {
        let Some(dir) = built else {
            return Ok((Self::build().await?, workspace::binaries(true).await?));
        };
        let load = Self {
            program: dir.join("load"),
            corpus: workspace::root()?.join("crates"),
        };
        Ok((load, dir.to_owned()))
    }

    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(name).kill_on_drop(true);
        command
    }

    /// A command with payloads of so many bytes of source code.
    pub(crate) fn of_payloads(&self, name: &str, size: usize) -> Command {
        let mut command = self.command(name);
        command.args(["--size", &size.to_string(), "--corpus"]);
        command.arg(&self.corpus);
        command
    }

    /// Posts evaluations, and says what became of them. Answers other than those of success are an error.
    pub(crate) async fn post(&self, url: &str, posts: &Posts) -> Result<Figures> {
        let mut command = self.of_payloads("http", posts.size);
        command
            .args(["--url", &format!("{url}/v1/evaluations")])
            .args(["--connections", &posts.connections.to_string()])
            .args(["--seconds", &posts.seconds.to_string()]);
        if posts.same {
            command.arg("--same");
        }
        if let Some(rate) = posts.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        answered(url, &mut command).await
    }

    /// Reads what stands at the paths in a file, as fast as it can be, and says what became of it.
    pub(crate) async fn get(
        &self,
        url: &str,
        paths: &Path,
        connections: usize,
        seconds: f64,
    ) -> Result<Figures> {
        let mut command = self.command("get");
        command
            .args(["--url", url, "--paths"])
            .arg(paths)
            .args(["--connections", &connections.to_string()])
            .args(["--seconds", &seconds.to_string()]);
        answered(url, &mut command).await
    }
}

/// What a run found; answers other than those of success are an error.
async fn answered(url: &str, command: &mut Command) -> Result<Figures> {
    let figures: Figures = figures(command).await?;
    let is_good = |status: &String| status == "202" || status == "200";
    ensure!(
        figures.answers.keys().all(is_good),
        "answers of {url}: {:?}",
        figures.answers
    );
    Ok(figures)
}

/// Runs it to its end, and reads its line.
pub(crate) async fn figures<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("starting the load generator")?;
    ensure!(
        output.status.success(),
        "the load generator ended with {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).context("reading what the load generator found")
}
