//! `cargo xtask kube`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::commands::demo;
use crate::kube::release::{self, Place};
use crate::paint::say;

/// How long a forwarded port may take to answer.
const FORWARD_BOUND: Duration = Duration::from_secs(60);

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
    #[command(flatten)]
    place: Place,
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
    let namespace = &args.namespace;
    args.place.install(namespace, None, &args.args).await?;
    if args.no_demo {
        return Ok(ExitCode::SUCCESS);
    }
    let ingest = release::forward(namespace, "ingest-api", 8080)?;
    let status = release::forward(namespace, "status-api", 8081)?;
    for forward in [&ingest, &status] {
        forward.answers(FORWARD_BOUND).await?;
    }
    let key = release::admin_key(namespace).await?;
    let ended = demo::elsewhere(ingest.url(), status.url(), &key).await?;
    say(format!(
        "it goes on running; to look at it: kubectl --namespace {namespace} port-forward {} 8081\n\
         to take it away: helm --namespace {namespace} uninstall {}; kubectl delete namespace {namespace}",
        release::service("status-api"),
        release::NAME
    ));
    Ok(ended)
}
