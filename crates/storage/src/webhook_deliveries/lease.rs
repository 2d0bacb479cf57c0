//! Taking deliveries that are due.

use std::time::Duration;

use domain::{EvaluationId, Tenant};
use jiff::Timestamp;
use uuid::Uuid;

use crate::database::Database;
use crate::document;
use crate::error::Result;

/// The right to say what came of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Of the delivery; `webhook-id`.
    pub id: Uuid,
    /// Who tries it.
    pub worker: Uuid,
    /// Which try it is, from 1.
    pub tries: i32,
}

/// A delivery that is to be tried now.
#[derive(Debug, Clone)]
pub struct LeasedDelivery {
    /// Under what it is recorded.
    pub lease: Lease,
    /// Whose it is.
    pub tenant: Tenant,
    /// Which evaluation has ended.
    pub evaluation: EvaluationId,
    /// `evaluation.succeeded`, `evaluation.failed` or `evaluation.cancelled`.
    pub event: String,
    /// When it ended.
    pub at: Timestamp,
    /// Where to.
    pub url: String,
    /// Host and port of the URL.
    pub host: String,
    /// What was sent before.
    pub body: Option<Vec<u8>>,
    /// Whether the receiver has said that it wants nothing more at this URL.
    pub is_disabled: bool,
    /// Of the request that brought the evaluation.
    pub correlation_id: String,
    /// Of the request that brought the evaluation (W3C Trace Context).
    pub traceparent: Option<String>,
}

/// No delivery `d` of an evaluation overtakes an earlier one.
pub(super) const IS_NEXT: &str = "NOT EXISTS (
    SELECT FROM webhook_deliveries earlier
    WHERE earlier.evaluation_id = d.evaluation_id AND earlier.seq < d.seq AND earlier.state = 'pending')";

/// Takes up to `most` deliveries that are due for `worker`, of each host up to `of_host` and none of those in `busy`.
///
/// Each host's are looked for by themselves, in an order that is another each time: however many are due at one host, they hide
/// none of another. After `time` somebody else takes what `worker` has not said the result of.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn lease(
    database: &Database,
    worker: Uuid,
    most: u32,
    of_host: u32,
    busy: &[&str],
    time: Duration,
) -> Result<Vec<LeasedDelivery>> {
    // The recursion goes from host to host by the index.
    let sql = format!(
        "WITH RECURSIVE hosts AS (
            (SELECT host FROM webhook_deliveries WHERE state = 'pending' ORDER BY host LIMIT 1)
            UNION ALL
            SELECT (SELECT d.host FROM webhook_deliveries d WHERE d.state = 'pending' AND d.host > hosts.host
                    ORDER BY d.host LIMIT 1)
            FROM hosts WHERE hosts.host IS NOT NULL
        ), free AS MATERIALIZED (
            SELECT host FROM hosts WHERE host IS NOT NULL AND host <> ALL($4)
            ORDER BY random()
        ), due AS (
            SELECT of_host.id FROM free CROSS JOIN LATERAL (
                SELECT d.id FROM webhook_deliveries d
                WHERE d.state = 'pending' AND d.host = free.host AND d.next_at <= now() AND {IS_NEXT}
                ORDER BY d.next_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
            ) of_host LIMIT $2
        ), leased AS (
            UPDATE webhook_deliveries d
            SET tries = d.tries + 1, worker = $1, last_try_at = now(), next_at = now() + make_interval(secs => $5)
            FROM due WHERE d.id = due.id
            RETURNING d.*
        )
        SELECT l.id, l.tries, l.tenant, l.evaluation_id, l.event, l.created_at, l.url, l.host, l.body,
               EXISTS (SELECT FROM webhook_disabled_targets t WHERE t.tenant = l.tenant AND t.url = l.url),
               e.correlation_id, e.traceparent
        FROM leased l JOIN evaluations e ON e.id = l.evaluation_id"
    );
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let rows = client
        .query(
            &statement,
            &[
                &worker,
                &i64::from(most),
                &i64::from(of_host),
                &busy,
                &time.as_secs_f64(),
            ],
        )
        .await?;
    drop(client);
    let read = |row: &tokio_postgres::Row| {
        let body: Option<&[u8]> = row.get(8);
        let unpack = |body| document::unpack("webhook body", body);
        Ok(LeasedDelivery {
            lease: Lease {
                id: row.get(0),
                worker,
                tries: row.get(1),
            },
            tenant: Tenant::stored(row.get(2)),
            evaluation: EvaluationId(row.get(3)),
            event: row.get(4),
            at: row.get(5),
            url: row.get(6),
            host: row.get(7),
            body: body.map(unpack).transpose()?,
            is_disabled: row.get(9),
            correlation_id: row.get(10),
            traceparent: row.get(11),
        })
    };
    rows.iter().map(read).collect()
}
