//! `bulk_commands`: cancelling and retrying all evaluations that match a filter.
//!
//! A command walks through what was posted before it, the newest first. Each batch is one statement, which changes the
//! evaluations and moves the command's place, and does neither unless the place is still where the batch began. So no
//! evaluation is looked at twice, whoever carries the batches out and however often one dies over them.

use std::time::Duration;

use domain::{EvaluationId, Tenant};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::database::Database;
use crate::document;
use crate::error::{Error, Result};
use crate::evaluations::filter::Matching;
use crate::evaluations::{Filter, Position, bulk};

pub use crate::evaluations::bulk::{BulkKind, Changed};

/// A command, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkCommand {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub kind: BulkKind,
    /// How many evaluations it was for when it was given.
    pub matched: u64,
    /// How many it has changed.
    pub done: u64,
    /// When it was given.
    pub created_at: Timestamp,
    /// When there was nothing left to do.
    pub finished_at: Option<Timestamp>,
}

/// A command of which a batch may be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedCommand {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: Tenant,
    /// What it does.
    pub kind: BulkKind,
    /// The filters by name, as they were sent.
    pub parameters: Vec<(String, String)>,
    /// What comes from here on is still to be looked at.
    pub next: Position,
}

const COLUMNS: &str = "id, command, matched, done, created_at, finished_at";

/// How many evaluations a command would change.
///
/// # Errors
/// [`Error::Unavailable`], also when the search takes longer than a statement may.
pub async fn count(
    database: &Database,
    tenant: &Tenant,
    kind: BulkKind,
    filter: &Filter,
) -> Result<u64> {
    let mut matching = Matching::new(tenant, filter);
    matching.and_is(kind.may());
    let client = database.connection().await?;
    matching.count(&client).await
}

/// Stores a command that is for `matched` evaluations. Nothing has happened yet.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn begin(
    database: &Database,
    tenant: &Tenant,
    kind: BulkKind,
    parameters: &[(String, String)],
    matched: u64,
) -> Result<BulkCommand> {
    let sql = format!(
        "INSERT INTO bulk_commands (id, tenant, command, filter, matched) VALUES ($1, $2, $3, $4, $5)
         RETURNING {COLUMNS}"
    );
    let filter = document::write("filter", &parameters)?;
    let matched = i64::try_from(matched).unwrap_or(i64::MAX);
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let id = Uuid::now_v7();
    let row = client
        .query_one(
            &statement,
            &[&id, &tenant.as_str(), &kind.as_str(), &filter, &matched],
        )
        .await?;
    read(&row)
}

/// A command of a tenant.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find(database: &Database, tenant: &Tenant, id: Uuid) -> Result<Option<BulkCommand>> {
    let sql = format!("SELECT {COLUMNS} FROM bulk_commands WHERE id = $1 AND tenant = $2");
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client
        .query_opt(&statement, &[&id, &tenant.as_str()])
        .await?;
    row.as_ref().map(read).transpose()
}

/// Takes the open command that has waited longest, for `lease` at most. `None`: there is none that nobody works on.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unreadable`].
pub async fn claim(database: &Database, lease: Duration) -> Result<Option<ClaimedCommand>> {
    const SQL: &str = "
        UPDATE bulk_commands SET leased_until = now() + make_interval(secs => $1)
        WHERE id = (
            SELECT id FROM bulk_commands WHERE finished_at IS NULL AND leased_until < now()
            ORDER BY leased_until LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING id, tenant, command, filter, next_at, next_id";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_opt(&statement, &[&lease.as_secs_f64()])
        .await?;
    drop(client);
    row.map(|row| {
        Ok(ClaimedCommand {
            id: row.get(0),
            tenant: Tenant::stored(row.get(1)),
            kind: kind(row.get(2))?,
            parameters: document::read("filter", row.get(3))?,
            next: Position {
                created_at: row.get(4),
                id: EvaluationId(row.get(5)),
            },
        })
    })
    .transpose()
}

/// Carries the next batch out, for up to `most` evaluations, and gives the command back; returns those that were changed.
///
/// # Errors
/// [`Error::Unavailable`]: it may have been carried out all the same.
pub async fn run_batch(
    database: &Database,
    command: &ClaimedCommand,
    filter: &Filter,
    most: u32,
) -> Result<Vec<Changed>> {
    let mut matching = Matching::new(&command.tenant, filter);
    matching.and_is(command.kind.may());
    let page = matching.page("e.id, e.created_at", most, Some(command.next));
    let client = database.connection().await?;
    let rows = matching.query(&client, &page).await?;
    drop(client);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    let last = rows.last().map(|row| Position {
        created_at: row.get(1),
        id: EvaluationId(row.get(0)),
    });
    let step = bulk::Step {
        command: command.id,
        from: command.next,
        to: last.unwrap_or(command.next),
        is_last: ids.len() < most as usize,
    };
    bulk::apply(database, command.kind, &command.tenant, &ids, Some(&step)).await
}

/// Removes up to `most` commands that finished at least `age` ago; says how many those were.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn remove(database: &Database, age: Duration, most: u32) -> Result<u64> {
    const SQL: &str = "
        DELETE FROM bulk_commands WHERE id IN (
            SELECT id FROM bulk_commands WHERE finished_at < now() - make_interval(secs => $1)
            ORDER BY finished_at LIMIT $2
        )";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(&statement, &[&age.as_secs_f64(), &i64::from(most)])
        .await
}

fn read(row: &Row) -> Result<BulkCommand> {
    let count = |index: usize| row.get::<_, i64>(index).unsigned_abs();
    Ok(BulkCommand {
        id: row.get(0),
        kind: kind(row.get(1))?,
        matched: count(2),
        done: count(3),
        created_at: row.get(4),
        finished_at: row.get(5),
    })
}

fn kind(name: &str) -> Result<BulkKind> {
    BulkKind::parse(name).ok_or_else(|| Error::Unreadable {
        what: "command",
        problem: "unknown name".to_owned(),
    })
}
