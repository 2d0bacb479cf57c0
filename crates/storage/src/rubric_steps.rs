//! `rubric_steps`: the evaluation steps that a model made of a rubric version, made by the first evaluation
//! that needs them and kept for all others.

use std::time::Duration;

use domain::{EvaluationId, Tenant};

use crate::database::Database;
use crate::document;
use crate::error::Result;

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
    Kept(Vec<String>),
    /// This evaluation does.
    Ours,
    /// Another evaluation is at it.
    Anothers,
}

/// The kept steps; else claims the making of them for an evaluation.
///
/// One that took longer than `patience` has lost its claim. Where the maker has ended without any, nobody waits for another: each makes its own until
/// one of them keeps some.
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
        ON CONFLICT (tenant, rubric, model, prompt) DO UPDATE SET maker = $5, begun_at = now()
        WHERE kept.steps IS NULL
          AND (kept.maker = $5 OR kept.begun_at < now() - make_interval(secs => $6))
        RETURNING true";
    const READ: &str = "
        SELECT steps, NOT EXISTS (
            SELECT FROM evaluations WHERE id = maker AND state IN ('queued', 'running')
        ) FROM rubric_steps
        WHERE tenant = $1 AND rubric = $2 AND model = $3 AND prompt = $4";
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
    if let Some(row) = row {
        if let Some(steps) = row.get::<_, Option<Vec<u8>>>(0) {
            return Ok(Claim::Kept(document::read("rubric's steps", &steps)?));
        }
        if row.get(1) {
            return Ok(Claim::Ours);
        }
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
    Ok(if ours.is_some() {
        Claim::Ours
    } else {
        Claim::Anothers
    })
}

/// Keeps steps, unless some are kept already.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn keep(
    database: &Database,
    tenant: &Tenant,
    key: Key<'_>,
    maker: EvaluationId,
    steps: &[String],
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO rubric_steps AS kept (tenant, rubric, model, prompt, maker, steps) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant, rubric, model, prompt) DO UPDATE SET maker = $5, steps = $6
        WHERE kept.steps IS NULL";
    let body = document::write("rubric's steps", &steps)?;
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(
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
    Ok(())
}
