//! Taking evaluations for a worker.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use domain::state::Event;
use domain::{EvaluationId, Priority, Tenant};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::transition::{By, To, Transition};
use crate::columns::seconds;
use crate::database::Database;
use crate::error::Result;
use crate::ownership::Ownership;

/// An evaluation that is now ours.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The right to write for it.
    pub ownership: Ownership,
    /// The strategy's name, for logs and metrics.
    pub strategy: String,
    /// `name@version`, `name@inline` or `inline`.
    pub rubric: String,
    /// Of the request that brought it.
    pub correlation_id: String,
    /// Of the request that brought it.
    pub traceparent: Option<String>,
    /// How often its sender has had it run, from 1.
    pub round: i32,
    /// How often it was given back after a handled failure.
    pub failures: u32,
    /// How often its worker died.
    pub crashes: u32,
    /// How long ago it had been posted when it was claimed, on the database's clock.
    pub age: Duration,
    /// When it was claimed, on this process's clock.
    pub at: Instant,
    /// What was left of its time when it was claimed: see [`Claimed::time_left`].
    pub time_left_at_claim: Duration,
    /// The size of its payload in bytes.
    pub payload_size: usize,
    /// The public part of the key by which it was posted.
    pub api_key: Option<String>,
    /// Whether its tenant, or that key, has a budget.
    pub has_budget: bool,
    /// How soon it is wanted: of a study's evaluation that is not what its payload says.
    pub priority: Priority,
}

impl Claimed {
    /// What is left of its time now: until its own deadline or the system's bound, whichever is sooner.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.time_left_at_claim.saturating_sub(self.at.elapsed())
    }
}

/// Claims those of the given evaluations that are queued and due, each under a new epoch. Suspects are left to
/// [`super::claim_suspects`].
///
/// Where `tenant_slots` is given, no more of a tenant are claimed than until so many of its run: those that have been due for
/// longest. `bound` is how long an evaluation may take from its first claim on. What it waited since then for a worker to take it
/// again does not count: only its own deadline goes on meanwhile.
///
/// # Errors
/// [`crate::Error::Unavailable`]: nothing was claimed, or all were and the answer got lost; then the lease
/// brings them back.
pub async fn claim(
    database: &Database,
    owner: Uuid,
    ids: &[EvaluationId],
    bound: Duration,
    tenant_slots: Option<u32>,
) -> Result<Vec<Claimed>> {
    // Locked by id first: two workers with the same entries must not wait for each other in a circle.
    static SQL: LazyLock<String> = LazyLock::new(|| {
        claim_of(
            "target AS (
                SELECT id FROM evaluations
                WHERE id = ANY($1) AND state = 'queued' AND company IS NULL AND next_run_at <= now()
                ORDER BY id FOR NO KEY UPDATE
            )",
        )
    });
    // Whoever holds a tenant's lock asks for no other lock behind it than those of rows, which are free or soon will be.
    static WITHIN_SLOTS: LazyLock<String> = LazyLock::new(|| {
        claim_of(
            "room AS MATERIALIZED (
                SELECT tenant, tenant_room(tenant, $4) AS room
                FROM (SELECT DISTINCT tenant FROM evaluations WHERE id = ANY($1) ORDER BY tenant) whose
            ), turns AS (
                SELECT id, tenant, row_number() OVER (PARTITION BY tenant ORDER BY next_run_at, id) AS turn FROM evaluations
                WHERE id = ANY($1) AND state = 'queued' AND company IS NULL AND next_run_at <= now()
            ), target AS (
                SELECT id FROM evaluations
                WHERE id IN (SELECT id FROM turns JOIN room USING (tenant) WHERE turn <= room)
                  AND state = 'queued' AND company IS NULL AND next_run_at <= now()
                ORDER BY id FOR NO KEY UPDATE
            )",
        )
    });
    match tenant_slots {
        None => run_claim(database, &SQL, owner, ids, bound, &[]).await,
        Some(slots) => {
            let slots = i64::from(slots);
            run_claim(database, &WITHIN_SLOTS, owner, ids, bound, &[&slots]).await
        }
    }
}

/// The statement that claims what `target` selects and locks; `$1` are the ids, `$2` is the owner, `$3` the bound in
/// seconds.
pub(super) fn claim_of(target: &'static str) -> String {
    let transition = Transition {
        by: By::Other { target },
        to: To::Always(Event::Claim),
        set: "
            attempts = e.attempts + 1, started_at = coalesce(e.started_at, now()), announced_at = NULL, waits_for = NULL,
            waited = CASE WHEN e.started_at IS NULL THEN interval '0'
                ELSE e.waited + greatest(now() - greatest(e.next_run_at, e.updated_at), interval '0') END",
        with: "",
        detail: "jsonb_build_object('worker', c.owner, 'attempt', c.attempts)",
        select: "
            c.id, c.tenant, c.epoch, c.strategy, c.rubric, c.correlation_id, c.traceparent,
            extract(epoch FROM now() - c.created_at)::float8,
            extract(epoch FROM least(c.started_at + c.waited + make_interval(secs => $3), c.deadline_at) - now())::float8,
            coalesce((SELECT p.size FROM payloads p WHERE p.evaluation_id = c.id), 0), c.failures, c.round, c.crashes,
            c.api_key, EXISTS (SELECT FROM budgets b WHERE b.tenant = c.tenant AND b.api_key IN ('', coalesce(c.api_key, ''))),
            c.priority",
    };
    transition.sql()
}

/// Runs a statement of [`claim_of`]; `more` are its parameters from `$4` on.
pub(super) async fn run_claim(
    database: &Database,
    sql: &str,
    owner: Uuid,
    ids: &[EvaluationId],
    bound: Duration,
    more: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Claimed>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(sql).await?;
    // Before the statement: it may wait for rows that another has locked, and its `now()` does not move meanwhile.
    let at = Instant::now();
    let bound = bound.as_secs_f64();
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&ids, &owner, &bound];
    parameters.extend(more);
    let rows = client.query(&statement, &parameters).await?;
    Ok(rows.iter().map(|row| read(row, owner, at)).collect())
}

fn read(row: &tokio_postgres::Row, owner: Uuid, at: Instant) -> Claimed {
    Claimed {
        ownership: Ownership {
            id: EvaluationId(row.get(0)),
            tenant: Tenant::stored(row.get(1)),
            owner,
            epoch: row.get(2),
        },
        strategy: row.get(3),
        rubric: row.get(4),
        correlation_id: row.get(5),
        traceparent: row.get(6),
        age: seconds(row, 7),
        at,
        time_left_at_claim: seconds(row, 8),
        round: row.get(11),
        failures: row.get::<_, i32>(10).unsigned_abs(),
        crashes: row.get::<_, i32>(12).unsigned_abs(),
        payload_size: usize::try_from(row.get::<_, i64>(9)).unwrap_or_default(),
        api_key: row.get(13),
        has_budget: row.get(14),
        priority: Priority::parse(row.get(15)).unwrap_or_default(),
    }
}
