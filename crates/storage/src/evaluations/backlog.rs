//! The backlog, and which part of it should be in the stream.
//!
//! `announced_at` says when a queued row was last put into the stream. Rows without it are the backlog that
//! only this table knows. A row with it whose entry got lost is found by comparing it with the age of the
//! oldest entry that the stream still has: entries leave in order, so one that should be older is gone.

use std::time::Duration;

use domain::{EvaluationId, Priority, Tenant};
use uuid::Uuid;

use crate::database::Database;
use crate::error::Result;

/// What an entry of the stream needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedEntry {
    /// The evaluation.
    pub id: EvaluationId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The size of its payload in bytes.
    pub size: u64,
    /// Of the request that brought it.
    pub traceparent: Option<String>,
}

/// Marks up to `room` due evaluations of the backlog as announced and returns them: the oldest of each tenant
/// first, the tenants in turn, so that a large backlog of one does not hide another's.
///
/// Where `tenant_slots` is given, no more of a tenant than until so many run or are announced: the others could not be claimed.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn mark_published(
    database: &Database,
    priority: Priority,
    room: u32,
    tenant_slots: Option<u32>,
) -> Result<Vec<QueuedEntry>> {
    // The recursive part steps from tenant to tenant through the index instead of reading every row.
    const SQL: &str = "
        WITH RECURSIVE tenants AS (
            (SELECT tenant FROM evaluations WHERE state = 'queued' AND announced_at IS NULL AND priority = $1
             ORDER BY tenant LIMIT 1)
            UNION ALL
            SELECT (SELECT e.tenant FROM evaluations e
                    WHERE e.state = 'queued' AND e.announced_at IS NULL AND e.priority = $1 AND e.tenant > t.tenant
                    ORDER BY e.tenant LIMIT 1)
            FROM tenants t WHERE t.tenant IS NOT NULL
        ), fair AS (
            SELECT due.id, row_number() OVER (PARTITION BY due.tenant ORDER BY due.next_run_at) AS turn, due.next_run_at
            FROM tenants t CROSS JOIN LATERAL (
                SELECT id, tenant, next_run_at FROM evaluations e
                WHERE e.state = 'queued' AND e.announced_at IS NULL AND e.priority = $1
                  AND e.tenant = t.tenant AND e.next_run_at <= now() AND e.company IS NULL
                ORDER BY e.next_run_at LIMIT CASE WHEN $3::int8 IS NULL THEN $2 ELSE least($2, greatest(0, $3
                    - (SELECT count(*) FROM evaluations r WHERE r.state = 'running' AND r.tenant = t.tenant)
                    - (SELECT count(*) FROM evaluations a WHERE a.state = 'queued' AND a.announced_at IS NOT NULL
                                                            AND a.tenant = t.tenant))) END
            ) due
        ), picked AS (
            SELECT id FROM fair ORDER BY turn, next_run_at LIMIT $2
        ), locked AS (
            SELECT id FROM evaluations
            WHERE id IN (SELECT id FROM picked) AND state = 'queued' AND announced_at IS NULL
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE evaluations e SET announced_at = now()
        FROM locked LEFT JOIN payloads p ON p.evaluation_id = locked.id WHERE e.id = locked.id
        RETURNING e.id, e.tenant, e.traceparent, coalesce(p.size, 0)";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(
            &statement,
            &[
                &priority.as_str(),
                &i64::from(room),
                &tenant_slots.map(i64::from),
            ],
        )
        .await?;
    let read = |row: &tokio_postgres::Row| QueuedEntry {
        id: EvaluationId(row.get(0)),
        tenant: Tenant::stored(row.get(1)),
        traceparent: row.get(2),
        size: row.get::<_, i64>(3).unsigned_abs(),
    };
    Ok(rows.iter().map(read).collect())
}

/// Takes the mark off evaluations that could not be put into the stream after all, or were taken out of it and not claimed.
///
/// # Errors
/// [`crate::Error::Unavailable`]; then [`reset_lost`] finds them later.
pub async fn unmark_published(database: &Database, ids: &[EvaluationId]) -> Result<u64> {
    const SQL: &str =
        "UPDATE evaluations SET announced_at = NULL WHERE id = ANY($1) AND state = 'queued'";
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&ids]).await
}

/// Takes the mark off queued evaluations whose entry must be gone, and says how many those were.
///
/// Those are the ones that were announced longer ago than `oldest_entry` (the age of the oldest entry in the
/// stream, or zero for an empty one) plus `grace` (for entries under way, and for the difference of two
/// servers' clocks).
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn reset_lost(
    database: &Database,
    priority: Priority,
    oldest_entry: Duration,
    grace: Duration,
) -> Result<u64> {
    const SQL: &str = "
        UPDATE evaluations SET announced_at = NULL
        WHERE state = 'queued' AND priority = $1 AND announced_at < now() - make_interval(secs => $2)";
    let age = oldest_entry.saturating_add(grace).as_secs_f64();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(&statement, &[&priority.as_str(), &age])
        .await
}

/// Whether anything is queued, due or not, by priority in the order of [`Priority::ALL`].
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn has_queued(database: &Database) -> Result<[bool; 2]> {
    const SQL: &str = "
        SELECT EXISTS (SELECT FROM evaluations WHERE state = 'queued' AND priority = $1),
               EXISTS (SELECT FROM evaluations WHERE state = 'queued' AND priority = $2)";
    let [interactive, batch] = Priority::ALL.map(Priority::as_str);
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_one(&statement, &[&interactive, &batch])
        .await?;
    Ok([row.get(0), row.get(1)])
}

/// How many queued evaluations were announced longer ago than `grace`.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn count_published(
    database: &Database,
    priority: Priority,
    grace: Duration,
) -> Result<u64> {
    const SQL: &str = "
        SELECT count(*) FROM evaluations
        WHERE state = 'queued' AND priority = $1 AND announced_at < now() - make_interval(secs => $2)";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_one(&statement, &[&priority.as_str(), &grace.as_secs_f64()])
        .await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}
