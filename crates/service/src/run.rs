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

/// For a process that holds thousands of idle connections: memory in small pages only (`PR_SET_THP_DISABLE`, prctl(2)).
///
/// Most of a connection's buffers is room that was never used. It takes no memory in pages of 4 KiB and all of it in pages of
/// 2 MiB. To be called before any thread is there. 10,000 streams of events took 186 MiB instead of 287 (`cargo xtask bench watch`); where it cannot be said, they take more.
pub fn without_huge_pages() {
    #[cfg(target_os = "linux")]
    // A kernel without them refuses, which is as good.
    rustix::thread::disable_transparent_huge_pages(true).ok();
}

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
