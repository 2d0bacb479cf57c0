//! `workers`: who judges, and since when it has not been heard of.

use std::time::Duration;

use uuid::Uuid;

use crate::database::Database;
use crate::error::Result;

/// Says that a worker lives, on the database's clock. Makes its row where there is none.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn heartbeat(database: &Database, id: Uuid, version: &str, slots: usize) -> Result<()> {
    const SQL: &str = "
        INSERT INTO workers (id, version, slots) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET heartbeat_at = now()";
    let slots = i32::try_from(slots).unwrap_or(i32::MAX);
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&id, &version, &slots]).await?;
    Ok(())
}

/// How many workers were heard of within `lease`.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn alive(database: &Database, lease: Duration) -> Result<u32> {
    const SQL: &str = "
        SELECT count(*) FROM workers WHERE heartbeat_at > now() - make_interval(secs => $1)";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_one(&statement, &[&lease.as_secs_f64()])
        .await?;
    Ok(u32::try_from(row.get::<_, i64>(0)).unwrap_or(u32::MAX))
}

/// Takes a worker that leaves in good order off the list.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn leave(database: &Database, id: Uuid) -> Result<()> {
    let client = database.connection().await?;
    client
        .execute("DELETE FROM workers WHERE id = $1", &[&id])
        .await?;
    Ok(())
}

/// Forgets workers that have not been heard of for a long time and hold nothing.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn forget(database: &Database, silent_for: Duration) -> Result<u64> {
    const SQL: &str = "
        DELETE FROM workers w
        WHERE heartbeat_at < now() - make_interval(secs => $1)
          AND NOT EXISTS (SELECT FROM evaluations e WHERE e.state = 'running' AND e.owner = w.id)";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(&statement, &[&silent_for.as_secs_f64()])
        .await
}
