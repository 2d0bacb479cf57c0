//! The chart as a release in the current context.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::{forward::Forward, images};
use crate::chart::{self, plain, render, tools};
use crate::child;
use crate::docker;
use crate::paint::say;

/// The name of every release that these commands make.
pub(crate) const NAME: &str = "autorater";
/// How long the release may take to become ready: images of PostgreSQL and Redis may have to be pulled first.
const INSTALL_BOUND: &str = "10m";
/// How long a forwarded port may take to answer.
const FORWARD_BOUND: Duration = Duration::from_secs(60);

/// How the images of a release get into the cluster, and what else Helm is told.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// A registry that the cluster pulls from, such as `registry.example.org/team`.
    #[arg(long, value_name = "REGISTRY")]
    registry: Option<String>,
    /// Use the images that there are.
    #[arg(long)]
    no_build: bool,
    /// Arguments for `helm upgrade`, as `--set worker.replicas=3`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    args: Vec<String>,
}

impl Place {
    /// Installs the chart, with everything in it, into a namespace of the current context.
    pub(crate) async fn install(&self, namespace: &str, values: Option<&Path>) -> Result<()> {
        let context = context().await?;
        say(format!("the current context is {context}"));
        // Before minutes of building: whether the images can get there at all.
        let way = images::way(&context, self.registry.as_deref())?;
        let tools = tools::installed().await?;
        render::validate(&tools, &plain::files()?).await?;
        if !self.no_build {
            docker::engine().await?;
            docker::build(&[]).await?;
        }
        let tag = images::deliver(&way).await?;
        let mut helm = Command::new(&tools.helm);
        helm.args(["upgrade", "--install", NAME])
            .arg(chart::home()?)
            .args(["--namespace", namespace, "--create-namespace"])
            .arg("--values")
            .arg(chart::home()?.join("examples/first-try.yaml"))
            .args(["--set", &format!("image.tag={tag}")])
            .args(["--wait", "--timeout", INSTALL_BOUND]);
        if let Some(registry) = &self.registry {
            helm.args(["--set", &format!("image.registry={registry}")]);
        }
        if let Some(values) = values {
            helm.arg("--values").arg(values);
        }
        child::succeed(helm.args(&self.args)).await
    }
}

/// An object of the release, for `kubectl`.
pub(crate) fn service(name: &str) -> String {
    format!("service/{NAME}-{name}")
}

/// A port of a service of the release, forwarded, once something answers there.
pub(crate) async fn forward(namespace: &str, name: &str, port: u16) -> Result<Forward> {
    let forward = Forward::start(namespace, &service(name), port)?;
    forward.answers(FORWARD_BOUND).await?;
    Ok(forward)
}

/// The key that the chart has made.
pub(crate) async fn admin_key(namespace: &str) -> Result<String> {
    let secret = format!("{NAME}-admin-key");
    let key = "go-template={{index .data \"admin-key\" | base64decode}}";
    kubectl(namespace, &["get", "secret", &secret, "--output", key]).await
}

/// What `kubectl` prints.
pub(crate) async fn kubectl(namespace: &str, args: &[&str]) -> Result<String> {
    let mut kubectl = Command::new("kubectl");
    docker::output(kubectl.args(["--namespace", namespace]).args(args)).await
}

/// The current context, of a cluster that answers.
async fn context() -> Result<String> {
    let asked = |args: &'static [&'static str]| async move {
        let mut kubectl = Command::new("kubectl");
        docker::output(kubectl.args(args)).await
    };
    let context = asked(&["config", "current-context"]).await.context(
        "there is no current Kubernetes context: `kubectl config use-context NAME` sets one",
    )?;
    let version = asked(&["version", "--output=json", "--request-timeout=10s"]).await;
    let answers = version.is_ok_and(|version| version.contains("serverVersion"));
    ensure!(
        answers,
        "the cluster of the context {context} does not answer"
    );
    Ok(context)
}
