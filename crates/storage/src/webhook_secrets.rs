//! `webhook_secrets`: what webhooks are signed with. The secrets themselves are kept, because HMAC needs them.

use std::collections::HashMap;
use std::time::Duration;

use domain::Tenant;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::database::Database;
use crate::error::Result;

/// A message bears no more signatures than this.
const MAX_SECRETS: i64 = 5;

/// A secret as it is listed: without the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSecret {
    /// Its id.
    pub id: Uuid,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on nothing is signed with it; `None`: until the next one is made.
    pub expires_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, created_at, expires_at";
const IS_VALID: &str = "coalesce(expires_at > now(), true)";

/// Stores a secret. Those that the tenant had are valid for `overlap` more, and what has expired is removed.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn create(
    database: &Database,
    tenant: &Tenant,
    secret: &[u8],
    overlap: Duration,
) -> Result<StoredSecret> {
    let sql = format!(
        "WITH before AS (
            UPDATE webhook_secrets SET expires_at = least(expires_at, now() + make_interval(secs => $4))
            WHERE tenant = $2 AND {IS_VALID}
        ), expired AS (
            DELETE FROM webhook_secrets WHERE tenant = $2 AND NOT {IS_VALID}
        )
        INSERT INTO webhook_secrets (id, tenant, secret) VALUES ($1, $2, $3) RETURNING {COLUMNS}"
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client
        .query_one(
            &statement,
            &[
                &Uuid::now_v7(),
                &tenant.as_str(),
                &secret,
                &overlap.as_secs_f64(),
            ],
        )
        .await?;
    Ok(read(&row))
}

/// The secrets of a tenant that are valid, the newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list(database: &Database, tenant: &Tenant) -> Result<Vec<StoredSecret>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_secrets WHERE tenant = $1 AND {IS_VALID} ORDER BY created_at DESC, id DESC"
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&tenant.as_str()]).await?;
    Ok(rows.iter().map(read).collect())
}

/// Removes a secret at once; false: the tenant has none of this id.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn remove(database: &Database, tenant: &Tenant, id: Uuid) -> Result<bool> {
    const SQL: &str = "DELETE FROM webhook_secrets WHERE id = $1 AND tenant = $2";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let removed = client.execute(&statement, &[&id, &tenant.as_str()]).await?;
    Ok(removed == 1)
}

/// Whether a tenant's webhooks can be signed.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn exists(database: &Database, tenant: &Tenant) -> Result<bool> {
    let sql =
        format!("SELECT EXISTS (SELECT FROM webhook_secrets WHERE tenant = $1 AND {IS_VALID})");
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client.query_one(&statement, &[&tenant.as_str()]).await?;
    Ok(row.get(0))
}

/// What webhooks of these tenants are signed with now, the newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn valid(
    database: &Database,
    tenants: &[&Tenant],
) -> Result<HashMap<Tenant, Vec<Vec<u8>>>> {
    let sql = format!(
        "SELECT wanted.tenant, s.secret FROM unnest($1::text[]) AS wanted(tenant) CROSS JOIN LATERAL (
             SELECT secret, created_at, id FROM webhook_secrets WHERE tenant = wanted.tenant AND {IS_VALID}
             ORDER BY created_at DESC, id DESC LIMIT {MAX_SECRETS}
         ) s ORDER BY s.created_at DESC, s.id DESC"
    );
    let tenants: Vec<&str> = tenants.iter().map(|tenant| tenant.as_str()).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&tenants]).await?;
    let mut secrets: HashMap<Tenant, Vec<Vec<u8>>> = HashMap::new();
    for row in rows {
        let tenant = Tenant::stored(row.get(0));
        secrets.entry(tenant).or_default().push(row.get(1));
    }
    Ok(secrets)
}

fn read(row: &Row) -> StoredSecret {
    StoredSecret {
        id: row.get(0),
        created_at: row.get(1),
        expires_at: row.get(2),
    }
}
