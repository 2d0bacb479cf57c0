//! The process of status-api.

use std::process::ExitCode;

use service::ServiceName;
use service::run;
use status_api::{run_command, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run::without_huge_pages();
    run::main_with(ServiceName::StatusApi, serve, run_command)
}
