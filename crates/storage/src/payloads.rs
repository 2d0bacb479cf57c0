//! `payloads`: what was sent. Written by [`crate::evaluations::submit`].

use std::collections::HashMap;

use domain::{EvaluationId, Tenant};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::database::Database;
use crate::document;
use crate::error::Result;

/// A payload, compressed and ready to be stored.
#[derive(Debug, Clone)]
pub struct CompressedPayload {
    /// The size before compression, in bytes.
    pub size: usize,
    pub(crate) body: Vec<u8>,
}

impl CompressedPayload {
    /// The size after compression, in bytes.
    #[must_use]
    pub fn packed_size(&self) -> usize {
        self.body.len()
    }
}

/// Compresses a payload. Takes about 3 ms for 1 MB, so it does not belong on a thread that others wait for.
///
/// # Errors
/// [`crate::Error::Unreadable`] when the compressor fails.
pub fn pack(payload: &[u8]) -> Result<CompressedPayload> {
    Ok(CompressedPayload {
        size: payload.len(),
        body: document::pack(payload)?,
    })
}

/// The payload as it was sent; `None` when there is none (any more).
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn load(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<Option<Vec<u8>>> {
    const SQL: &str = "SELECT body FROM payloads WHERE evaluation_id = $1 AND tenant = $2";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_opt(&statement, &[&id.0, &tenant.as_str()])
        .await?;
    drop(client);
    row.map(|row| document::unpack("payload", row.get(0)))
        .transpose()
}

/// The sizes of these evaluations' payloads, in bytes; there is none for what is gone.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn sizes(
    database: &Database,
    ids: &[EvaluationId],
) -> Result<HashMap<EvaluationId, u64>> {
    const SQL: &str = "SELECT evaluation_id, size FROM payloads WHERE evaluation_id = ANY($1)";
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&ids]).await?;
    let read = |row: &Row| {
        (
            EvaluationId(row.get(0)),
            row.get::<_, i64>(1).unsigned_abs(),
        )
    };
    Ok(rows.iter().map(read).collect())
}
