//! `default_webhooks`: where the ends of a tenant's evaluations are told, unless their payload or rubric says otherwise.

use domain::Tenant;
use jiff::Timestamp;
use tokio_postgres::Row;

use crate::database::Database;
use crate::error::Result;

/// A tenant's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultWebhook {
    /// Where to.
    pub url: String,
    /// Since when.
    pub updated_at: Timestamp,
}

/// Sets a tenant's default.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn set(database: &Database, tenant: &Tenant, url: &str) -> Result<DefaultWebhook> {
    const SQL: &str = "INSERT INTO default_webhooks (tenant, url) VALUES ($1, $2)
        ON CONFLICT (tenant) DO UPDATE SET url = excluded.url, updated_at = now() RETURNING url, updated_at";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_one(&statement, &[&tenant.as_str(), &url])
        .await?;
    Ok(read(&row))
}

/// A tenant's default, where it has one.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn find(database: &Database, tenant: &Tenant) -> Result<Option<DefaultWebhook>> {
    const SQL: &str = "SELECT url, updated_at FROM default_webhooks WHERE tenant = $1";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_opt(&statement, &[&tenant.as_str()]).await?;
    Ok(row.as_ref().map(read))
}

/// Removes a tenant's default; false: it had none.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn remove(database: &Database, tenant: &Tenant) -> Result<bool> {
    const SQL: &str = "DELETE FROM default_webhooks WHERE tenant = $1";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.execute(&statement, &[&tenant.as_str()]).await? == 1)
}

fn read(row: &Row) -> DefaultWebhook {
    DefaultWebhook {
        url: row.get(0),
        updated_at: row.get(1),
    }
}
