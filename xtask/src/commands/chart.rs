//! `cargo xtask chart`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use tokio::process::Command;

use crate::chart::{self, names, package, plain, render, tools, values};
use crate::checks::Checks;
use crate::child;

/// Check the Helm chart: lint, its tests, every manifest against Kubernetes' own validation, `k8s/` and the README.
///
/// What is needed is built from Go modules into `target/tools`, which takes minutes the first time.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// First make `k8s/` and the table in the chart's README anew.
    #[arg(long)]
    write: bool,
    /// Then package the chart into this directory, with an OCI layout of it, for a release.
    #[arg(long, value_name = "DIRECTORY")]
    package: Option<PathBuf>,
    #[command(flatten)]
    signature: package::Signature,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    let tools = tools::installed().await?;
    if args.write {
        plain::write(&tools).await?;
        values::write()?;
    }
    let mut checks = Checks::new();
    checks
        .must("helm lint --strict", render::lint(&tools))
        .await;
    checks
        .must(
            "tests of the chart",
            child::succeed(Command::new(&tools.unittest).arg(chart::home()?)),
        )
        .await;
    checks
        .must("what finds faults in manifests", tools::test_manifests())
        .await;
    let files = plain::files()?;
    checks
        .must("manifests are valid", render::validate(&tools, &files))
        .await;
    checks
        .must("k8s/ is what the chart makes", plain::check(&tools))
        .await;
    checks
        .must(
            "an edit of the settings restarts no pod",
            render::settings_restart_nothing(&tools),
        )
        .await;
    checks
        .must("metrics and settings exist", async { names::check() })
        .await;
    checks
        .must("the table of values", async { values::check() })
        .await;
    if let Some(directory) = &args.package {
        checks
            .must(
                "the package and its OCI layout",
                package::make(&tools, directory, &args.signature),
            )
            .await;
    }
    Ok(checks.finish())
}
