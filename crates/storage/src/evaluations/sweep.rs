//! Finding what nobody works on any more.

use std::time::Duration;

use domain::EvaluationId;
use domain::failure::FailureCode;
use uuid::Uuid;

use crate::columns::seconds;
use crate::database::Database;
use crate::error::Result;

/// An evaluation that a sweep changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Which one.
    pub id: EvaluationId,
    /// The strategy's name, for metrics.
    pub strategy: String,
    /// Whether it failed for good; otherwise it is queued again.
    pub failed: bool,
    /// How long ago it was posted.
    pub age: Duration,
}

/// Queues every running evaluation whose worker has not been heard of for `lease`; fails it when that was
/// crash number `most`. Any worker may sweep, several at once do not get in one another's way.
///
/// Only a worker that was heard of itself finds anything: where it was not, the database's clock went forward or the
/// whole machine was asleep, and the others are as alive as the one who asks.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn sweep(
    database: &Database,
    by: Uuid,
    lease: Duration,
    most: u32,
) -> Result<Vec<Swept>> {
    // When a row has changed since the statement began, only its own columns are looked at again, not whether its new owner is
    // alive: the epoch says whether it is still the dead one's.
    const SQL: &str = "
        WITH fresh AS (
            SELECT id FROM workers WHERE heartbeat_at >= now() - make_interval(secs => $1)
        ), dead AS MATERIALIZED (
            SELECT e.id, e.epoch FROM evaluations e
            WHERE e.state = 'running' AND NOT EXISTS (SELECT FROM fresh WHERE fresh.id = e.owner)
              AND EXISTS (SELECT FROM fresh WHERE fresh.id = $4)
            LIMIT 1000
        ), orphans AS (
            SELECT e.id FROM evaluations e JOIN dead ON dead.id = e.id AND dead.epoch = e.epoch
            WHERE e.state = 'running'
            FOR NO KEY UPDATE OF e SKIP LOCKED
        )
        UPDATE evaluations e
        SET crashes = crashes + 1, epoch = epoch + 1, owner = NULL, updated_at = now(),
            state = CASE WHEN crashes + 1 >= $2 THEN 'failed' ELSE 'queued' END,
            error_code = CASE WHEN crashes + 1 >= $2 THEN $3 END,
            error_message = CASE WHEN crashes + 1 >= $2
                THEN 'its worker died while it held it, ' || (crashes + 1) || ' times' END,
            finished_at = CASE WHEN crashes + 1 >= $2 THEN now() END
        FROM orphans WHERE e.id = orphans.id
        RETURNING e.id, e.strategy, e.state = 'failed', extract(epoch FROM now() - e.created_at)::float8";
    let most = i32::try_from(most).unwrap_or(i32::MAX);
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(
            &statement,
            &[
                &lease.as_secs_f64(),
                &most,
                &FailureCode::Poison.as_str(),
                &by,
            ],
        )
        .await?;
    Ok(rows.iter().map(swept).collect())
}

/// Fails every evaluation whose own deadline has passed, wherever it is. Its worker, if it has one, finds out
/// with its next write.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn expire(database: &Database) -> Result<Vec<Swept>> {
    const SQL: &str = "
        WITH late AS (
            SELECT id FROM evaluations
            WHERE deadline_at < now() AND state IN ('queued', 'running')
            LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE evaluations e
        SET state = 'failed', owner = NULL, epoch = epoch + 1, finished_at = now(), updated_at = now(),
            error_code = $1, error_message = 'its deadline passed before it was judged'
        FROM late WHERE e.id = late.id
        RETURNING e.id, e.strategy, true, extract(epoch FROM now() - e.created_at)::float8";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(&statement, &[&FailureCode::DeadlineExceeded.as_str()])
        .await?;
    Ok(rows.iter().map(swept).collect())
}

fn swept(row: &tokio_postgres::Row) -> Swept {
    Swept {
        id: EvaluationId(row.get(0)),
        strategy: row.get(1),
        failed: row.get(2),
        age: seconds(row, 3),
    }
}
