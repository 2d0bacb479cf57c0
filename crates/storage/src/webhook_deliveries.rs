//! `webhook_deliveries`: who is to be told that an evaluation has ended, and how far that is.
//!
//! A row is written by the statement that ends the evaluation (`evaluations::transition`). Any worker takes those that
//! are due ([`lease()`]) and says what came of a try ([`record()`]). One that dies in between is followed by the next after its
//! lease: a receiver may get a message twice, under the same id.

mod lease;
mod list;

use std::time::Duration;

use domain::Tenant;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::columns;
use crate::database::Database;
use crate::document;
use crate::error::{Error, Result};

pub use lease::{Lease, LeasedDelivery, lease};
pub use list::{DeliveryFilter, DeliveryPosition, StoredDelivery, StoredTry, find, list};

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried, or will be.
    Pending,
    /// The receiver has it.
    Delivered,
    /// It is not tried again unless somebody asks for it.
    Failed,
    /// The receiver wants nothing more at this URL.
    Disabled,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Disabled];

    /// The name in rows and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    pub(crate) fn read(row: &Row, index: usize) -> Result<Self> {
        Self::parse(row.get(index)).ok_or_else(|| Error::Unreadable {
            what: "webhook delivery",
            problem: "unknown state".to_owned(),
        })
    }
}

/// What came of a try.
#[derive(Debug, Clone)]
pub struct TryResult<'r> {
    /// How far the delivery is now.
    pub state: DeliveryState,
    /// How long to wait before the next try of one that is pending.
    pub wait: Duration,
    /// The status that the receiver answered.
    pub status: Option<u16>,
    /// Why it failed: one of a few words.
    pub error: Option<&'static str>,
    /// What was sent: what is sent again is the same.
    pub body: Option<&'r [u8]>,
    /// Whether the receiver wants nothing more at this URL.
    pub disables_target: bool,
    /// Whether it counts as a try.
    pub counts: bool,
    /// How long it took.
    pub took: Duration,
}

/// Writes what came of a try, where the delivery is still the one who tried it; false: it is not.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn record(database: &Database, lease: &Lease, result: &TryResult<'_>) -> Result<bool> {
    const SQL: &str = "
        WITH tried AS (
            UPDATE webhook_deliveries SET
                state = $4, worker = NULL, last_status = $6, last_error = $7,
                next_at = now() + make_interval(secs => $5),
                finished_at = CASE WHEN $4 = 'pending' THEN NULL ELSE now() END,
                body = coalesce($8, body),
                tries = tries - CASE WHEN $10 THEN 0 ELSE 1 END,
                log = CASE WHEN NOT $10 THEN log ELSE
                    CASE WHEN jsonb_array_length(log) < 20 THEN log ELSE log - 0 END || jsonb_build_array(jsonb_build_object(
                        'at', last_try_at, 'status', $6::int, 'error', $7::text, 'took_ms', $11::bigint)) END
            WHERE id = $1 AND worker = $2 AND tries = $3 AND state = 'pending'
            RETURNING tenant, url
        ), disabled AS (
            INSERT INTO webhook_disabled_targets (tenant, url) SELECT tenant, url FROM tried WHERE $9
            ON CONFLICT DO NOTHING
        )
        SELECT FROM tried";
    let body = result.body.map(document::pack).transpose()?;
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_opt(
            &statement,
            &[
                &lease.id,
                &lease.worker,
                &lease.tries,
                &result.state.as_str(),
                &result.wait.as_secs_f64(),
                &result.status.map(i32::from),
                &result.error,
                &body,
                &result.disables_target,
                &result.counts,
                &i64::try_from(result.took.as_millis()).unwrap_or(i64::MAX),
            ],
        )
        .await?;
    Ok(row.is_some())
}

/// Gives back what `worker` has taken and not tried: these, or all.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn release(database: &Database, worker: Uuid, these: Option<&[Uuid]>) -> Result<u64> {
    const SQL: &str = "
        UPDATE webhook_deliveries SET worker = NULL, next_at = now(), tries = greatest(tries - 1, 0)
        WHERE state = 'pending' AND worker = $1 AND ($2::uuid[] IS NULL OR id = ANY($2))";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&worker, &these]).await
}

/// What came of asking for a delivery once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redelivery {
    /// It is due, or is being sent.
    Due,
    /// Its message was not kept, and its evaluation has run again since: there is nothing to send. It is left as it is.
    Superseded,
    /// The tenant has none of this id.
    Unknown,
}

/// Has a delivery made once more, and its target with it. What is being sent is left alone.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn redeliver(database: &Database, tenant: &Tenant, id: Uuid) -> Result<Redelivery> {
    const SQL: &str = "
        WITH again AS (
            UPDATE webhook_deliveries d SET
                state = 'pending', finished_at = NULL,
                tries = CASE WHEN worker IS NULL THEN 0 ELSE tries END,
                next_at = CASE WHEN worker IS NULL THEN now() ELSE next_at END
            WHERE id = $1 AND tenant = $2 AND (body IS NOT NULL OR state = 'pending' OR EXISTS (
                SELECT FROM evaluations e WHERE e.id = d.evaluation_id AND e.finished_at = d.created_at))
            RETURNING tenant, url
        ), enabled AS (
            DELETE FROM webhook_disabled_targets t USING again WHERE t.tenant = again.tenant AND t.url = again.url
        )
        SELECT EXISTS (SELECT FROM again) FROM webhook_deliveries WHERE id = $1 AND tenant = $2";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_opt(&statement, &[&id, &tenant.as_str()])
        .await?;
    Ok(match row.map(|row| row.get(0)) {
        Some(true) => Redelivery::Due,
        Some(false) => Redelivery::Superseded,
        None => Redelivery::Unknown,
    })
}

/// For how long the delivery that is most overdue has been due: one that waits for its next try, for an earlier one of its
/// evaluation or for the answer to a try is not overdue.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn oldest_due(database: &Database) -> Result<Duration> {
    let sql = format!(
        "SELECT extract(epoch FROM now() - d.next_at)::float8 FROM webhook_deliveries d
         WHERE d.state = 'pending' AND d.next_at <= now() AND {}
         ORDER BY d.next_at LIMIT 1",
        lease::IS_NEXT
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client.query_opt(&statement, &[]).await?;
    Ok(row.map_or(Duration::ZERO, |row| columns::seconds(&row, 0)))
}

/// Forgets up to `most` targets that were disabled at least `age` ago; says how many those were.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn forget_disabled_targets(database: &Database, age: Duration, most: u32) -> Result<u64> {
    const SQL: &str = "
        DELETE FROM webhook_disabled_targets WHERE (tenant, url) IN (
            SELECT tenant, url FROM webhook_disabled_targets
            WHERE disabled_at < now() - make_interval(secs => $1)
            ORDER BY disabled_at LIMIT $2 FOR UPDATE SKIP LOCKED
        )";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(&statement, &[&age.as_secs_f64(), &i64::from(most)])
        .await
}
