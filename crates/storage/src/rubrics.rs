//! `rubrics`: a tenant's own, in immutable versions. Numbering goes on after a built-in rubric of the same
//! name, so that `name@version` means one thing for ever.

use std::borrow::Cow;

use domain::Tenant;
use domain::rubric::builtin::{self, BuiltIn};
use domain::rubric::{Rubric, RubricReference};

use crate::database::Database;
use crate::document;
use crate::error::Result;

/// A stored version.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The name.
    pub name: String,
    /// From 1.
    pub version: u32,
    /// The rubric.
    pub rubric: Rubric,
    /// When it was stored.
    pub created_at: jiff::Timestamp,
}

/// What a reference stands for.
#[derive(Debug, Clone)]
pub enum Resolved {
    /// The tenant's own.
    Stored(Box<Version>),
    /// One that came with the release.
    BuiltIn(&'static BuiltIn),
}

impl Resolved {
    /// `name@version`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Stored(stored) => format!("{}@{}", stored.name, stored.version),
            Self::BuiltIn(found) => format!("{}@{}", found.name(), found.version),
        }
    }

    /// The rubric itself.
    #[must_use]
    pub fn into_rubric(self) -> Cow<'static, Rubric> {
        match self {
            Self::Stored(stored) => Cow::Owned(stored.rubric),
            Self::BuiltIn(found) => Cow::Borrowed(&found.rubric),
        }
    }
}

/// Finds a rubric: a tenant's own before a built-in one. `None`: there is none.
///
/// # Errors
/// As [`find`].
pub async fn resolve(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
) -> Result<Option<Resolved>> {
    let stored = find(database, tenant, reference).await?;
    let built_in = || builtin::find(reference).map(Resolved::BuiltIn);
    let stored = stored.map(|stored| Resolved::Stored(Box::new(stored)));
    Ok(stored.or_else(built_in))
}

/// One version, or the newest of a name. `None`: the tenant has not stored it.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn find(
    database: &Database,
    tenant: &Tenant,
    reference: &RubricReference,
) -> Result<Option<Version>> {
    const SQL: &str = "
        SELECT name, version, body, created_at FROM rubrics
        WHERE tenant = $1 AND name = $2 AND ($3::int4 IS NULL OR version = $3)
        ORDER BY version DESC LIMIT 1";
    // A version beyond the column's range was never stored, and the largest number never will be.
    let version = reference
        .version
        .map(|version| i32::try_from(version).unwrap_or(i32::MAX));
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_opt(&statement, &[&tenant.as_str(), &reference.name, &version])
        .await?;
    row.as_ref().map(read).transpose()
}

/// Stores a new version after `after` when the rubric differs from the newest one; says which version holds
/// it now, and whether that is new. Of two at once, one is told to look again (`None`).
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn store(
    database: &Database,
    tenant: &Tenant,
    name: &str,
    version: u32,
    rubric: &Rubric,
) -> Result<Option<Version>> {
    const SQL: &str = "
        INSERT INTO rubrics (tenant, name, version, body) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        RETURNING name, version, body, created_at";
    let number = i32::try_from(version).unwrap_or(i32::MAX);
    let body = document::write("rubric", rubric)?;
    let client = database.connection().await?;
    let row = client
        .query_opt(SQL, &[&tenant.as_str(), &name, &number, &body])
        .await?;
    row.as_ref().map(read).transpose()
}

/// The newest version of every name, by name.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn newest(database: &Database, tenant: &Tenant) -> Result<Vec<Version>> {
    const SQL: &str = "
        SELECT DISTINCT ON (name) name, version, body, created_at FROM rubrics
        WHERE tenant = $1 ORDER BY name, version DESC LIMIT 10000";
    let client = database.connection().await?;
    let rows = client.query(SQL, &[&tenant.as_str()]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &tokio_postgres::Row) -> Result<Version> {
    let version: i32 = row.get(1);
    Ok(Version {
        name: row.get(0),
        version: version.unsigned_abs(),
        rubric: document::read("rubric", row.get(2))?,
        created_at: row.get(3),
    })
}
