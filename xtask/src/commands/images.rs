//! `cargo xtask images`

use std::process::ExitCode;

use anyhow::Result;

use crate::docker;

/// Build the container images of all services and say how large they are.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments for `docker build`, as `--network host`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    args: Vec<String>,
}

pub(crate) async fn run(args: &Args) -> Result<ExitCode> {
    docker::engine().await?;
    docker::build(&args.args).await?;
    Ok(ExitCode::SUCCESS)
}
