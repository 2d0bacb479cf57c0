//! Reading deliveries, for clients.

use domain::{EvaluationId, Tenant};
use jiff::Timestamp;
use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::DeliveryState;
use crate::database::Database;
use crate::error::Result;

/// A delivery as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// Its id; `webhook-id`.
    pub id: Uuid,
    /// Which evaluation has ended.
    pub evaluation: EvaluationId,
    /// `evaluation.succeeded`, `evaluation.failed` or `evaluation.cancelled`.
    pub event: String,
    /// Where to.
    pub url: String,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried since it was last asked for.
    pub tries: u32,
    /// When it is tried next; `None`: it is not, or is being tried.
    pub next_at: Option<Timestamp>,
    /// When it was last tried.
    pub last_try_at: Option<Timestamp>,
    /// The status that was answered last.
    pub last_status: Option<u16>,
    /// Why the last try failed: one of a few words.
    pub last_error: Option<String>,
    /// When the evaluation ended.
    pub created_at: Timestamp,
    /// When nothing was left to do.
    pub finished_at: Option<Timestamp>,
    /// Its last tries, the newest last.
    pub log: Vec<StoredTry>,
}

/// A try that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StoredTry {
    /// When it began.
    pub at: Timestamp,
    /// The status that was answered.
    pub status: Option<u16>,
    /// Why it failed: one of a few words.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Which deliveries are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those of this evaluation.
    pub evaluation: Option<EvaluationId>,
}

/// A place between two deliveries of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryPosition {
    /// When the last one of a page was made.
    pub created_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

const COLUMNS: &str = "
    id, evaluation_id, event, url, state, tries, CASE WHEN state = 'pending' AND worker IS NULL THEN next_at END,
    last_try_at, last_status, last_error, created_at, finished_at, log";

/// Up to `limit` deliveries of a tenant that come after a place, the newest first.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn list(
    database: &Database,
    tenant: &Tenant,
    filter: DeliveryFilter,
    limit: u32,
    after: Option<DeliveryPosition>,
) -> Result<Vec<StoredDelivery>> {
    // A condition for each filter that is there, so that each list has its index.
    let mut sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries
         WHERE tenant = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
           AND ($5::text IS NULL OR state = $5) AND ($6::uuid IS NULL OR evaluation_id = $6)"
    );
    if filter
        .state
        .is_some_and(|state| state != DeliveryState::Delivered)
    {
        sql.push_str(" AND state <> 'delivered'");
    }
    if filter.evaluation.is_some() {
        sql.push_str(" AND evaluation_id = $6");
    }
    sql.push_str(" ORDER BY created_at DESC, id DESC LIMIT $4");
    let (created_at, id) = after.map(|after| (after.created_at, after.id)).unzip();
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(
            &statement,
            &[
                &tenant.as_str(),
                &created_at,
                &id,
                &i64::from(limit),
                &filter.state.map(DeliveryState::as_str),
                &filter.evaluation.map(|evaluation| evaluation.0),
            ],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// A delivery of a tenant.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn find(
    database: &Database,
    tenant: &Tenant,
    id: Uuid,
) -> Result<Option<StoredDelivery>> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_deliveries WHERE id = $1 AND tenant = $2");
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client
        .query_opt(&statement, &[&id, &tenant.as_str()])
        .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<StoredDelivery> {
    Ok(StoredDelivery {
        id: row.get(0),
        evaluation: EvaluationId(row.get(1)),
        event: row.get(2),
        url: row.get(3),
        state: DeliveryState::read(row, 4)?,
        tries: row.get::<_, i32>(5).unsigned_abs(),
        next_at: row.get(6),
        last_try_at: row.get(7),
        last_status: row
            .get::<_, Option<i32>>(8)
            .and_then(|status| u16::try_from(status).ok()),
        last_error: row.get(9),
        created_at: row.get(10),
        finished_at: row.get(11),
        log: row.try_get::<_, Json<Vec<StoredTry>>>(12)?.0,
    })
}
