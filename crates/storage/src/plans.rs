//! `plans`: what was decided at the first claim.

use domain::plan::Plan;
use domain::{EvaluationId, Tenant};

use crate::database::Database;
use crate::document;
use crate::error::Result;
use crate::ownership::Ownership;

/// A stored plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// One that this build can follow.
    Known(Box<Plan>),
    /// One that a newer release wrote.
    Newer {
        /// What of it this build does not know: `format` or `reader`.
        part: &'static str,
        /// The version of that part.
        version: i32,
    },
}

/// The plan of an evaluation, once there is one.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn load(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<Option<Stored>> {
    const SQL: &str = "SELECT version, body FROM plans WHERE evaluation_id = $1 AND tenant = $2";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let Some(row) = client
        .query_opt(&statement, &[&id.0, &tenant.as_str()])
        .await?
    else {
        return Ok(None);
    };
    decode(row.get(0), row.get(1)).map(Some)
}

/// Reads a row.
pub(crate) fn decode(version: i16, body: &[u8]) -> Result<Stored> {
    if !u16::try_from(version).is_ok_and(|version| version <= Plan::VERSION) {
        return Ok(Stored::Newer {
            part: "format",
            version: version.into(),
        });
    }
    let plan: Plan = document::read("plan", body)?;
    Ok(if plan.reader.is_known() {
        Stored::Known(Box::new(plan))
    } else {
        Stored::Newer {
            part: "reader",
            version: plan.reader.number().into(),
        }
    })
}

/// Stores the plan under its owner's epoch; a plan that is there already stays. False: it is no longer ours.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn store(
    database: &Database,
    ownership: &Ownership,
    plan: &Plan,
    steps: u32,
) -> Result<bool> {
    const SQL: &str = "
        WITH mine AS (
            UPDATE evaluations SET steps_total = $5, model = $6, updated_at = now()
            WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running'
            RETURNING id, tenant
        ), stored AS (
            INSERT INTO plans (evaluation_id, tenant, version, body)
            SELECT id, tenant, $7, $4 FROM mine
            ON CONFLICT (evaluation_id) DO NOTHING
        )
        SELECT FROM mine";
    let body = document::write("plan", plan)?;
    let version = i16::try_from(plan.version).unwrap_or(i16::MAX);
    let steps = i32::try_from(steps).unwrap_or(i32::MAX);
    let written = ownership
        .write(
            database,
            SQL,
            body.len(),
            vec![
                Box::new(body),
                Box::new(steps),
                Box::new(plan.model.clone()),
                Box::new(version),
            ],
        )
        .await?;
    Ok(written.is_some())
}
