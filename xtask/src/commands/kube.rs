//! `cargo xtask kube`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::chart::{self, plain, render, tools};
use crate::child;
use crate::commands::demo;
use crate::docker;
use crate::kube::{forward::Forward, images};
use crate::paint::say;

/// How long the release may take to become ready: images of PostgreSQL and Redis may have to be pulled first.
const INSTALL_BOUND: &str = "10m";
/// How long a forwarded port may take to answer.
const FORWARD_BOUND: Duration = Duration::from_secs(60);
const RELEASE: &str = "autorater";

/// Install the chart with everything in it into the current Kubernetes context, and judge some examples there.
///
/// Builds the images and loads them into a kind, minikube or k3d cluster; for any other, `--registry` says where to push
/// them. PostgreSQL, Redis and a simulated provider come with the release, so it needs nothing and costs nothing.
/// `helm uninstall` and `kubectl delete namespace` take it away again.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The namespace; made where it is not there.
    #[arg(long, default_value = "autorater")]
    namespace: String,
    /// A registry that the cluster pulls from, such as `registry.example.org/team`.
    #[arg(long, value_name = "REGISTRY")]
    registry: Option<String>,
    /// Use the images that there are.
    #[arg(long)]
    no_build: bool,
    /// Install only; judge nothing.
    #[arg(long)]
    no_demo: bool,
    /// Arguments for `helm upgrade`, as `--set worker.replicas=3`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    args: Vec<String>,
}

pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let context = context().await?;
    say(format!("the current context is {context}"));
    // Before minutes of building: whether the images can get there at all.
    let way = images::way(&context, args.registry.as_deref())?;
    let tools = tools::installed().await?;
    render::validate(&tools, &plain::files()?).await?;
    if !args.no_build {
        docker::engine().await?;
        docker::build(&[]).await?;
    }
    let tag = images::deliver(&way).await?;
    let mut helm = Command::new(&tools.helm);
    helm.args(["upgrade", "--install", RELEASE])
        .arg(chart::home()?)
        .args(["--namespace", &args.namespace, "--create-namespace"])
        .arg("--values")
        .arg(chart::home()?.join("examples/first-try.yaml"))
        .args(["--set", &format!("image.tag={tag}")])
        .args(["--wait", "--timeout", INSTALL_BOUND]);
    if let Some(registry) = &args.registry {
        helm.args(["--set", &format!("image.registry={registry}")]);
    }
    child::succeed(helm.args(&args.args)).await?;
    if args.no_demo {
        return Ok(ExitCode::SUCCESS);
    }
    let service = |name: &str| format!("service/{RELEASE}-{name}");
    let ingest = Forward::start(&args.namespace, &service("ingest-api"), 8080)?;
    let status = Forward::start(&args.namespace, &service("status-api"), 8081)?;
    for forward in [&ingest, &status] {
        forward.answers(FORWARD_BOUND).await?;
    }
    let key = admin_key(&args.namespace).await?;
    let ended = demo::elsewhere(ingest.url(), status.url(), &key).await?;
    let namespace = &args.namespace;
    say(format!(
        "it goes on running; to look at it: kubectl --namespace {namespace} port-forward {} 8081\n\
         to take it away: helm --namespace {namespace} uninstall {RELEASE}; kubectl delete namespace {namespace}",
        service("status-api")
    ));
    Ok(ended)
}

/// The key that the chart has made.
async fn admin_key(namespace: &str) -> Result<String> {
    let mut kubectl = Command::new("kubectl");
    kubectl
        .args(["--namespace", namespace, "get", "secret"])
        .args([
            &format!("{RELEASE}-admin-key"),
            "--output",
            "go-template={{index .data \"admin-key\" | base64decode}}",
        ]);
    docker::output(&mut kubectl).await
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
