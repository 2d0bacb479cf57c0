//! What a worker still holds, and what it only seems to hold.

use std::sync::LazyLock;
use std::time::Duration;

use domain::EvaluationId;
use domain::state::Event;
use uuid::Uuid;

use super::transition::{By, To, Transition};
use crate::database::Database;
use crate::error::Result;

/// Which of these evaluations a worker no longer holds under these epochs: cancelled, expired, or claimed by
/// another after its lease.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn lost(
    database: &Database,
    owner: Uuid,
    held: &[(EvaluationId, i64)],
) -> Result<Vec<(EvaluationId, i64)>> {
    const SQL: &str = "
        SELECT held.id, held.epoch FROM unnest($2::uuid[], $3::int8[]) AS held (id, epoch)
        WHERE NOT EXISTS (
            SELECT FROM evaluations e
            WHERE e.id = held.id AND e.epoch = held.epoch AND e.owner = $1 AND e.state = 'running'
        )";
    let (ids, epochs): (Vec<Uuid>, Vec<i64>) =
        held.iter().map(|(id, epoch)| (id.0, *epoch)).unzip();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&owner, &ids, &epochs]).await?;
    let read = |row: &tokio_postgres::Row| (EvaluationId(row.get(0)), row.get(1));
    Ok(rows.iter().map(read).collect())
}

/// Queues what is a worker's by its row and not among what it holds, and says how many those were.
///
/// The answer to a claim got lost, or an end could not be written. Only what was claimed at least `age` ago is
/// meant; nothing is counted against it.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn requeue_orphaned(
    database: &Database,
    owner: Uuid,
    held: &[(EvaluationId, i64)],
    age: Duration,
) -> Result<u64> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Other {
                target: "target AS (
                    SELECT id FROM evaluations
                    WHERE state = 'running' AND owner = $1 AND NOT id = ANY($2)
                      AND updated_at < now() - make_interval(secs => $3)
                    ORDER BY id FOR NO KEY UPDATE
                )",
            },
            to: To::Always(Event::Release),
            set: "attempts = e.attempts - 1",
            with: "",
            detail: "jsonb_build_object('reason', 'claim_not_confirmed')",
            select: "c.id",
        };
        transition.sql()
    });
    let ids: Vec<Uuid> = held.iter().map(|(id, _)| id.0).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(&SQL).await?;
    client
        .execute(&statement, &[&owner, &ids, &age.as_secs_f64()])
        .await
}
