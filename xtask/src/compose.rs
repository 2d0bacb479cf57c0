//! A project of docker-compose.yml of one's own, on free ports, beside one that may be running.

use anyhow::{Context as _, Result};
use local_stack::ports;
use tokio::process::Command;

use crate::paint::say;
use crate::{child, docker, workspace};

/// What is set on this machine and is not meant for the test: it must never ask, and pay, a real provider.
const UNSET: [&str; 5] = [
    "OPENAI_BASE_URL",
    "OPENAI_API_KEY",
    "SCORING_MODEL",
    "POSTGRES_PASSWORD",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// The ports that are open on this machine.
const PORTS: [&str; 5] = [
    "INGEST_PORT",
    "STATUS_PORT",
    "MOCK_PORT",
    "PROMETHEUS_PORT",
    "GRAFANA_PORT",
];

pub(crate) struct Compose {
    program: Vec<&'static str>,
    project: String,
    ports: Vec<(&'static str, u16)>,
}

impl Compose {
    /// Finds out how compose is called here.
    pub(crate) async fn find() -> Result<Self> {
        for program in [vec!["docker", "compose"], vec!["docker-compose"]] {
            let compose = Self {
                program,
                project: format!("autorater-test-{}", std::process::id()),
                ports: PORTS.map(|name| (name, ports::free())).to_vec(),
            };
            let asked = docker::output(&mut compose.command(&["version", "--short"])?).await;
            // Version 1 cannot read the file.
            if let Ok(version) = asked
                && !version.starts_with("1.")
            {
                say(format!("Compose {version}"));
                return Ok(compose);
            }
        }
        anyhow::bail!(
            "neither `docker compose` nor `docker-compose` of version 2 or later is there"
        )
    }

    /// Compose with arguments.
    pub(crate) fn command(&self, args: &[&str]) -> Result<Command> {
        let (first, rest) = self.program.split_first().context("no program")?;
        let mut command = Command::new(first);
        command
            .args(rest)
            .args(["--project-name", &self.project, "--env-file", "/dev/null"])
            .args(["--ansi", "never", "--progress", "quiet"])
            .args(["--profile", "monitoring"])
            .args(args)
            .envs(
                self.ports
                    .iter()
                    .map(|(name, port)| (*name, port.to_string())),
            )
            .current_dir(workspace::root()?)
            .kill_on_drop(true);
        for name in UNSET {
            command.env_remove(name);
        }
        Ok(command)
    }

    /// Starts services with what they depend on, and waits until they are well.
    pub(crate) async fn up(&self, args: &[&str]) -> Result<()> {
        let mut all = vec![
            "up",
            "--detach",
            "--no-build",
            "--wait",
            "--wait-timeout",
            "180",
        ];
        all.extend(args);
        child::succeed(&mut self.command(&all)?).await
    }

    /// The ids of a service's containers, ended ones too.
    pub(crate) async fn containers(&self, service: &str) -> Result<Vec<String>> {
        let ids = docker::output(&mut self.command(&["ps", "--all", "--quiet", service])?).await?;
        Ok(ids.lines().map(str::to_owned).collect())
    }

    /// The images that the project asks for, those of others only.
    pub(crate) async fn images_of_others(&self) -> Result<Vec<String>> {
        let images = docker::output(&mut self.command(&["config", "--images"])?).await?;
        let others = images
            .lines()
            .filter(|image| !image.starts_with("autorater/"));
        Ok(others.map(str::to_owned).collect())
    }

    /// Where a port of the project is.
    pub(crate) fn url(&self, port: &str) -> String {
        let found = self.ports.iter().find(|(name, _)| *name == port);
        format!("http://127.0.0.1:{}", found.map_or(0, |(_, port)| *port))
    }

    /// The first API key, which a service of its own has printed.
    pub(crate) async fn admin_key(&self) -> Result<String> {
        let mut logs = self.command(&["logs", "--no-color", "--no-log-prefix", "admin-key"])?;
        let printed = docker::output(&mut logs).await?;
        let key = printed.lines().find(|line| line.starts_with("autorater_"));
        key.map(|key| key.trim().to_owned())
            .context("the service admin-key has printed no key")
    }

    /// The last lines of every log.
    pub(crate) async fn logs(&self) -> Result<String> {
        docker::output(&mut self.command(&["logs", "--no-color", "--tail", "8"])?).await
    }

    /// Removes all of it, the data too.
    pub(crate) async fn down(&self) -> Result<()> {
        let down = ["down", "--volumes", "--remove-orphans", "--timeout", "5"];
        docker::output(&mut self.command(&down)?).await.map(drop)
    }
}
