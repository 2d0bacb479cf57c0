//! `workers`: who judges, and since when it has not been heard of.

use std::time::Duration;

use domain::MemoryNeeds;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::connection::Connection;
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
    /// How many evaluations of one tenant it lets all workers together run; `None`: any number.
    pub tenant_slots: Option<u32>,
}

/// What all workers that are alive can run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capacity {
    /// How many are alive.
    pub alive: u64,
    /// How many evaluations they may run together.
    pub slots: u64,
    /// How many they run.
    pub taken: u64,
    /// The most free memory of one that has a free slot, in KiB; `None` where none says it.
    pub free_memory: Option<u64>,
    /// By which rule an evaluation takes of it.
    pub needs: Option<MemoryNeeds>,
    /// How many evaluations of one tenant they run together; `None` where one of them takes any number.
    pub tenant_slots: Option<u64>,
}

/// What one worker can run, as the largest that is alive says or, where none is, the last that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many evaluations at once.
    pub slots: u64,
    /// How much memory they take, and may take together.
    pub needs: MemoryNeeds,
}

/// Says that a worker lives, on the database's clock, and what it has left. Makes its row where there is none.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn heartbeat(database: &Database, id: Uuid, version: &str, load: Load) -> Result<()> {
    const SQL: &str = "
        INSERT INTO workers (id, version, slots, slots_taken, free_memory, memory_fixed, memory_copies, memory_max,
                             beats_every, lease, tenant_slots)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, make_interval(secs => $9), make_interval(secs => $10), $11)
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
                &load
                    .tenant_slots
                    .map(|slots| i32::try_from(slots).unwrap_or(i32::MAX)),
            ],
        )
        .await?;
    Ok(())
}

/// What the workers that are alive can run; those that do not say how long they may be silent may be so for `lease`.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn capacity(database: &Database, lease: Duration) -> Result<Capacity> {
    let client = database.connection().await?;
    capacity_by(&client, lease).await
}

pub(crate) async fn capacity_by(client: &Connection, lease: Duration) -> Result<Capacity> {
    const SQL: &str = "
        SELECT count(*), coalesce(sum(slots), 0)::int8, coalesce(sum(slots_taken), 0)::int8,
               max(free_memory) FILTER (WHERE slots_taken < slots), max(memory_fixed), max(memory_copies), max(memory_max),
               CASE WHEN bool_and(tenant_slots IS NOT NULL) THEN max(tenant_slots)::int8 END
        FROM workers WHERE heartbeat_at > now() - coalesce(lease, make_interval(secs => $1))";
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_one(&statement, &[&lease.as_secs_f64()])
        .await?;
    let count = |index: usize| row.get::<_, i64>(index).unsigned_abs();
    Ok(Capacity {
        alive: count(0),
        slots: count(1),
        taken: count(2),
        free_memory: row.get::<_, Option<i64>>(3).map(i64::unsigned_abs),
        needs: needs(&row, 4),
        tenant_slots: row.get::<_, Option<i64>>(7).map(i64::unsigned_abs),
    })
}

/// What one worker can run; `None` where no worker ever said it, or all that did left in good order.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn size(database: &Database) -> Result<Option<Size>> {
    const SQL: &str = "
        SELECT slots::int8, memory_fixed, memory_copies, memory_max
        FROM workers WHERE memory_max IS NOT NULL
        ORDER BY (CASE WHEN heartbeat_at > now() - lease THEN now() ELSE heartbeat_at END) DESC, slots DESC, memory_max DESC
        LIMIT 1";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_opt(&statement, &[]).await?;
    Ok(row.and_then(|row| {
        Some(Size {
            slots: row.get::<_, i64>(0).unsigned_abs(),
            needs: needs(&row, 1)?,
        })
    }))
}

/// The rule in three columns from `first` on; `None` where one is NULL.
fn needs(row: &Row, first: usize) -> Option<MemoryNeeds> {
    let part = |index: usize| {
        let part: Option<i64> = row.get(first + index);
        part.map(|part| u32::try_from(part).unwrap_or(u32::MAX))
    };
    Some(MemoryNeeds {
        fixed: part(0)?,
        copies: part(1)?,
        max: part(2)?,
    })
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
