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
    /// Whose circuit and bounds it shares: a hash of tenant and URL without its query.
    pub target: i64,
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

/// What a target is, of a row of the table: its tenant and its URL without the query. A hash, as it is compared and walked by.
pub(crate) const TARGET: &str = "hashtextextended(tenant || ' ' || split_part(url, '?', 1), 0)";

/// Targets of one look that are walked to, and newest deliveries whose targets are looked at besides. Where more have something
/// pending, the next look begins elsewhere.
const LOOK: i64 = 1_000;

/// Takes up to `most` deliveries that are due for `worker`, of each target up to `of_target`, and none of the targets in `busy` or
/// of the tenants in `full`.
///
/// Each target's are looked for by themselves, in an order that is another each time: however many are due at one target, they
/// hide none of another. After `time` somebody else takes what `worker` has not said the result of.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn lease(
    database: &Database,
    worker: Uuid,
    most: u32,
    of_target: u32,
    busy: &[i64],
    full: &[String],
    time: Duration,
) -> Result<Vec<LeasedDelivery>> {
    // The recursion goes from target to target by the index, from anywhere, past the last one to the first, and ends where it
    // began: UNION drops what was met before. A range of one, in the order of the index, has PostgreSQL use that index without
    // statistics, too.
    let sql = format!(
        "WITH RECURSIVE walk AS (
            SELECT ((random() - 0.5) * 1.8e19)::bigint AS target
            UNION
            SELECT coalesce(
                (SELECT {TARGET} FROM webhook_deliveries WHERE state = 'pending' AND {TARGET} > walk.target
                 ORDER BY {TARGET} LIMIT 1),
                (SELECT {TARGET} FROM webhook_deliveries WHERE state = 'pending' ORDER BY {TARGET} LIMIT 1))
            FROM walk WHERE walk.target IS NOT NULL
        ), newest AS (
            SELECT {TARGET} AS target FROM webhook_deliveries WHERE state = 'pending' AND next_at <= now()
            ORDER BY next_at DESC LIMIT {LOOK}
        ), free AS MATERIALIZED (
            SELECT target FROM (
                SELECT target FROM newest UNION (SELECT target FROM walk LIMIT {LOOK})
            ) known WHERE target <> ALL($4) AND NOT EXISTS (
                SELECT FROM (
                    SELECT tenant FROM webhook_deliveries
                    WHERE state = 'pending' AND {TARGET} BETWEEN known.target AND known.target LIMIT 1
                ) owner WHERE owner.tenant = ANY($6))
            ORDER BY random()
        ), due AS (
            SELECT of_target.id FROM free CROSS JOIN LATERAL (
                SELECT d.id FROM webhook_deliveries d
                WHERE d.state = 'pending' AND {TARGET} BETWEEN free.target AND free.target AND d.next_at <= now() AND {IS_NEXT}
                ORDER BY {TARGET}, d.next_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
            ) of_target LIMIT $2
        ), leased AS (
            UPDATE webhook_deliveries d
            SET tries = d.tries + 1, worker = $1, last_try_at = now(), next_at = now() + make_interval(secs => $5)
            FROM due WHERE d.id = due.id
            RETURNING d.*, {TARGET} AS target
        )
        SELECT l.id, l.tries, l.tenant, l.evaluation_id, l.event, l.created_at, l.url, l.target, l.body,
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
                &i64::from(of_target),
                &busy,
                &time.as_secs_f64(),
                &full,
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
            target: row.get(7),
            body: body.map(unpack).transpose()?,
            is_disabled: row.get(9),
            correlation_id: row.get(10),
            traceparent: row.get(11),
        })
    };
    rows.iter().map(read).collect()
}
