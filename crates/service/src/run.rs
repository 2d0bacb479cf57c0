//! The frame of a process: command line, settings, telemetry, admin address, signals, end.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use service::{ServiceName, run};
//!
//! fn main() -> ExitCode {
//!     run::main(ServiceName::StatusApi, |context: run::Context| async move {
//!         context.health.set("postgres", Ok(()));
//!         context.shutdown.cancelled().await;
//!         Ok(())
//!     })
//! }
//! ```

mod cli;
mod context;
mod exit;
mod healthcheck;
mod lifecycle;
mod open_files;

use std::{convert::Infallible, future::Future, process::ExitCode};

use clap::Subcommand;

pub use self::context::Context;
use crate::{ServiceName, settings::Settings};

/// Runs a service that has no subcommands of its own. `run` serves until the context's `shutdown`
/// is cancelled; its error is logged and ends the process with 1.
pub fn main<F, Fut>(service: ServiceName, run: F) -> ExitCode
where
    F: FnOnce(Context) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    main_with(service, run, |command: Infallible, _| async move {
        match command {}
    })
}

/// As [`main`], with subcommands of the service's own beside the common ones.
///
/// `command` gets settings of which only the single values were checked: it asks for what it needs
/// (see [`crate::settings::Database::required_url`]). Its log lines go to standard error, so that
/// standard output is its own. An error is logged and ends the process with 1, a
/// [`crate::settings::SettingsError`] with 64.
pub fn main_with<C, F, Fut, G, GFut>(service: ServiceName, run: F, command: G) -> ExitCode
where
    C: Subcommand,
    F: FnOnce(Context) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
    G: FnOnce(C, Settings) -> GFut,
    GFut: Future<Output = anyhow::Result<ExitCode>>,
{
    cli::dispatch(
        service,
        std::env::args_os(),
        exit::environment(),
        run,
        command,
    )
}
