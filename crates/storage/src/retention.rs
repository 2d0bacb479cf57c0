//! Removing what is old enough, a little at a time: long deletes hold up everybody else.
//!
//! Rows are locked before they go: one that its sender has run again in that moment is neither waited for nor
//! removed.

use std::time::Duration;

use crate::database::Database;
use crate::error::Result;

/// Removes up to `most` payloads of evaluations that ended at least `age` ago; says how many those were.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn remove_payloads(database: &Database, age: Duration, most: u32) -> Result<u64> {
    // A payload is never younger than its evaluation's end, so its own age finds the candidates by index.
    const SQL: &str = "
        DELETE FROM payloads WHERE evaluation_id IN (
            SELECT p.evaluation_id FROM payloads p JOIN evaluations e ON e.id = p.evaluation_id
            WHERE p.created_at < now() - make_interval(secs => $1)
              AND e.finished_at < now() - make_interval(secs => $1)
            ORDER BY p.created_at LIMIT $2
            -- Looked at again under the lock: its sender may just have it run once more.
            FOR UPDATE OF p, e SKIP LOCKED
        )";
    remove(database, SQL, age, most).await
}

/// Removes up to `most` evaluations that ended at least `age` ago, with everything that belongs to them.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn remove_evaluations(database: &Database, age: Duration, most: u32) -> Result<u64> {
    const SQL: &str = "
        WITH removed AS (
            SELECT id, tenant, created_at FROM evaluations WHERE finished_at < now() - make_interval(secs => $1)
            ORDER BY finished_at LIMIT $2
            FOR UPDATE SKIP LOCKED
        ), with_events AS (
            DELETE FROM events USING removed WHERE events.evaluation_id = removed.id
        ), with_webhooks AS (
            DELETE FROM webhook_deliveries w USING removed WHERE w.evaluation_id = removed.id
        ), without_them AS (
            INSERT INTO stats_hours AS s (tenant, hour, changed_at)
            SELECT DISTINCT tenant, date_trunc('hour', created_at, 'UTC'), now() FROM removed ORDER BY 1, 2
            ON CONFLICT (tenant, hour) DO UPDATE SET changed_at = excluded.changed_at WHERE s.changed_at <= s.counted_at
        )
        DELETE FROM evaluations USING removed WHERE evaluations.id = removed.id";
    remove(database, SQL, age, most).await
}

async fn remove(database: &Database, sql: &str, age: Duration, most: u32) -> Result<u64> {
    let client = database.connection().await?;
    let statement = client.prepare_cached(sql).await?;
    client
        .execute(&statement, &[&age.as_secs_f64(), &i64::from(most)])
        .await
}
