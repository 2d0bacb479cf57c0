//! `cargo xtask completions`

use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

/// Print a completion script for a shell.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run<C: CommandFactory>(args: &Args) -> Result<ExitCode> {
    let mut script = Vec::new();
    generate(
        args.shell,
        &mut C::command().bin_name("xtask"),
        "xtask",
        &mut script,
    );
    crate::paint::say(String::from_utf8(script)?.trim_end());
    Ok(ExitCode::SUCCESS)
}
