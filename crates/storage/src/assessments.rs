//! `assessments`: the one result of an evaluation, written together with its last state.

use domain::assessment::Assessment;

use crate::database::Database;
use crate::document;
use crate::error::Result;
use crate::ownership::Ownership;

/// Ends an evaluation with its assessment, in one statement under the owner's epoch. False: it is no longer
/// ours, and nothing was written.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn finish(
    database: &Database,
    ownership: &Ownership,
    assessment: &Assessment,
) -> Result<bool> {
    const SQL: &str = "
        WITH done AS (
            UPDATE evaluations
            SET state = 'succeeded', outcome = $5, owner = NULL, finished_at = now(), updated_at = now()
            WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running'
            RETURNING id, tenant
        ), written AS (
            INSERT INTO assessments (evaluation_id, tenant, outcome, score, passed, epoch, body)
            SELECT id, tenant, $5, $6, $7, $3, $4 FROM done
            -- Only an unscorable evaluation that was asked to run again has one already.
            ON CONFLICT (evaluation_id) DO UPDATE
            SET outcome = excluded.outcome, score = excluded.score, passed = excluded.passed,
                epoch = excluded.epoch, body = excluded.body, created_at = now()
        )
        SELECT FROM done";
    let body = document::write("assessment", assessment)?;
    let outcome = assessment.outcome.as_str();
    let written = ownership
        .write(
            database,
            SQL,
            &[&body, &outcome, &assessment.score, &assessment.passed],
        )
        .await?;
    Ok(written.is_some())
}
