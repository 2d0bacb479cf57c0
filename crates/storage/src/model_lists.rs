//! `model_lists`: the models that providers list.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::database::Database;
use crate::document;
use crate::error::Result;

/// What the record is called in errors.
const WHAT: &str = "list of models";

/// The list of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelListRow<L> {
    /// The provider's name in the settings.
    pub provider: String,
    /// Where and by which API it is called.
    pub address: String,
    /// When it was read.
    pub read_at: Timestamp,
    /// What it lists; `None`: it has no list.
    pub models: Option<L>,
}

/// Whether it is the caller's turn to ask a provider: nobody else is told so until `retry` is over, or [`store`] says otherwise.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn claim(
    database: &Database,
    provider: &str,
    address: &str,
    retry: Duration,
) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO model_lists AS l (provider, address, next_at) VALUES ($1, $2, now() + make_interval(secs => $3))
        ON CONFLICT (provider, address) DO UPDATE SET next_at = EXCLUDED.next_at WHERE l.next_at <= now()";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let changed = client
        .execute(&statement, &[&provider, &address, &retry.as_secs_f64()])
        .await?;
    Ok(changed == 1)
}

/// Keeps what a provider lists, for `ttl`.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn store<L: Serialize + Sync>(
    database: &Database,
    provider: &str,
    address: &str,
    models: Option<&L>,
    ttl: Duration,
) -> Result<()> {
    const SQL: &str = "
        UPDATE model_lists SET models = $3, read_at = now(), next_at = now() + make_interval(secs => $4)
        WHERE provider = $1 AND address = $2";
    let models = models
        .map(|models| document::write(WHAT, models))
        .transpose()?;
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let ttl = ttl.as_secs_f64();
    client
        .execute(&statement, &[&provider, &address, &models, &ttl])
        .await?;
    Ok(())
}

/// What was read of each provider. What a newer release wrote and this one cannot read is left out.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn load<L: DeserializeOwned>(database: &Database) -> Result<Vec<ModelListRow<L>>> {
    const SQL: &str =
        "SELECT provider, address, read_at, models FROM model_lists WHERE read_at IS NOT NULL";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        let models: Option<&[u8]> = row.get(3);
        Some(ModelListRow {
            provider: row.get(0),
            address: row.get(1),
            read_at: row.get(2),
            models: models
                .map(|models| document::read(WHAT, models))
                .transpose()
                .ok()?,
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}
