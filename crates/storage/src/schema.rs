//! Bringing the schema up to date, and knowing whether it is.

use crate::database::{self, Database, Options};
use crate::error::{Error, Result};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Any number works, as long as no other program on the same database takes it for something else.
const ADVISORY_LOCK: i64 = 0x6175_746f_7261_7465;

/// Applies what is missing and says what that was. Several at once wait for one another.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Migration`].
pub async fn migrate(options: &Options) -> Result<Vec<String>> {
    let (mut config, tls) = database::configure(options)?;
    // A migration may take longer than a request's statement, and waits for others that migrate.
    config.options("");
    let (mut client, connection) = config.connect(tls).await?;
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    client
        .execute("SELECT pg_advisory_lock($1)", &[&ADVISORY_LOCK])
        .await?;
    let report = embedded::migrations::runner().run_async(&mut client).await;
    let report = report.map_err(|error| Error::Migration(Box::new(error)))?;
    Ok(report
        .applied_migrations()
        .iter()
        .map(ToString::to_string)
        .collect())
}

/// Whether every migration of this build is there. A newer schema counts as current: migrations only expand.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_current(database: &Database) -> Result<bool> {
    let client = database.connection().await?;
    let there = client
        .query_one(
            "SELECT to_regclass('refinery_schema_history') IS NOT NULL",
            &[],
        )
        .await?;
    if !there.get::<_, bool>(0) {
        return Ok(false);
    }
    let newest = client
        .query_one(
            "SELECT coalesce(max(version), 0)::int8 FROM refinery_schema_history",
            &[],
        )
        .await?;
    let wanted = embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(refinery::Migration::version)
        .max();
    Ok(newest.get::<_, i64>(0) >= wanted.unwrap_or_default().into())
}
