//! Reading many evaluations in one statement, each of which somebody else asked for.

use domain::{EvaluationId, Tenant};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::read::{self, COLUMNS, Evaluation, JOINS};
use crate::database::Database;
use crate::error::Result;

/// Names the state of an evaluation that has ended: what is read of it is the same as long as this is.
///
/// Every transition changes it. The time tells one that retention removed from one that was posted anew under the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    epoch: i64,
    seq: i32,
    updated_at: Timestamp,
}

/// [`Revision`]'s columns.
const REVISION: &str = "e.epoch, e.last_seq, e.updated_at";

/// The statement that reads so much of each evaluation. A subquery with a bound is run for each id, by its index, whatever
/// the tables held when the plan was made.
fn statement(columns: &str, joins: &str) -> String {
    format!(
        "SELECT found.*, wanted.place
         FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS wanted(id, tenant, place)
         CROSS JOIN LATERAL (
             SELECT {columns} FROM evaluations e {joins} WHERE e.id = wanted.id AND e.tenant = wanted.tenant LIMIT 1
         ) AS found"
    )
}

/// Evaluations and their revisions, in the order of the ids: `None` where the tenant has none of this id. One that cannot be
/// read spoils no other.
///
/// # Errors
/// [`crate::Error::Unavailable`]; [`crate::Error::Refused`] when the server cannot read one of them, whose reader has to ask alone.
pub async fn find_all(
    database: &Database,
    wanted: &[(&Tenant, EvaluationId)],
) -> Result<Vec<Option<Result<(Evaluation, Revision)>>>> {
    let sql = statement(&format!("{COLUMNS}, {REVISION}"), JOINS);
    each(database, &sql, wanted, |row| {
        Ok((read::read(row)?, revision(row)))
    })
    .await
}

/// Only the revisions.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn revisions(
    database: &Database,
    wanted: &[(&Tenant, EvaluationId)],
) -> Result<Vec<Option<Revision>>> {
    let sql = statement(REVISION, "");
    each(database, &sql, wanted, revision).await
}

async fn each<T>(
    database: &Database,
    sql: &str,
    wanted: &[(&Tenant, EvaluationId)],
    read: impl Fn(&Row) -> T,
) -> Result<Vec<Option<T>>> {
    let ids: Vec<Uuid> = wanted.iter().map(|(_, id)| id.0).collect();
    let tenants: Vec<&str> = wanted.iter().map(|(tenant, _)| tenant.as_str()).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, &[&ids, &tenants]).await?;
    drop(client);
    let mut all: Vec<Option<T>> = wanted.iter().map(|_| None).collect();
    for row in &rows {
        // The last column; counted from 1.
        let place: i64 = row.get(row.len() - 1);
        let place = usize::try_from(place - 1).ok();
        if let Some(found) = place.and_then(|place| all.get_mut(place)) {
            *found = Some(read(row));
        }
    }
    Ok(all)
}

/// From [`REVISION`], which stands before the place, whatever stands before it.
fn revision(row: &Row) -> Revision {
    let first = row.len() - 4;
    Revision {
        epoch: row.get(first),
        seq: row.get(first + 1),
        updated_at: row.get(first + 2),
    }
}
