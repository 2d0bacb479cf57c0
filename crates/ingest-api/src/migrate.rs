//! `ingest-api migrate`: brings the schema up to date.

use std::process::ExitCode;

use clap::Subcommand;
use service::ServiceName;
use service::backends::database_options;
use service::settings::Settings;
use storage::schema;

/// What ingest-api can do besides serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Apply the migrations that are missing; several at once wait for one another
    Migrate,
}

pub(crate) async fn command(command: Command, settings: Settings) -> anyhow::Result<ExitCode> {
    let Command::Migrate = command;
    let options = database_options(ServiceName::IngestApi.as_str(), &settings)?;
    let applied = schema::migrate(&options).await?;
    if applied.is_empty() {
        tracing::info!("the schema is up to date");
    }
    for migration in applied {
        tracing::info!(migration, "migration applied");
    }
    Ok(ExitCode::SUCCESS)
}
