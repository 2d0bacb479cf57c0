//! Evaluations that may be what their workers died of.
//!
//! A crash counts for all that the worker held, and it is one of them at most. So before one may end as `poison`, the
//! sweep gives it a `company`: with so many in its worker, itself counted, it may run at most, and that falls to one.
//! Suspects never enter the stream. A worker reserves a group of them, lets what it has under way end, and claims them
//! with nothing beside.

use std::sync::LazyLock;
use std::time::Duration;

use domain::EvaluationId;
use uuid::Uuid;

use super::claim::{Claimed, claim_of, run_claim};
use crate::database::Database;
use crate::error::Result;

/// Reserves for a minute a group of suspects that may run together, at most `slots` of them, and returns it. Empty where
/// none waits.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn reserve_suspects(database: &Database, slots: usize) -> Result<Vec<EvaluationId>> {
    const SQL: &str = "
        WITH first AS (
            SELECT company FROM evaluations
            WHERE state = 'queued' AND company IS NOT NULL AND next_run_at <= now()
              AND coalesce(reserved_at < now() - interval '1 minute', true)
            ORDER BY next_run_at LIMIT 1
        ), together AS (
            SELECT id FROM evaluations
            WHERE state = 'queued' AND company >= (SELECT company FROM first) AND next_run_at <= now()
              AND coalesce(reserved_at < now() - interval '1 minute', true)
            ORDER BY next_run_at LIMIT (SELECT least(company, $1) FROM first)
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE evaluations e SET reserved_at = now() FROM together WHERE e.id = together.id RETURNING e.id";
    let slots = i32::try_from(slots).unwrap_or(i32::MAX);
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&slots]).await?;
    Ok(rows.iter().map(|row| EvaluationId(row.get(0))).collect())
}

/// Claims suspects for a worker that has nothing else, as [`super::claim()`] does.
///
/// # Errors
/// As [`super::claim()`].
pub async fn claim_suspects(
    database: &Database,
    owner: Uuid,
    ids: &[EvaluationId],
    bound: Duration,
) -> Result<Vec<Claimed>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        claim_of(
            "target AS (
                SELECT id FROM evaluations
                WHERE id = ANY($1) AND state = 'queued' AND company IS NOT NULL AND next_run_at <= now()
                  AND NOT EXISTS (SELECT FROM evaluations mine WHERE mine.state = 'running' AND mine.owner = $2)
                ORDER BY id FOR NO KEY UPDATE
            )",
        )
    });
    run_claim(database, &SQL, owner, ids, bound, &[]).await
}
