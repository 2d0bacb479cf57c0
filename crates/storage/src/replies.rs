//! `replies`: what was paid for. Committed once per step, under the owner's epoch.

use domain::{EvaluationId, Tenant};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::database::Database;
use crate::document;
use crate::error::Result;
use crate::ownership::Ownership;

/// What a call cost, in columns so that it can be summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the reply.
    pub output_tokens: u64,
    /// Nano-USD; `None` where the price is not known.
    pub nano_usd: Option<i64>,
}

/// A committed reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed<R> {
    /// What it is the reply to.
    pub step: String,
    /// In which round of the evaluation it was committed, from 1.
    pub round: i32,
    /// The reply.
    pub reply: R,
}

/// Every committed reply of an evaluation, the newest round of each step last.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn load<R: DeserializeOwned>(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<Vec<Committed<R>>> {
    const SQL: &str = "
        SELECT step, round, body FROM replies WHERE evaluation_id = $1 AND tenant = $2 ORDER BY step, round";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&id.0, &tenant.as_str()]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Committed {
            step: row.get(0),
            round: row.get(1),
            reply: document::read("reply", row.get(2))?,
        })
    };
    rows.iter().map(read).collect()
}

/// Commits a reply; one that is there already stays. False: the evaluation is no longer ours, and nothing
/// was written.
///
/// The evaluation's row is locked while the reply goes in, so that no claim can come between the look at
/// the epoch and the write.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn commit<R: Serialize + Sync>(
    database: &Database,
    ownership: &Ownership,
    step: &str,
    reply: &R,
    cost: Cost,
) -> Result<bool> {
    const SQL: &str = "
        WITH mine AS (
            SELECT id, tenant, round FROM evaluations
            WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running'
            FOR NO KEY UPDATE
        ), committed AS (
            INSERT INTO replies (evaluation_id, tenant, step, round, epoch, body, input_tokens, output_tokens, cost_nano_usd)
            SELECT id, tenant, $4, round, $3, $5, $6, $7, $8 FROM mine
            ON CONFLICT (evaluation_id, step, round) DO NOTHING
        )
        SELECT FROM mine";
    let body = document::write("reply", reply)?;
    let (input, output) = (saturated(cost.input_tokens), saturated(cost.output_tokens));
    let written = ownership
        .write(
            database,
            SQL,
            &[&step, &body, &input, &output, &cost.nano_usd],
        )
        .await?;
    Ok(written.is_some())
}

fn saturated(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}
