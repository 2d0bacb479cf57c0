//! `api_keys`: who may call the APIs.

use std::time::Duration;

use domain::Tenant;
use domain::api_key::{ApiKey, KeyDigest, KeyId, Scope};
use jiff::Timestamp;
use tokio_postgres::Row;

use crate::database::Database;
use crate::error::Result;

/// How exactly the last use is known: it is written no more often.
const LAST_USED: Duration = Duration::from_secs(60);

/// A key to be stored.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Whose calls it makes.
    pub tenant: Tenant,
    /// What it is for; for people.
    pub name: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// For how long it is good; `None`: until it is revoked.
    pub lasts: Option<Duration>,
    /// The key that it takes the place of, and for how long that one is still good.
    pub replaces: Option<(KeyId, Duration)>,
    /// The administrator's key by which it is made, which has to be good still; `None`: by nobody's.
    pub by: Option<KeyId>,
    /// Whether it is stored only where there is no key at all.
    pub only_first: bool,
}

/// A key that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its public part.
    pub id: KeyId,
    /// Whose calls it makes.
    pub tenant: Tenant,
    /// What it is for.
    pub name: String,
    /// What it is good for; a scope that this release does not know is left out.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is good no more.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// What a caller is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Of the whole key.
    pub digest: KeyDigest,
    /// Whose calls it makes.
    pub tenant: Tenant,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// For how long it is still good; `None`: until it is revoked.
    pub lasts: Option<Duration>,
}

/// Whether a key is good now.
const IS_GOOD: &str = "revoked_at IS NULL AND coalesce(expires_at > now(), true)";

const COLUMNS: &str = "id, tenant, name, scopes, created_at, expires_at, revoked_at, last_used_at";

/// Stores a key.
///
/// `None`: the one that it replaces is not there, not this tenant's, good no more or was replaced before, the one by which it is made is
/// good no more, or it was to be the first and is not; nothing was stored.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn create(database: &Database, key: &ApiKey, new: &NewKey) -> Result<Option<StoredKey>> {
    // A rotated key ends when the overlap does, or sooner where it would have.
    let sql = format!(
        "WITH by AS (
            SELECT FROM api_keys
            WHERE id = $9 AND {IS_GOOD} AND 'admin' = ANY(scopes) FOR SHARE
        ), before AS (
            UPDATE api_keys SET expires_at = least(expires_at, now() + make_interval(secs => $7)), replaced_by = $1
            WHERE id = $6 AND tenant = $2 AND {IS_GOOD}
              AND replaced_by IS NULL AND ($9::text IS NULL OR EXISTS (SELECT FROM by))
            RETURNING id
        )
        INSERT INTO api_keys (id, tenant, name, sha256, scopes, expires_at)
        SELECT $1, $2, $3, $4, $5, now() + make_interval(secs => $8)
        WHERE ($6::text IS NULL OR EXISTS (SELECT FROM before)) AND ($9::text IS NULL OR EXISTS (SELECT FROM by))
          AND NOT ($10 AND EXISTS (SELECT FROM api_keys))
        RETURNING {COLUMNS}"
    );
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    let (replaced, overlap) = new
        .replaces
        .as_ref()
        .map(|(id, overlap)| (id.as_str(), overlap.as_secs_f64()))
        .unzip();
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client
        .query_opt(
            &statement,
            &[
                &key.id().as_str(),
                &new.tenant.as_str(),
                &new.name,
                &key.digest().as_slice(),
                &scopes,
                &replaced,
                &overlap,
                &new.lasts.map(|lasts| lasts.as_secs_f64()),
                &new.by.as_ref().map(KeyId::as_str),
                &new.only_first,
            ],
        )
        .await?;
    Ok(row.as_ref().map(read))
}

/// What a caller that shows a key of this id is checked against; `None`: there is none, or it is good no more. That it was
/// used is written at most once a minute, and only where it is the very key.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn look_up(database: &Database, key: &ApiKey) -> Result<Option<Credential>> {
    let sql = format!(
        "WITH good AS (
            SELECT * FROM api_keys WHERE id = $1 AND {IS_GOOD}
        ), used AS (
            UPDATE api_keys k SET last_used_at = now() FROM good
            WHERE k.id = good.id AND k.sha256 = $3 AND coalesce(good.last_used_at < now() - make_interval(secs => $2), true)
        )
        SELECT sha256, tenant, scopes, extract(epoch FROM expires_at - now())::float8 FROM good"
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client
        .query_opt(
            &statement,
            &[
                &key.id().as_str(),
                &LAST_USED.as_secs_f64(),
                &key.digest().as_slice(),
            ],
        )
        .await?;
    Ok(row.and_then(|row| {
        let lasts: Option<f64> = row.get(3);
        Some(Credential {
            digest: row.get::<_, &[u8]>(0).try_into().ok()?,
            tenant: Tenant::stored(row.get(1)),
            scopes: scopes(&row, 2),
            lasts: lasts.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        })
    }))
}

/// The keys of a tenant, or of all, the newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list(database: &Database, tenant: Option<&Tenant>) -> Result<Vec<StoredKey>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM api_keys WHERE $1::text IS NULL OR tenant = $1 ORDER BY created_at DESC, id DESC"
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let tenant = tenant.map(Tenant::as_str);
    let rows = client.query(&statement, &[&tenant]).await?;
    Ok(rows.iter().map(read).collect())
}

/// Revokes a key, of a tenant where one is given; false: there is none. One that was revoked before stays so.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn revoke(database: &Database, tenant: Option<&Tenant>, id: &KeyId) -> Result<bool> {
    const SQL: &str = "
        UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
        WHERE id = $1 AND ($2::text IS NULL OR tenant = $2)";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let tenant = tenant.map(Tenant::as_str);
    let changed = client.execute(&statement, &[&id.as_str(), &tenant]).await?;
    Ok(changed == 1)
}

fn scopes(row: &Row, index: usize) -> Vec<Scope> {
    let names: Vec<&str> = row.get(index);
    names.into_iter().filter_map(Scope::parse).collect()
}

fn read(row: &Row) -> StoredKey {
    StoredKey {
        id: KeyId::stored(row.get(0)),
        tenant: Tenant::stored(row.get(1)),
        name: row.get(2),
        scopes: scopes(row, 3),
        created_at: row.get(4),
        expires_at: row.get(5),
        revoked_at: row.get(6),
        last_used_at: row.get(7),
    }
}
