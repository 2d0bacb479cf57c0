//! Waiting for another evaluation, without a claim now and then to look.

use std::sync::LazyLock;

use domain::EvaluationId;
use domain::state::Event;

use super::transition::{By, To, Transition};
use crate::database::Database;
use crate::error::Result;
use crate::ownership::Ownership;

/// Queues an evaluation until [`wake`] for what it waits for: the evaluation that makes its rubric's steps. Nothing is
/// counted against it. False: it is no longer ours, and nothing changed.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn park(database: &Database, ownership: &Ownership, maker: EvaluationId) -> Result<bool> {
    // Due in the end even where nobody sweeps.
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Owner,
            to: To::Always(Event::Release),
            set: "attempts = e.attempts - 1, waits_for = $4, next_run_at = now() + interval '10 minutes'",
            with: "",
            detail: "jsonb_build_object('reason', 'awaits_steps', 'evaluation', c.waits_for, 'due_at', c.next_run_at)",
            select: "c.id",
        };
        transition.sql()
    });
    let written = ownership
        .write(database, &SQL, 0, vec![Box::new(maker.0)])
        .await?;
    Ok(written.is_some())
}

/// Makes due all that wait for an evaluation, and says how many those are. They keep their place in the queue, and
/// their time did not pass meanwhile: `updated_at` still says since when they have waited.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn wake(database: &Database, maker: EvaluationId) -> Result<u64> {
    // Locked by id first, as claims do it: two that change the same rows must not wait for each other in a circle.
    const SQL: &str = "
        UPDATE evaluations e SET waits_for = NULL, next_run_at = coalesce(started_at, now())
        FROM (
            SELECT id FROM evaluations WHERE state = 'queued' AND waits_for = $1 ORDER BY id FOR NO KEY UPDATE
        ) waiting WHERE e.id = waiting.id";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&maker.0]).await
}
