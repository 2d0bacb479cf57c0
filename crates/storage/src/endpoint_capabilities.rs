//! `endpoints`: what the endpoints of providers were seen to take.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::columns::seconds;
use crate::database::Database;
use crate::document;
use crate::error::Result;

/// What was learned of an endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityRow<A> {
    /// The provider's name in the settings.
    pub provider: String,
    /// Where and by which API it is called.
    pub address: String,
    /// The provider's name of the model.
    pub model: String,
    /// What it takes.
    pub abilities: A,
    /// How long ago that was seen.
    pub age: Duration,
}

/// What was learned within `within`, the newest first, at most `most`. What a newer release wrote and this one cannot
/// read is left out: it is learned anew.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn load<A: DeserializeOwned>(
    database: &Database,
    within: Duration,
    most: u32,
) -> Result<Vec<CapabilityRow<A>>> {
    const SQL: &str = "
        SELECT provider, address, model, abilities, extract(epoch FROM now() - learned_at)::float8
        FROM endpoints WHERE learned_at > now() - make_interval(secs => $1)
        ORDER BY learned_at DESC LIMIT $2";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(&statement, &[&within.as_secs_f64(), &i64::from(most)])
        .await?;
    let read = |row: &tokio_postgres::Row| {
        Some(CapabilityRow {
            provider: row.get(0),
            address: row.get(1),
            model: row.get(2),
            abilities: document::read("endpoint's abilities", row.get(3)).ok()?,
            age: seconds(row, 4),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Keeps what was just learned; forgets what is older than `within`.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn store<A: Serialize + Sync>(
    database: &Database,
    row: &CapabilityRow<A>,
    within: Duration,
) -> Result<()> {
    const DELETE_OLD: &str =
        "DELETE FROM endpoints WHERE learned_at <= now() - make_interval(secs => $1)";
    const SQL: &str = "
        INSERT INTO endpoints (provider, address, model, abilities, learned_at)
        VALUES ($1, $2, $3, $4, now() - make_interval(secs => $5))
        ON CONFLICT (provider, address, model)
        DO UPDATE SET abilities = EXCLUDED.abilities, learned_at = EXCLUDED.learned_at";
    let CapabilityRow {
        provider,
        address,
        model,
        abilities,
        age,
    } = row;
    let abilities = document::write("endpoint's abilities", abilities)?;
    let client = database.connection().await?;
    let delete_old = client.prepare_cached(DELETE_OLD).await?;
    client
        .execute(&delete_old, &[&within.as_secs_f64()])
        .await?;
    let statement = client.prepare_cached(SQL).await?;
    let age = age.as_secs_f64();
    client
        .execute(&statement, &[provider, address, model, &abilities, &age])
        .await?;
    Ok(())
}
