//! Lists of evaluations, newest first, page by page.

use domain::{EvaluationId, State, Tenant};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::read::{COLUMNS, Evaluation, JOINS, read};
use crate::database::Database;
use crate::error::Result;

/// Which evaluations; every field that is there must fit.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The state.
    pub state: Option<State>,
    /// `scored`, `abstained` or `unscorable`.
    pub outcome: Option<String>,
    /// `name@version`, or a name for all its versions.
    pub rubric: Option<String>,
    /// The strategy's name.
    pub strategy: Option<String>,
    /// The model asked for.
    pub model: Option<String>,
    /// Labels that must all be there with these values.
    pub metadata: Vec<(String, String)>,
    /// Posted after this.
    pub created_after: Option<Timestamp>,
    /// Posted before this.
    pub created_before: Option<Timestamp>,
    /// The code of the failure.
    pub error_code: Option<String>,
}

/// A place between two rows of a list. It stays valid while rows are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When the last row of a page was posted.
    pub created_at: Timestamp,
    /// Its id.
    pub id: EvaluationId,
}

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Newest first.
    pub items: Vec<Evaluation>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Position>,
}

/// Lists a tenant's evaluations.
///
/// # Errors
/// [`crate::Error::Unavailable`], also when the search takes longer than a statement may.
pub async fn list(
    database: &Database,
    tenant: &Tenant,
    filter: &Filter,
    limit: u32,
    after: Option<Position>,
) -> Result<Page> {
    let sql = format!(
        "WITH page AS MATERIALIZED (
            SELECT * FROM evaluations
            WHERE tenant = $1
              AND ($2::text IS NULL OR state = $2)
              AND ($3::text IS NULL OR outcome = $3)
              AND ($4::text IS NULL OR rubric = $4 OR starts_with(rubric, $4 || '@'))
              AND ($5::text IS NULL OR strategy = $5)
              AND ($6::text IS NULL OR model = $6)
              AND metadata @> $7
              AND ($8::timestamptz IS NULL OR created_at > $8)
              AND ($9::timestamptz IS NULL OR created_at < $9)
              AND ($10::text IS NULL OR error_code = $10)
              AND ($11::timestamptz IS NULL OR (created_at, id) < ($11, $12::uuid))
            ORDER BY created_at DESC, id DESC LIMIT $13
        )
        SELECT {COLUMNS} FROM page e {JOINS} ORDER BY e.created_at DESC, e.id DESC"
    );
    // Only what failed has an error's code; said here, so that the index of failures serves.
    let has_failed = filter.error_code.as_ref().map(|_| State::Failed);
    let state = filter.state.or(has_failed).map(State::as_str);
    let metadata: Value = filter
        .metadata
        .iter()
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
        .collect();
    let (created_at, id): (Option<Timestamp>, Option<Uuid>) = after
        .map(|position| (position.created_at, position.id.0))
        .unzip();
    // One row more than asked for tells whether there is another page.
    let rows = i64::from(limit) + 1;
    let params: [&(dyn ToSql + Sync); 13] = [
        &tenant.as_str(),
        &state,
        &filter.outcome,
        &filter.rubric,
        &filter.strategy,
        &filter.model,
        &metadata,
        &filter.created_after,
        &filter.created_before,
        &filter.error_code,
        &created_at,
        &id,
        &rows,
    ];
    let client = database.connection().await?;
    // Not kept: after five times PostgreSQL would plan a kept statement without regard to the filters, and read the
    // whole of an index for the few rows that fit.
    let rows = client.query(&*sql, &params).await?;
    drop(client);
    let mut items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| Position {
        created_at: last.created_at,
        id: last.id,
    });
    Ok(Page { items, next })
}
