//! Lists of evaluations, newest first, page by page.

use domain::Tenant;
use tokio_postgres::Row;

use super::filter::{Filter, Matching, Position};
use super::read::{COLUMNS, Evaluation, JOINS, read};
use crate::database::Database;
use crate::error::Result;

/// One page.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Position>,
}

/// An evaluation as a list shows it: what its assessment comes to, and not the assessment.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The evaluation, without its assessment.
    pub evaluation: Evaluation,
    /// What came of it, once it has succeeded; a newer release has other names.
    pub outcome: Option<String>,
    /// Why there is no score.
    pub reason: Option<String>,
    /// The score, 0 to 1.
    pub score: Option<f64>,
    /// Whether it reaches the rubric's threshold.
    pub passed: Option<bool>,
    /// The assessment's flags.
    pub flags: Vec<String>,
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
) -> Result<Page<Listed>> {
    // Without the assessment's body, which may be large.
    let columns = COLUMNS.replace("a.body", "NULL::bytea");
    let columns = format!("{columns}, e.outcome, a.reason, a.score, a.passed, a.flags");
    let rows = rows(database, tenant, filter, limit, after, &columns).await?;
    let items = rows.iter().map(listed).collect::<Result<Vec<_>>>()?;
    Ok(cut(items, limit, |item| &item.evaluation))
}

/// As [`list`], with whole evaluations.
///
/// # Errors
/// As [`list`]; [`crate::Error::Unreadable`].
pub async fn list_whole(
    database: &Database,
    tenant: &Tenant,
    filter: &Filter,
    limit: u32,
    after: Option<Position>,
) -> Result<Page<Evaluation>> {
    let rows = rows(database, tenant, filter, limit, after, COLUMNS).await?;
    let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(cut(items, limit, |item| item))
}

/// One row more than asked for, which tells whether there is another page.
async fn rows(
    database: &Database,
    tenant: &Tenant,
    filter: &Filter,
    limit: u32,
    after: Option<Position>,
    columns: &str,
) -> Result<Vec<Row>> {
    let mut matching = Matching::new(tenant, filter);
    let page = matching.page("e.*", limit.saturating_add(1), after);
    let sql = format!(
        "WITH page AS MATERIALIZED ({page})
         SELECT {columns} FROM page e {JOINS} ORDER BY e.created_at DESC, e.id DESC"
    );
    let client = database.connection().await?;
    matching.query(&client, &sql).await
}

fn cut<T>(mut items: Vec<T>, limit: u32, evaluation: impl Fn(&T) -> &Evaluation) -> Page<T> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more).map(evaluation);
    let next = last.map(|last| Position {
        created_at: last.created_at,
        id: last.id,
    });
    Page { items, next }
}

fn listed(row: &Row) -> Result<Listed> {
    Ok(Listed {
        evaluation: read(row)?,
        outcome: row.get("outcome"),
        reason: row.get("reason"),
        score: row.get("score"),
        passed: row.get("passed"),
        flags: row
            .get::<_, Option<Vec<String>>>("flags")
            .unwrap_or_default(),
    })
}
