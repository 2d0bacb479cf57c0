//! The right to write for an evaluation.

use domain::{EvaluationId, Tenant};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::database::Database;
use crate::error::Result;

/// What a claim gives to a worker. Every later write carries it and changes nothing once another worker has
/// claimed the evaluation: the epoch only rises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// Which evaluation.
    pub id: EvaluationId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The worker that holds it.
    pub owner: Uuid,
    /// The fencing token.
    pub epoch: i64,
}

impl Ownership {
    /// Runs a statement that writes only `WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running'`, and
    /// returns a row when it did. `None`: the evaluation is no longer ours, and nothing was written.
    pub(crate) async fn write(
        &self,
        database: &Database,
        sql: &str,
        rest: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>> {
        let client = database.connection().await?;
        let client = client.for_record((self.id.0, self.epoch));
        let statement = client.prepare_cached(sql).await?;
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&self.id.0, &self.owner, &self.epoch];
        params.extend(rest);
        let written = client.query_opt(&statement, &params).await?;
        if written.is_some() {
            client.accepted();
        }
        Ok(written)
    }
}
