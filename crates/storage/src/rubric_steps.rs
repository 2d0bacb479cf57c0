//! `rubric_steps`: the evaluation steps that a model made of a rubric version, made by the first evaluation
//! that needs them and kept for all others.

use std::time::Duration;

use domain::{EvaluationId, Tenant};

use crate::database::Database;
use crate::document;
use crate::error::Result;
use crate::evaluations;

/// Whose steps they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'k> {
    /// The rubric, as `name@version`.
    pub rubric: &'k str,
    /// The model that makes them.
    pub model: &'k str,
    /// The version of the prompt that asks for them.
    pub prompt: &'k str,
}

/// Who makes the steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// They are made.
    Stored(Vec<String>),
    /// This evaluation does.
    Ours,
    /// This other evaluation is at it.
    HeldByOther(EvaluationId),
}

/// The steps, if there are some yet, and who makes them.
const READ: &str = "
    SELECT steps, maker FROM rubric_steps
    WHERE tenant = $1 AND rubric = $2 AND model = $3 AND prompt = $4";

/// The kept steps, if there are some yet.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn find(
    database: &Database,
    tenant: &Tenant,
    key: Key<'_>,
) -> Result<Option<Vec<String>>> {
    let client = database.connection().await?;
    let read = client.prepare_cached(READ).await?;
    let row = client
        .query_opt(
            &read,
            &[&tenant.as_str(), &key.rubric, &key.model, &key.prompt],
        )
        .await?;
    row.and_then(|row| row.get::<_, Option<Vec<u8>>>(0))
        .map(|steps| document::read("rubric's steps", &steps))
        .transpose()
}

/// The kept steps; else claims the making of them for an evaluation.
///
/// A maker that has ended without any has lost its claim, and so has one that took longer than `patience`; but of those
/// that have not ended only the first, so that no more than two are at it.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn claim(
    database: &Database,
    tenant: &Tenant,
    key: Key<'_>,
    maker: EvaluationId,
    patience: Duration,
) -> Result<Claim> {
    const CLAIM: &str = "
        INSERT INTO rubric_steps AS kept (tenant, rubric, model, prompt, maker) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant, rubric, model, prompt) DO UPDATE
        SET maker = $5, begun_at = now(),
            rivals = CASE
                WHEN kept.maker = $5 THEN kept.rivals
                WHEN EXISTS (SELECT FROM evaluations WHERE id = kept.maker AND state IN ('queued', 'running'))
                THEN kept.rivals + 1 ELSE 0 END
        WHERE kept.steps IS NULL
          AND (kept.maker = $5
               OR (kept.rivals = 0 AND kept.begun_at < now() - make_interval(secs => $6))
               OR NOT EXISTS (SELECT FROM evaluations WHERE id = kept.maker AND state IN ('queued', 'running')))
        RETURNING true";
    let Key {
        rubric,
        model,
        prompt,
    } = key;
    let client = database.connection().await?;
    // Read first: once they are made this is all there is to it.
    let read = client.prepare_cached(READ).await?;
    let row = client
        .query_opt(&read, &[&tenant.as_str(), &rubric, &model, &prompt])
        .await?;
    if let Some(steps) = row.and_then(|row| row.get::<_, Option<Vec<u8>>>(0)) {
        return Ok(Claim::Stored(document::read("rubric's steps", &steps)?));
    }
    let claim = client.prepare_cached(CLAIM).await?;
    let ours = client
        .query_opt(
            &claim,
            &[
                &tenant.as_str(),
                &rubric,
                &model,
                &prompt,
                &maker.0,
                &patience.as_secs_f64(),
            ],
        )
        .await?;
    if ours.is_some() {
        return Ok(Claim::Ours);
    }
    let row = client
        .query_one(&read, &[&tenant.as_str(), &rubric, &model, &prompt])
        .await?;
    Ok(match row.get::<_, Option<Vec<u8>>>(0) {
        Some(steps) => Claim::Stored(document::read("rubric's steps", &steps)?),
        None => Claim::HeldByOther(EvaluationId(row.get(1))),
    })
}

/// Keeps steps, unless some are kept already, and wakes those who wait for them.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn store(
    database: &Database,
    tenant: &Tenant,
    key: Key<'_>,
    maker: EvaluationId,
    steps: &[String],
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO rubric_steps AS kept (tenant, rubric, model, prompt, maker, steps) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant, rubric, model, prompt) DO UPDATE SET steps = $6
        WHERE kept.steps IS NULL
        RETURNING maker";
    let body = document::write("rubric's steps", &steps)?;
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let kept = client
        .query_opt(
            &statement,
            &[
                &tenant.as_str(),
                &key.rubric,
                &key.model,
                &key.prompt,
                &maker.0,
                &body,
            ],
        )
        .await?;
    drop(client);
    // They wait for whoever was to make them, which may be another by now. Behind the steps, in a statement of its own:
    // who parks meanwhile is seen by this one, or by the next `succeed`.
    if let Some(row) = kept {
        evaluations::wake(database, EvaluationId(row.get(0))).await?;
    }
    Ok(())
}

/// Sees to those who wait for steps: wakes them where the steps are there.
///
/// Where the maker has ended without any, or has taken longer than `patience` for the first time, the one that has waited
/// longest is woken to make them, and the others wait for that.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn promote_waiting(database: &Database, patience: Duration) -> Result<()> {
    const WAKE: &str = "
        UPDATE evaluations e SET waits_for = NULL, next_run_at = coalesce(started_at, now())
        FROM (
            SELECT id FROM evaluations w
            WHERE state = 'queued' AND waits_for IS NOT NULL
              AND NOT EXISTS (SELECT FROM rubric_steps r WHERE r.maker = w.waits_for AND r.steps IS NULL)
            ORDER BY id FOR NO KEY UPDATE
        ) waiting WHERE e.id = waiting.id";
    const PROMOTE: &str = "
        WITH orphaned AS (
            SELECT r.tenant, r.rubric, r.model, r.prompt, r.maker, m.id IS NOT NULL AS is_open,
                   (SELECT e.id FROM evaluations e WHERE e.state = 'queued' AND e.waits_for = r.maker
                    ORDER BY e.priority = 'interactive' DESC, e.started_at LIMIT 1) AS next
            FROM rubric_steps r
            LEFT JOIN evaluations m ON m.id = r.maker AND m.state IN ('queued', 'running')
            WHERE r.steps IS NULL
              AND (m.id IS NULL OR (r.rivals = 0 AND r.begun_at < now() - make_interval(secs => $1)))
              AND EXISTS (SELECT FROM evaluations e WHERE e.state = 'queued' AND e.waits_for = r.maker)
            FOR NO KEY UPDATE OF r SKIP LOCKED
        ), succeeded AS (
            UPDATE rubric_steps r
            SET maker = orphaned.next, begun_at = now(), rivals = CASE WHEN orphaned.is_open THEN r.rivals + 1 ELSE 0 END
            FROM orphaned
            WHERE r.tenant = orphaned.tenant AND r.rubric = orphaned.rubric AND r.model = orphaned.model AND r.prompt = orphaned.prompt
              AND orphaned.next IS NOT NULL
            RETURNING orphaned.maker AS former, orphaned.next
        )
        UPDATE evaluations e
        SET waits_for = CASE WHEN e.id <> s.next THEN s.next END,
            next_run_at = CASE WHEN e.id = s.next THEN coalesce(e.started_at, now()) ELSE e.next_run_at END
        FROM succeeded s WHERE e.state = 'queued' AND e.waits_for = s.former";
    let client = database.connection().await?;
    let wake = client.prepare_cached(WAKE).await?;
    client.execute(&wake, &[]).await?;
    let promote = client.prepare_cached(PROMOTE).await?;
    client.execute(&promote, &[&patience.as_secs_f64()]).await?;
    Ok(())
}
