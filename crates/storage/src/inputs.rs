//! What a claim begins with: the payload, the plan and the replies of an evaluation, read for many claims at once.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{EvaluationId, Tenant};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::database::Database;
use crate::error::{Error, Result};
use crate::grouped::{Grouped, Limits, Pending, Work};
use crate::replies::StoredReply;
use crate::{document, plans, replies};

/// Statements at a time: while one is at the server, the rows of the other are read.
const LANES: usize = 2;
/// Evaluations of one statement.
const MAX_ITEMS: usize = 64;
/// Bytes of payloads of one statement, before compression.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// What a claim begins with, as it is stored: whoever asked for it reads it.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    payload: Option<Vec<u8>>,
    plan: Option<(i16, Vec<u8>)>,
    replies: Vec<StoredReply>,
}

impl Inputs {
    /// The payload as it was sent; `None` when there is none (any more). It is taken out.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn payload(&mut self) -> Result<Option<Vec<u8>>> {
        let packed = self.payload.take();
        packed
            .map(|packed| document::unpack("payload", &packed))
            .transpose()
    }

    /// The plan, once there is one.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn plan(&self) -> Result<Option<plans::Stored>> {
        let plan = self.plan.as_ref();
        plan.map(|(version, body)| plans::decode(*version, body))
            .transpose()
    }

    /// Every committed reply, where all are of format version `newest` or older. They are taken out.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn replies<R: DeserializeOwned>(&mut self, newest: u16) -> Result<replies::Stored<R>> {
        replies::decode(std::mem::take(&mut self.replies), newest)
    }
}

/// Whose inputs.
pub(crate) type InputsOf = (Tenant, EvaluationId);

/// What a claim of an evaluation begins with, whose payload has so many bytes; read together with others' where the database
/// shares statements ([`Database::sharing`]).
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
    payload_size: usize,
) -> Result<Inputs> {
    let of = (tenant.clone(), id);
    match database.shared_inputs() {
        Some(inputs) => inputs.submit(of, payload_size).await,
        None => {
            let mut found = load_all(database, &[&of]).await?;
            Ok(found.pop().unwrap_or_default())
        }
    }
}

/// The end that asks, and the task that reads.
pub(crate) fn start(database: Database) -> (Grouped<InputsOf, Inputs>, impl Future<Output = ()>) {
    let limits = Limits {
        lanes: LANES,
        items: MAX_ITEMS,
        bytes: MAX_BYTES,
    };
    let work: Work<InputsOf, Inputs> = Arc::new(move |group| {
        let database = database.clone();
        Box::pin(async move { answer(&database, group).await })
    });
    Grouped::start(limits, work)
}

async fn answer(database: &Database, group: Vec<Pending<InputsOf, Inputs>>) {
    let of: Vec<&InputsOf> = group.iter().map(|pending| &pending.item).collect();
    let read = load_all(database, &of).await;
    match read {
        Ok(found) => {
            for (pending, inputs) in group.into_iter().zip(found) {
                pending.answer(Ok(inputs));
            }
        }
        // A statement that only reads is refused for nothing that lies in a record.
        Err(error) => {
            for pending in group {
                pending.answer(Err(error.clone()));
            }
        }
    }
}

/// The inputs of each, in the same order.
async fn load_all(database: &Database, of: &[&InputsOf]) -> Result<Vec<Inputs>> {
    const SQL: &str = "
        SELECT evaluation_id, tenant, 'payload' AS kind, NULL AS step, NULL::int AS round, NULL::smallint AS version, body
        FROM payloads WHERE evaluation_id = ANY($1)
        UNION ALL
        SELECT evaluation_id, tenant, 'plan', NULL, NULL, version, body FROM plans WHERE evaluation_id = ANY($1)
        UNION ALL
        SELECT evaluation_id, tenant, 'reply', step, round, version, body FROM replies WHERE evaluation_id = ANY($1)";
    let ids: Vec<Uuid> = of.iter().map(|(_, id)| id.0).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&ids]).await?;
    drop(client);
    let mut found: HashMap<Uuid, (String, Inputs)> = HashMap::new();
    for row in &rows {
        let (_, inputs) = found
            .entry(row.get(0))
            .or_insert_with(|| (row.get(1), Inputs::default()));
        take(inputs, row)?;
    }
    let of_each = of.iter().enumerate().map(|(nth, (tenant, id))| {
        // One that was lost and claimed again may be asked for twice.
        let again = of.iter().skip(nth + 1).any(|(_, later)| later == id);
        let inputs = if again {
            found.get(&id.0).cloned()
        } else {
            found.remove(&id.0)
        };
        let (whose, mut inputs) = inputs.unwrap_or_default();
        if whose != tenant.as_str() {
            return Inputs::default();
        }
        let in_order =
            |a: &StoredReply, b: &StoredReply| (&a.step, a.round).cmp(&(&b.step, b.round));
        inputs.replies.sort_unstable_by(in_order);
        inputs
    });
    Ok(of_each.collect())
}

fn take(inputs: &mut Inputs, row: &Row) -> Result<()> {
    let body: Vec<u8> = row.get(6);
    match row.get(2) {
        "payload" => inputs.payload = Some(body),
        "plan" => inputs.plan = Some((row.get(5), body)),
        "reply" => inputs.replies.push(StoredReply {
            step: row.get(3),
            round: row.get(4),
            version: row.get(5),
            body,
        }),
        kind => {
            return Err(Error::Unreadable {
                what: "record",
                problem: format!("`{kind}` is no kind of record"),
            });
        }
    }
    Ok(())
}
