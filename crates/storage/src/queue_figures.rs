//! `queue_figures`: how much there is to do, counted by whoever finds the figures old, and the same for everybody.
//!
//! To count a million rows takes PostgreSQL a tenth of a second. Fifty workers that each did so every few seconds would
//! keep a core of it at nothing else, and with ten million, ten.

use std::time::Duration;

use domain::{MemoryNeeds, Priority, Tenant};

use crate::database::Database;
use crate::error::Result;

/// Of a tenant's evaluations no more than so many are counted in one priority.
pub const MAX_COUNTED: u64 = 100_000;

/// How much of one tenant's there is to do, in one priority: counted when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TenantBacklog {
    /// Which.
    pub priority: Priority,
    /// Queued, whether due or not; [`MAX_COUNTED`] may be more.
    pub waiting: u64,
    /// Running.
    pub in_flight: u64,
    /// For how long the oldest waiting one has been due, in seconds; 0 when none is.
    pub oldest_seconds: f64,
}

/// How much there is to do, in one priority.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backlog {
    /// Queued, whether due or not.
    pub waiting: u64,
    /// Running.
    pub in_flight: u64,
    /// What those that are queued will take of the workers' memory together, in KiB; of more than 10,000 the first stand
    /// for all.
    pub waiting_memory: u64,
    /// What those that are running take, each with one call at a time, in KiB; likewise.
    pub in_flight_memory: u64,
    /// For how long the oldest waiting one has been due, in seconds; 0 when none is.
    pub oldest_seconds: f64,
}

/// Counts again what was counted longer ago than `every` and than 5 µs for each evaluation that there was: what takes
/// long to count need not be known to the second.
///
/// What another is counting is left to it. `needs` is how memory is reckoned.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn refresh(database: &Database, every: Duration, needs: MemoryNeeds) -> Result<()> {
    // Each figure by an index of its own: what has ended, and is most of the table, is never looked at. Sizes stand in
    // another table: a million of them are not looked up.
    const SQL: &str = "
        UPDATE queue_figures f
        SET (waiting, waiting_memory) = (
                SELECT counted.n, round(counted.n * coalesce(sample.mean, 0))::bigint
                FROM (SELECT count(*) AS n FROM evaluations e WHERE e.state = 'queued' AND e.priority = f.priority) counted,
                     (SELECT avg(least($2::float8 + ceil(coalesce(first.size, 0) * $3::float8 / 1024), $4::float8)) AS mean
                      FROM (SELECT (SELECT p.size FROM payloads p WHERE p.evaluation_id = e.id) FROM evaluations e
                            WHERE e.state = 'queued' AND e.priority = f.priority ORDER BY e.next_run_at LIMIT 10000) AS first) sample),
            (in_flight, in_flight_memory) = (
                SELECT counted.n, round(counted.n * coalesce(sample.mean, 0))::bigint
                FROM (SELECT count(*) AS n FROM evaluations e WHERE e.state = 'running' AND e.priority = f.priority) counted,
                     (SELECT avg(least($2::float8 + ceil(coalesce(first.size, 0) * $3::float8 / 1024), $4::float8)) AS mean
                      FROM (SELECT (SELECT p.size FROM payloads p WHERE p.evaluation_id = e.id) FROM evaluations e
                            WHERE e.state = 'running' AND e.priority = f.priority LIMIT 10000) AS first) sample),
            oldest_due_at = (SELECT min(e.next_run_at) FROM evaluations e
                             WHERE e.state = 'queued' AND e.priority = f.priority),
            counted_at = now()
        WHERE f.priority IN (
            SELECT priority FROM queue_figures
            WHERE counted_at <= now() - make_interval(secs => greatest($1::float8, 5e-6 * (waiting + in_flight)::float8))
            FOR NO KEY UPDATE SKIP LOCKED
        )";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(
            &statement,
            &[
                &every.as_secs_f64(),
                &f64::from(needs.fixed),
                &f64::from(needs.copies),
                &f64::from(needs.max),
            ],
        )
        .await?;
    Ok(())
}

/// What was counted last in a priority; `None` where that was long ago and so says nothing: nobody has come to count
/// since.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn load(database: &Database, priority: Priority) -> Result<Option<Backlog>> {
    const SQL: &str = "
        SELECT waiting, in_flight, waiting_memory, in_flight_memory,
               greatest(coalesce(extract(epoch FROM now() - oldest_due_at), 0), 0)::float8
        FROM queue_figures
        WHERE priority = $1 AND counted_at > now() - make_interval(secs => 60 + 2e-5 * (waiting + in_flight))";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_opt(&statement, &[&priority.as_str()]).await?;
    Ok(row.map(|row| {
        let count = |index: usize| row.get::<_, i64>(index).unsigned_abs();
        Backlog {
            waiting: count(0),
            in_flight: count(1),
            waiting_memory: count(2),
            in_flight_memory: count(3),
            oldest_seconds: row.get(4),
        }
    }))
}

/// What there is to do of one tenant, in each priority.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn of_tenant(database: &Database, tenant: &Tenant) -> Result<Vec<TenantBacklog>> {
    // The window and the rest of the backlog have an index each, by which the other tenants' rows are passed over.
    const SQL: &str = "
        SELECT least($3, rest.n + announced.n), running.n,
               greatest(coalesce(extract(epoch FROM now() - least(announced.oldest, rest_oldest.at)), 0), 0)::float8
        FROM (SELECT count(*) AS n FROM (
                SELECT FROM evaluations WHERE state = 'queued' AND announced_at IS NULL AND priority = $1 AND tenant = $2
                LIMIT $3) counted) rest,
             (SELECT min(next_run_at) AS at FROM evaluations
              WHERE state = 'queued' AND announced_at IS NULL AND priority = $1 AND tenant = $2) rest_oldest,
             (SELECT count(*) AS n, min(next_run_at) AS oldest FROM evaluations
              WHERE state = 'queued' AND announced_at IS NOT NULL AND priority = $1 AND tenant = $2) announced,
             (SELECT count(*) AS n FROM evaluations WHERE state = 'running' AND priority = $1 AND tenant = $2) running";
    let most = i64::try_from(MAX_COUNTED).unwrap_or(i64::MAX);
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let mut backlogs = Vec::new();
    for priority in Priority::ALL {
        let row = client
            .query_one(&statement, &[&priority.as_str(), &tenant.as_str(), &most])
            .await?;
        let count = |index: usize| row.get::<_, i64>(index).unsigned_abs();
        backlogs.push(TenantBacklog {
            priority,
            waiting: count(0),
            in_flight: count(1),
            oldest_seconds: row.get(2),
        });
    }
    Ok(backlogs)
}

/// How many evaluations of a tenant wait or run; where they are more than `most`, at least so many.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn open_of_tenant(database: &Database, tenant: &Tenant, most: u64) -> Result<u64> {
    // By the same indexes as above; the window and what runs are never many.
    const SQL: &str = "
        SELECT (SELECT count(*) FROM (
                    SELECT FROM evaluations
                    WHERE state = 'queued' AND announced_at IS NULL AND priority = ANY($3) AND tenant = $1
                    LIMIT $2) counted)
             + (SELECT count(*) FROM evaluations
                WHERE state = 'queued' AND announced_at IS NOT NULL AND priority = ANY($3) AND tenant = $1)
             + (SELECT count(*) FROM evaluations WHERE state = 'running' AND tenant = $1)";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let priorities = Priority::ALL.map(Priority::as_str);
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_one(
            &statement,
            &[&tenant.as_str(), &most, &priorities.as_slice()],
        )
        .await?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}
