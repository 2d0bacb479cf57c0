//! What a worker still holds.

use domain::EvaluationId;
use uuid::Uuid;

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
) -> Result<Vec<EvaluationId>> {
    const SQL: &str = "
        SELECT held.id FROM unnest($2::uuid[], $3::int8[]) AS held (id, epoch)
        WHERE NOT EXISTS (
            SELECT FROM evaluations e
            WHERE e.id = held.id AND e.epoch = held.epoch AND e.owner = $1 AND e.state = 'running'
        )";
    let (ids, epochs): (Vec<Uuid>, Vec<i64>) =
        held.iter().map(|(id, epoch)| (id.0, *epoch)).unzip();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&owner, &ids, &epochs]).await?;
    Ok(rows.iter().map(|row| EvaluationId(row.get(0))).collect())
}
