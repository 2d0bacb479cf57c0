//! `events` and `replies` in their common order: what happened to an evaluation.

use domain::{EvaluationId, State, Tenant};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::columns;
use crate::database::Database;
use crate::error::Result;

/// The number of an evaluation's posting; for it, and for its place in the queue behind it, there is no row.
const ACCEPTED: i32 = 1;
const FIRST_QUEUED: i32 = 2;

/// Something that happened to an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number within the evaluation, from 1, in the order in which things happened; some are left out.
    pub seq: i32,
    /// When it was.
    pub at: Timestamp,
    /// `accepted`, `queued`, `claimed`, `call`, `owner_lost`, `succeeded`, `failed`, `cancelled` or `retried`.
    pub kind: String,
    /// A JSON object.
    pub detail: Value,
}

/// Up to `most` events behind number `after`, the oldest first; `None` where there is no such evaluation.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn load(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
    after: i32,
    most: u16,
) -> Result<Option<Vec<Event>>> {
    const POSTED: &str = "SELECT created_at, priority, rubric, strategy FROM evaluations WHERE id = $1 AND tenant = $2";
    const SQL: &str = "
        SELECT seq, at, kind, coalesce(detail, '{}') || jsonb_build_object('epoch', epoch)
        FROM events WHERE evaluation_id = $1 AND seq > $2
        UNION ALL
        SELECT seq, created_at, 'call', coalesce(request, '{}') || jsonb_strip_nulls(jsonb_build_object(
            'step', step, 'round', round, 'epoch', epoch, 'input_tokens', input_tokens, 'output_tokens', output_tokens,
            'cached_input_tokens', cached_input_tokens, 'cache_write_tokens', cache_write_tokens, 'cost_nano_usd', cost_nano_usd))
        FROM replies WHERE evaluation_id = $1 AND seq > $2
        ORDER BY 1 LIMIT $3";
    let client = database.connection().await?;
    let posted = client.prepare_cached(POSTED).await?;
    let Some(posted) = client
        .query_opt(&posted, &[&id.0, &tenant.as_str()])
        .await?
    else {
        return Ok(None);
    };
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(&statement, &[&id.0, &after, &i64::from(most)])
        .await?;
    let mut events = first_events(&posted);
    events.retain(|event| event.seq > after);
    events.extend(rows.iter().map(|row| Event {
        seq: row.get(0),
        at: row.get(1),
        kind: row.get(2),
        detail: row.get(3),
    }));
    events.truncate(most.into());
    Ok(Some(events))
}

/// What there is no row for: it is the same for all.
fn first_events(posted: &Row) -> Vec<Event> {
    let at = posted.get(0);
    let event = |seq, kind: &str, detail| Event {
        seq,
        at,
        kind: kind.to_owned(),
        detail,
    };
    let (priority, rubric, strategy): (&str, &str, &str) =
        (posted.get(1), posted.get(2), posted.get(3));
    vec![
        event(
            ACCEPTED,
            "accepted",
            json!({"rubric": rubric, "strategy": strategy}),
        ),
        event(FIRST_QUEUED, "queued", json!({"priority": priority})),
    ]
}

/// How far an evaluation is: two that are equal are of the same record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Where it is.
    pub state: State,
    /// The number of its newest event.
    pub seq: i32,
    /// Under which epoch.
    pub epoch: i64,
}

/// How far these evaluations are, those that exist.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn versions(
    database: &Database,
    ids: &[EvaluationId],
) -> Result<Vec<(EvaluationId, Version)>> {
    const SQL: &str = "SELECT id, state, last_seq, epoch FROM evaluations WHERE id = ANY($1)";
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&ids]).await?;
    let read = |row: &Row| {
        let version = Version {
            state: columns::state(row, 1)?,
            seq: row.get(2),
            epoch: row.get(3),
        };
        Ok((EvaluationId(row.get(0)), version))
    };
    rows.iter().map(read).collect()
}
