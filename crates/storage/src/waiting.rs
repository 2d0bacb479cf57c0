//! What is known of an evaluation that has not ended, and of those who could go on with it: why it waits can be told from
//! it. Read for one evaluation at a time, when somebody asks.

use std::time::Duration;

use domain::{EvaluationId, State, Tenant};
use jiff::Timestamp;
use serde_json::Value;

use crate::columns::{self, seconds};
use crate::database::Database;
use crate::error::Result;
use crate::workers::{self, Capacity};

/// Of more that are ahead it is only said that there are more.
const MAX_POSITION: i64 = 10_000;
/// Over so many seconds is counted how many end.
const RATE_PERIOD: f64 = 60.0;
/// And no more than so many of them.
const MAX_ENDED: i64 = 20_000;

/// An evaluation that has not ended.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `queued` or `running`.
    pub state: State,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// Now, on the database's clock.
    pub now: Timestamp,
    /// When it may run.
    pub due_at: Timestamp,
    /// When its own deadline is.
    pub deadline_at: Option<Timestamp>,
    /// Whether it waits for another evaluation's steps.
    pub awaits_steps: bool,
    /// Whether it runs alone, because it may be what workers die of.
    pub is_suspect: bool,
    /// Bytes of its payload.
    pub payload_size: u64,
    /// What the event says by which it got into the queue last, and when that was.
    pub queued: Option<(Timestamp, Value)>,
    /// What is heard of its owner; `None` without an owner that is known.
    pub owner: Option<Owner>,
}

/// The worker of a running evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    /// For how long it has not been heard of.
    pub silent: Duration,
    /// How often it says that it is alive.
    pub every: Duration,
    /// For how long it may be silent before another takes over.
    pub lease: Duration,
}

/// The queue.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queue {
    /// How many that are due are ahead; `None` where there are more than 10,000.
    pub ahead: Option<u64>,
    /// How many evaluations end in a second, over the last minute.
    pub rate: f64,
    /// How many of its tenant run.
    pub running_of_tenant: u64,
}

/// What is known of an evaluation; `None` where there is none, or it has ended. `lease` and `every` are those of a worker whose
/// release does not say them.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn load(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
    [every, lease]: [Duration; 2],
) -> Result<Option<(Facts, Capacity, Queue)>> {
    const FACTS: &str = "
        SELECT e.state, e.created_at, e.updated_at, now(), e.next_run_at, e.deadline_at, e.waits_for IS NOT NULL,
               e.company IS NOT NULL, coalesce(p.size, 0), v.at, v.detail,
               extract(epoch FROM now() - w.heartbeat_at)::float8,
               coalesce(extract(epoch FROM w.beats_every)::float8, $3), coalesce(extract(epoch FROM w.lease)::float8, $4),
               w.id IS NOT NULL
        FROM evaluations e
        LEFT JOIN payloads p ON p.evaluation_id = e.id
        LEFT JOIN workers w ON w.id = e.owner
        LEFT JOIN LATERAL (
            SELECT at, coalesce(detail, '{}') AS detail FROM events
            WHERE evaluation_id = e.id AND kind IN ('queued', 'owner_lost', 'retried') ORDER BY seq DESC LIMIT 1
        ) v ON true
        WHERE e.id = $1 AND e.tenant = $2 AND e.state IN ('queued', 'running')";
    const QUEUE: &str = "
        SELECT (SELECT count(*) FROM (
                   SELECT FROM evaluations o JOIN evaluations e ON e.id = $1
                   WHERE o.state = 'queued' AND o.priority = e.priority AND o.next_run_at < e.next_run_at
                   LIMIT $2) ahead),
               (SELECT count(*) FROM (
                   SELECT FROM evaluations WHERE finished_at > now() - make_interval(secs => $3) LIMIT $4) ended),
               (SELECT count(*) FROM evaluations WHERE state = 'running' AND tenant = $5)";
    let client = database.connection().await?;
    let facts = client.prepare_cached(FACTS).await?;
    let Some(row) = client
        .query_opt(
            &facts,
            &[
                &id.0,
                &tenant.as_str(),
                &every.as_secs_f64(),
                &lease.as_secs_f64(),
            ],
        )
        .await?
    else {
        return Ok(None);
    };
    let facts = Facts {
        state: columns::state(&row, 0)?,
        created_at: row.get(1),
        updated_at: row.get(2),
        now: row.get(3),
        due_at: row.get(4),
        deadline_at: row.get(5),
        awaits_steps: row.get(6),
        is_suspect: row.get(7),
        payload_size: row.get::<_, i64>(8).unsigned_abs(),
        queued: row.get::<_, Option<Timestamp>>(9).zip(row.get(10)),
        owner: row.get::<_, bool>(14).then(|| Owner {
            silent: seconds(&row, 11),
            every: seconds(&row, 12),
            lease: seconds(&row, 13),
        }),
    };
    let workers = workers::capacity_by(&client, lease).await?;
    let queue = client.prepare_cached(QUEUE).await?;
    let row = client
        .query_one(
            &queue,
            &[
                &id.0,
                &MAX_POSITION,
                &RATE_PERIOD,
                &MAX_ENDED,
                &tenant.as_str(),
            ],
        )
        .await?;
    let ahead: i64 = row.get(0);
    let ended = u32::try_from(row.get::<_, i64>(1)).unwrap_or(u32::MAX);
    let queue = Queue {
        ahead: (ahead < MAX_POSITION).then(|| ahead.unsigned_abs()),
        rate: f64::from(ended) / RATE_PERIOD,
        running_of_tenant: row.get::<_, i64>(2).unsigned_abs(),
    };
    Ok(Some((facts, workers, queue)))
}
