//! The least that a service is; the tests of the frame run it.

use std::process::ExitCode;

use actix_web::{App, web};
use service::{
    ServiceName,
    http::{bind, correlation, default_not_found, serve},
    run::{self, Context},
};

/// What this service can do besides serving.
#[derive(clap::Subcommand)]
enum Command {
    /// Fail for want of a setting
    Migrate,
}

fn main() -> ExitCode {
    run::main_with(
        ServiceName::StatusApi,
        work,
        |command, settings| async move {
            match command {
                Command::Migrate => settings.database.required_url()?,
            };
            Ok(ExitCode::SUCCESS)
        },
    )
}

async fn work(context: Context) -> anyhow::Result<()> {
    let http = &context.settings.http;
    let listener = bind(http.listen_addr)?;
    context.health.set("postgres", Ok(()));
    context.health.set("redis", Ok(()));
    let service = context.service;
    let app = move || {
        App::new()
            .default_service(web::to(default_not_found))
            .wrap(correlation(service))
    };
    let shutdown = context.shutdown.clone();
    serve(listener, app, shutdown, http.drain, None, None).await?;
    Ok(())
}
