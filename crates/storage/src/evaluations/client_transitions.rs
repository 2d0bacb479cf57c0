//! What the sender of an evaluation may still ask for: taking it back, or having it run again.

use domain::{EvaluationId, State, Tenant};

use super::bulk::{self, BulkKind};
use crate::columns;
use crate::database::Database;
use crate::error::Result;

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandResult {
    /// It is so now.
    Yes,
    /// Its state does not allow it.
    No(State),
    /// There is no such evaluation.
    NotFound,
    /// Its payload was removed: there is nothing to run again.
    PayloadGone,
}

/// Cancels an evaluation that has not ended. Its worker, if it has one, loses it with this: what it has under
/// way stops as soon as it looks, and whatever it writes changes nothing.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn cancel(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<CommandResult> {
    const SELECT: &str = "SELECT state, false FROM evaluations WHERE id = $1 AND tenant = $2";
    run_command(database, BulkKind::Cancel, SELECT, tenant, id).await
}

/// Queues an evaluation once more that failed, was cancelled or came out unscorable.
///
/// What was paid for stays, and the plan with it; where nothing was, the plan is made anew, so that a mended
/// setting counts. Failures and crashes are counted anew, and a deadline that has passed counts no more.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn retry(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<CommandResult> {
    const SELECT: &str = "
        SELECT state, (state IN ('failed', 'cancelled') OR coalesce(outcome = 'unscorable', false))
               AND NOT EXISTS (SELECT FROM payloads p WHERE p.evaluation_id = e.id)
        FROM evaluations e WHERE id = $1 AND tenant = $2";
    run_command(database, BulkKind::Retry, SELECT, tenant, id).await
}

/// Changes it; where that changes nothing, `look` says the state, and whether only the payload is missing.
async fn run_command(
    database: &Database,
    kind: BulkKind,
    look: &str,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<CommandResult> {
    let changed = bulk::apply(database, kind, tenant, &[id.0], None).await?;
    if !changed.is_empty() {
        return Ok(CommandResult::Yes);
    }
    let client = database.connection().await?;
    let Some(row) = client.query_opt(look, &[&id.0, &tenant.as_str()]).await? else {
        return Ok(CommandResult::NotFound);
    };
    let state = columns::state(&row, 0)?;
    Ok(if row.get(1) {
        CommandResult::PayloadGone
    } else {
        CommandResult::No(state)
    })
}
