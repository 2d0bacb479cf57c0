//! How workers find the deployments of models: each says it of itself, in its row of `workers`.

use std::time::Duration;

use domain::deployment_state::DeploymentState;
use jiff::Timestamp;
use uuid::Uuid;

use crate::database::Database;
use crate::document;
use crate::error::Result;

/// What a worker said.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// When it said so.
    pub at: Timestamp,
    /// How it finds each deployment.
    pub deployments: Vec<DeploymentState>,
}

/// Says how a worker finds the deployments, in the place of what it said before.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn publish(
    database: &Database,
    worker: Uuid,
    deployments: &[DeploymentState],
) -> Result<()> {
    const SQL: &str = "UPDATE workers SET deployments = $2, deployments_at = now() WHERE id = $1";
    let body = document::write("deployments", &deployments)?;
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&worker, &body]).await?;
    Ok(())
}

/// What the workers that are alive said, those that said it within `lease`. What a newer release wrote and this one cannot
/// read is left out.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn load(database: &Database, lease: Duration) -> Result<Vec<Report>> {
    const SQL: &str = "
        SELECT deployments_at, deployments FROM workers
        WHERE heartbeat_at > now() - coalesce(lease, make_interval(secs => $1))
          AND deployments_at > now() - coalesce(lease, make_interval(secs => $1))";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&lease.as_secs_f64()]).await?;
    let read = |row: &tokio_postgres::Row| {
        Some(Report {
            at: row.get(0),
            deployments: document::read("deployments", row.get(1)).ok()?,
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}
