//! Reading many evaluations in one statement, each of which somebody else asked for.

use domain::{EvaluationId, Tenant};
use uuid::Uuid;

use super::read::{self, COLUMNS, Evaluation, JOINS};
use crate::database::Database;
use crate::error::Result;

/// Evaluations in the order of the ids: `None` where the tenant has none of this id. One that cannot be read spoils no other.
///
/// # Errors
/// [`crate::Error::Unavailable`]; [`crate::Error::Refused`] when the server cannot read one of them, whose reader has to ask alone.
pub async fn find_all(
    database: &Database,
    wanted: &[(&Tenant, EvaluationId)],
) -> Result<Vec<Option<Result<Evaluation>>>> {
    // A subquery with a bound is run for each id, by its index, whatever the tables held when the plan was made.
    let sql = format!(
        "SELECT found.*, wanted.place
         FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS wanted(id, tenant, place)
         CROSS JOIN LATERAL (
             SELECT {COLUMNS} FROM evaluations e {JOINS} WHERE e.id = wanted.id AND e.tenant = wanted.tenant LIMIT 1
         ) AS found"
    );
    let ids: Vec<Uuid> = wanted.iter().map(|(_, id)| id.0).collect();
    let tenants: Vec<&str> = wanted.iter().map(|(tenant, _)| tenant.as_str()).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&ids, &tenants]).await?;
    drop(client);
    let mut all: Vec<Option<Result<Evaluation>>> = wanted.iter().map(|_| None).collect();
    for row in &rows {
        // The last column; counted from 1.
        let place: i64 = row.get(row.len() - 1);
        let place = usize::try_from(place - 1).ok();
        if let Some(found) = place.and_then(|place| all.get_mut(place)) {
            *found = Some(read::read(row));
        }
    }
    Ok(all)
}
