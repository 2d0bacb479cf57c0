//! `cargo xtask kube`

use std::process::ExitCode;

use anyhow::Result;

use crate::commands::demo;
use crate::kube::release::{self, Place};
use crate::paint::say;

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
}

pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let namespace = &args.namespace;
    args.place.install(namespace, None).await?;
    if args.no_demo {
        return Ok(ExitCode::SUCCESS);
    }
    let ingest = release::forward(namespace, "ingest-api", 8080).await?;
    let status = release::forward(namespace, "status-api", 8081).await?;
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
