//! `workers`: who judges, and since when it has not been heard of.

use std::time::Duration;

use domain::MemoryNeeds;
use uuid::Uuid;

use crate::database::Database;
use crate::error::Result;

/// What a worker has, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// How often it says that it is alive.
    pub every: Duration,
    /// How old what it said last may be before others take over what it holds.
    pub lease: Duration,
    /// How many evaluations it may run at once.
    pub slots: usize,
    /// How many of them it runs.
    pub taken: usize,
    /// Memory for payloads that is free, in KiB.
    pub free_memory: u64,
    /// By which rule an evaluation takes of it.
    pub needs: MemoryNeeds,
}

/// Says that a worker lives, on the database's clock, and what it has left. Makes its row where there is none.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn heartbeat(database: &Database, id: Uuid, version: &str, load: Load) -> Result<()> {
    const SQL: &str = "
        INSERT INTO workers (id, version, slots, slots_taken, free_memory, memory_fixed, memory_copies, memory_max,
                             beats_every, lease)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, make_interval(secs => $9), make_interval(secs => $10))
        ON CONFLICT (id) DO UPDATE
        SET heartbeat_at = now(), slots_taken = excluded.slots_taken, free_memory = excluded.free_memory";
    let int = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let big = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(
            &statement,
            &[
                &id,
                &version,
                &int(load.slots),
                &int(load.taken),
                &big(load.free_memory),
                &big(load.needs.fixed.into()),
                &big(load.needs.copies.into()),
                &big(load.needs.max.into()),
                &load.every.as_secs_f64(),
                &load.lease.as_secs_f64(),
            ],
        )
        .await?;
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
