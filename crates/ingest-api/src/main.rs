//! The process of ingest-api.

use std::process::ExitCode;

use ingest_api::{command, serve};
use service::ServiceName;
use service::run;

/// Large bodies come and go: this allocator gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run::main_with(ServiceName::IngestApi, serve, command::run)
}
