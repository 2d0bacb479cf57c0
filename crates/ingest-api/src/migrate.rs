//! `ingest-api migrate`: brings the schema up to date.

use std::process::ExitCode;
use std::time::Duration;

use service::ServiceName;
use service::backends::database_options;
use service::settings::Settings;
use storage::{Options, schema};
use tokio::time::{Instant, sleep};

/// How long until a PostgreSQL that was not there is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Applies what is missing; waits so long for a PostgreSQL that is not there yet.
///
/// # Errors
/// A setting is missing, or PostgreSQL does not answer or refuses.
pub(crate) async fn command(wait: Duration, settings: &Settings) -> anyhow::Result<ExitCode> {
    let options = database_options(ServiceName::IngestApi.as_str(), settings)?;
    let applied = migrate(&options, wait).await?;
    if applied.is_empty() {
        tracing::info!("the schema is up to date");
    }
    for migration in applied {
        tracing::info!(migration, "migration applied");
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(options: &Options, wait: Duration) -> storage::Result<Vec<String>> {
    let deadline = Instant::now() + wait;
    let mut waits = false;
    loop {
        match schema::migrate(options).await {
            Err(error) if error.is_unavailable() && Instant::now() < deadline => {
                if !waits {
                    tracing::info!(error = %error, "waiting for the database");
                    waits = true;
                }
                sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}
