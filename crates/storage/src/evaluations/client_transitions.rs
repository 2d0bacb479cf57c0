//! What the sender of an evaluation may still ask for: taking it back, or having it run again.

use std::sync::LazyLock;

use domain::state::Event;
use domain::{EvaluationId, State, Tenant};

use super::transition::{By, To, Transition};
use crate::database::Database;
use crate::error::{Error, Result};

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
/// [`Error::Unavailable`].
pub async fn cancel(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<CommandResult> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Other {
                target: "target AS (
                    SELECT id, owner FROM evaluations
                    WHERE id = $1 AND tenant = $2 AND state IN ('queued', 'running') FOR NO KEY UPDATE
                ), taken AS (
                    UPDATE workers SET taken_at = now() FROM target WHERE workers.id = target.owner
                )",
            },
            to: To::Always(Event::Cancel),
            set: "",
            with: "",
            detail: "NULL::jsonb",
            select: "c.id",
        };
        transition.sql()
    });
    const SELECT: &str = "SELECT state, false FROM evaluations WHERE id = $1 AND tenant = $2";
    run_command(database, &SQL, SELECT, tenant, id).await
}

/// Queues an evaluation once more that failed, was cancelled or came out unscorable.
///
/// What was paid for stays, and the plan with it; where nothing was, the plan is made anew, so that a mended
/// setting counts. Failures and crashes are counted anew, and a deadline that has passed counts no more.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn retry(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<CommandResult> {
    // Both rows are locked: retention may be about to remove either.
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Other {
                target: "target AS (
                    SELECT e.id FROM evaluations e JOIN payloads p ON p.evaluation_id = e.id
                    WHERE e.id = $1 AND e.tenant = $2
                      AND (e.state IN ('failed', 'cancelled') OR (e.state = 'succeeded' AND e.outcome = 'unscorable'))
                    FOR NO KEY UPDATE OF e FOR KEY SHARE OF p
                ), forgotten AS (
                    DELETE FROM plans USING target
                    WHERE plans.evaluation_id = target.id
                      AND NOT EXISTS (SELECT FROM replies r WHERE r.evaluation_id = target.id)
                )",
            },
            to: To::Always(Event::Retry),
            set: "
                round = e.round + 1, failures = 0, crashes = 0, company = NULL, outcome = NULL, error_code = NULL,
                error_message = NULL, started_at = NULL, next_run_at = now(), announced_at = NULL,
                deadline_at = CASE WHEN e.deadline_at > now() THEN e.deadline_at END",
            with: "",
            detail: "jsonb_build_object('round', c.round)",
            select: "c.id",
        };
        transition.sql()
    });
    const SELECT: &str = "
        SELECT state, (state IN ('failed', 'cancelled') OR coalesce(outcome = 'unscorable', false))
               AND NOT EXISTS (SELECT FROM payloads p WHERE p.evaluation_id = e.id)
        FROM evaluations e WHERE id = $1 AND tenant = $2";
    run_command(database, &SQL, SELECT, tenant, id).await
}

/// Runs `sql`; where that changes nothing, `look` says the state, and whether only the payload is missing.
async fn run_command(
    database: &Database,
    sql: &str,
    look: &str,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<CommandResult> {
    let client = database.connection().await?;
    let statement = client.prepare_cached(sql).await?;
    if client
        .query_opt(&statement, &[&id.0, &tenant.as_str()])
        .await?
        .is_some()
    {
        return Ok(CommandResult::Yes);
    }
    let Some(row) = client.query_opt(look, &[&id.0, &tenant.as_str()]).await? else {
        return Ok(CommandResult::NotFound);
    };
    let state = State::parse(row.get(0));
    let state = state.ok_or_else(|| Error::Unreadable {
        what: "evaluation",
        problem: "unknown state".to_owned(),
    })?;
    Ok(if row.get(1) {
        CommandResult::PayloadGone
    } else {
        CommandResult::No(state)
    })
}
