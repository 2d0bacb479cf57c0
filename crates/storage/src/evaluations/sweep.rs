//! Finding what nobody works on any more.

use std::sync::LazyLock;
use std::time::Duration;

use domain::EvaluationId;
use domain::failure::FailureCode;
use domain::state::Event;
use uuid::Uuid;

use super::transition::{By, To, Transition};
use crate::columns::seconds;
use crate::database::Database;
use crate::error::Result;

/// An evaluation that a sweep changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Which one.
    pub id: EvaluationId,
    /// Whose it is.
    pub tenant: String,
    /// Of the request that brought it.
    pub correlation_id: String,
    /// Of the request that brought it.
    pub traceparent: Option<String>,
    /// The strategy's name, for logs and metrics.
    pub strategy: String,
    /// Whether it failed for good; otherwise it is queued again.
    pub failed: bool,
    /// How long ago it was posted.
    pub age: Duration,
}

/// So many groups are made, at most, of what a worker held that may have died of it.
const GROUPS: i32 = 16;
/// For so long a worker may go on with what was taken from it, until it notices.
const NOTICES_WITHIN: Duration = Duration::from_secs(10);

/// Queues every running evaluation whose worker has not been heard of for `lease`; fails it when that was
/// crash number `most`. Any worker may sweep, several at once do not get in one another's way.
///
/// It fails only where nothing else ran in its worker, and where no other worker died at the same time: of a node that
/// fails nobody is to blame, unless that has happened `most` times too often. Before that the last crash but one makes
/// it a suspect: see [`super::reserve_suspects`].
///
/// Only a worker that was heard of itself finds anything: where it was not, the database's clock went forward or the
/// whole machine was asleep, and the others are as alive as the one who asks.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn sweep(
    database: &Database,
    by: Uuid,
    lease: Duration,
    most: u32,
) -> Result<Vec<Swept>> {
    // When a row has changed since the statement began, only its own columns are looked at again, not whether its new owner is
    // alive: the epoch says whether it is still the dead one's.
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Other {
                target: "fresh AS (
                    SELECT id FROM workers WHERE heartbeat_at >= now() - make_interval(secs => $1)
                ), dead AS MATERIALIZED (
                    SELECT e.id, e.epoch, e.owner, count(*) OVER (PARTITION BY e.owner)::int AS beside FROM evaluations e
                    WHERE e.state = 'running' AND NOT EXISTS (SELECT FROM fresh WHERE fresh.id = e.owner)
                      AND EXISTS (SELECT FROM fresh WHERE fresh.id = $4)
                    LIMIT 1000
                ), orphans AS (
                    SELECT e.id, e.crashes + 1 AS crashes, dead.owner, dead.beside
                    FROM evaluations e JOIN dead ON dead.id = e.id AND dead.epoch = e.epoch
                    WHERE e.state = 'running'
                    FOR NO KEY UPDATE OF e SKIP LOCKED
                ), taken AS (
                    -- What another sweep finds of the same worker, was not alone.
                    UPDATE workers SET taken_at = now() FROM (
                        SELECT id FROM workers WHERE id IN (SELECT owner FROM orphans WHERE beside > 1)
                        ORDER BY id FOR NO KEY UPDATE
                    ) its WHERE workers.id = its.id
                ), target AS (
                    SELECT o.id, o.crashes, o.beside, o.crashes >= $2 AND o.beside = 1
                        AND coalesce(w.taken_at < w.heartbeat_at - make_interval(secs => $6), true)
                        AND (o.crashes >= 2 * $2 OR NOT EXISTS (
                            SELECT FROM workers other
                            WHERE other.id <> w.id AND other.started_at <= w.heartbeat_at
                              AND other.heartbeat_at < now() - make_interval(secs => $1) / 2
                              AND other.heartbeat_at > w.heartbeat_at - make_interval(secs => $1) / 2
                              AND other.heartbeat_at < w.heartbeat_at + make_interval(secs => $1) / 2
                        )) AS poison
                    FROM orphans o JOIN workers w ON w.id = o.owner
                    UNION ALL
                    SELECT o.id, o.crashes, o.beside, false FROM orphans o
                    WHERE NOT EXISTS (SELECT FROM workers w WHERE w.id = o.owner)
                )",
            },
            to: To::Either {
                when: "target.poison",
                then: Event::Fail,
                otherwise: Event::OwnerDied,
            },
            set: "
                crashes = target.crashes, reserved_at = NULL,
                company = CASE WHEN target.crashes >= $2 - 1 THEN least(e.company, (target.beside + $5 - 1) / $5) END,
                error_code = CASE WHEN target.poison THEN $3 END,
                error_message = CASE WHEN target.poison THEN
                    'its worker died while it held it, ' || target.crashes || ' times, at last with nothing beside it' END",
            with: "",
            detail: "jsonb_strip_nulls(jsonb_build_object('crashes', c.crashes, 'code', c.error_code, 'alone_with', c.company))",
            select: SWEPT,
        };
        transition.sql()
    });
    let most = i32::try_from(most).unwrap_or(i32::MAX);
    let client = database.connection().await?;
    let statement = client.prepare_cached(&SQL).await?;
    let rows = client
        .query(
            &statement,
            &[
                &lease.as_secs_f64(),
                &most,
                &FailureCode::Poison.as_str(),
                &by,
                &GROUPS,
                &NOTICES_WITHIN.as_secs_f64(),
            ],
        )
        .await?;
    Ok(rows.iter().map(swept).collect())
}

/// Fails every evaluation whose own deadline has passed, wherever it is. Its worker, if it has one, finds out
/// with its next write.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn expire(database: &Database) -> Result<Vec<Swept>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Other {
                target: "target AS (
                    SELECT id, owner FROM evaluations
                    WHERE deadline_at < now() AND state IN ('queued', 'running')
                    LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED
                ), taken AS (
                    UPDATE workers SET taken_at = now() FROM (
                        SELECT id FROM workers WHERE id IN (SELECT owner FROM target) ORDER BY id FOR NO KEY UPDATE
                    ) its WHERE workers.id = its.id
                )",
            },
            to: To::Always(Event::Fail),
            set: "error_code = $1, error_message = 'its deadline passed before it was judged'",
            with: "",
            detail: "jsonb_build_object('code', c.error_code)",
            select: SWEPT,
        };
        transition.sql()
    });
    let client = database.connection().await?;
    let statement = client.prepare_cached(&SQL).await?;
    let rows = client
        .query(&statement, &[&FailureCode::DeadlineExceeded.as_str()])
        .await?;
    Ok(rows.iter().map(swept).collect())
}

/// What [`swept`] reads.
const SWEPT: &str = "c.id, c.strategy, c.state = 'failed', extract(epoch FROM now() - c.created_at)::float8, \
     c.tenant, c.correlation_id, c.traceparent";

fn swept(row: &tokio_postgres::Row) -> Swept {
    Swept {
        id: EvaluationId(row.get(0)),
        strategy: row.get(1),
        failed: row.get(2),
        age: seconds(row, 3),
        tenant: row.get(4),
        correlation_id: row.get(5),
        traceparent: row.get(6),
    }
}
