//! The right to write for an evaluation.

use domain::{EvaluationId, Tenant};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::database::Database;
use crate::error::Result;
use crate::group_commit::{Param, Write};

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
    /// returns a row when it did; with the writes of others in one transaction where the database shares them
    /// ([`Database::sharing`]). `None`: the evaluation is no longer ours, and nothing was written. `bytes` are those of the
    /// records among the parameters.
    pub(crate) async fn write(
        &self,
        database: &Database,
        sql: &'static str,
        bytes: usize,
        rest: Vec<Param>,
    ) -> Result<Option<Row>> {
        let mut params: Vec<Param> = vec![
            Box::new(self.id.0),
            Box::new(self.owner),
            Box::new(self.epoch),
        ];
        params.extend(rest);
        let write = Write {
            record: (self.id.0, self.epoch),
            sql,
            params,
        };
        match database.shared_writes() {
            Some(writes) => writes.submit(write, bytes).await,
            None => write.alone(database).await,
        }
    }
}
