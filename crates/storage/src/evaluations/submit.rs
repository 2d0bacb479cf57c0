//! Taking new evaluations: durable when this returns, and harmless to repeat.

use std::collections::{BTreeMap, HashMap};

use domain::api_key::KeyId;
use domain::identity::{Identity, PayloadDigest};
use domain::{EvaluationId, Priority, State, Tenant};
use serde_json::Value;
use uuid::Uuid;

use crate::columns;
use crate::connection::Connection;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::payloads::CompressedPayload;

/// One evaluation to take.
#[derive(Debug, Clone)]
pub struct NewEvaluation {
    /// Its id, and the digest of what was sent.
    pub identity: Identity,
    /// Whose it is.
    pub tenant: Tenant,
    /// The key by which it is posted; `None` while keys are off.
    pub api_key: Option<KeyId>,
    /// How soon it is wanted.
    pub priority: Priority,
    /// The strategy's name.
    pub strategy: &'static str,
    /// `name@version`, `name@inline` or `inline`.
    pub rubric: String,
    /// The model that the request or its rubric names.
    pub model: Option<String>,
    /// The client's labels.
    pub metadata: BTreeMap<String, String>,
    /// Of the request that brought it.
    pub correlation_id: String,
    /// Of the request that brought it (W3C Trace Context).
    pub traceparent: Option<String>,
    /// Seconds until a result is of no use.
    pub deadline_seconds: Option<u32>,
    /// Where its sender wants to be told that it has ended.
    pub webhook_url: Option<String>,
    /// Whether the caller is about to put it into the stream itself.
    pub announced: bool,
    /// What was sent.
    pub payload: CompressedPayload,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub id: EvaluationId,
    /// Whether this call made it.
    pub created: bool,
    /// Where it is.
    pub state: State,
    /// How its rubric is named.
    pub rubric: String,
    /// The model that judges it, as far as that is decided.
    pub model: Option<String>,
    /// The digest of what was sent first: another one is an idempotency key used twice.
    pub digest: PayloadDigest,
}

/// Inserts what is new, in one transaction, and looks up the rest. The answers are in the order of the items.
///
/// # Errors
/// [`Error::Unavailable`]: nothing was inserted, or everything was and the answer got lost; repeating is harmless.
pub async fn submit(database: &Database, items: &[NewEvaluation]) -> Result<Vec<Submitted>> {
    // One statement is one transaction. Rows go in by id, so that two batches with common rows cannot wait
    // for each other in a circle.
    const SQL: &str = "
        WITH given AS (
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[],
                                 $8::jsonb[], $9::text[], $10::text[], $11::float8[], $12::bool[], $13::int8[], $14::bytea[], $15::text[],
                                 $16::text[])
                AS t (id, tenant, digest, priority, strategy, rubric, model,
                      metadata, correlation_id, traceparent, deadline, announced, size, body, webhook_url, api_key)
        ), created AS (
            INSERT INTO evaluations (id, tenant, payload_sha256, priority, strategy, rubric, model,
                                     metadata, correlation_id, traceparent, deadline_at, announced_at, webhook_url, api_key)
            SELECT id, tenant, digest, priority, strategy, rubric, model, metadata, correlation_id, traceparent,
                   now() + make_interval(secs => deadline), CASE WHEN announced THEN now() END, webhook_url, api_key
            FROM given ORDER BY id
            ON CONFLICT (id) DO NOTHING
            RETURNING id
        ), stored AS (
            INSERT INTO payloads (evaluation_id, tenant, size, body)
            SELECT id, tenant, size, body FROM given JOIN created USING (id)
        )
        SELECT id FROM created";
    let items = distinct(items);
    let mut columns = Columns::default();
    for item in &items.unique {
        columns.push(item);
    }
    let client = database.connection().await?;
    let insert = client.prepare_cached(SQL).await?;
    let c = &columns;
    let rows = client
        .query(
            &insert,
            &[
                &c.ids,
                &c.tenants,
                &c.digests,
                &c.priorities,
                &c.strategies,
                &c.rubrics,
                &c.models,
                &c.metadata,
                &c.correlation_ids,
                &c.traceparents,
                &c.deadlines,
                &c.announced,
                &c.sizes,
                &c.bodies,
                &c.webhook_urls,
                &c.api_keys,
            ],
        )
        .await?;
    let created: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    let existing: Vec<Uuid> = columns
        .ids
        .iter()
        .filter(|id| !created.contains(id))
        .copied()
        .collect();
    let mut known = if existing.is_empty() {
        HashMap::new()
    } else {
        look_up(&client, &existing).await?
    };
    drop(client);
    for item in &items.unique {
        if created.contains(&item.identity.id.0) {
            known.insert(item.identity.id.0, fresh(item));
        }
    }
    items.answer(known)
}

fn fresh(item: &NewEvaluation) -> Submitted {
    Submitted {
        id: item.identity.id,
        created: true,
        state: State::Queued,
        rubric: item.rubric.clone(),
        model: item.model.clone(),
        digest: item.identity.digest,
    }
}

async fn look_up(client: &Connection, ids: &[Uuid]) -> Result<HashMap<Uuid, Submitted>> {
    const SQL: &str =
        "SELECT id, state, rubric, model, payload_sha256 FROM evaluations WHERE id = ANY($1)";
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&ids]).await?;
    let read = |row: &tokio_postgres::Row| {
        let id: Uuid = row.get(0);
        let wrong = |problem: &str| Error::Unreadable {
            what: "evaluation",
            problem: problem.to_owned(),
        };
        let state = columns::state(row, 1)?;
        let digest = row
            .get::<_, &[u8]>(4)
            .try_into()
            .map_err(|_| wrong("digest of another length"))?;
        let submitted = Submitted {
            id: EvaluationId(id),
            created: false,
            state,
            rubric: row.get(2),
            model: row.get(3),
            digest,
        };
        Ok((id, submitted))
    };
    rows.iter().map(read).collect()
}

/// The same id may stand in a batch more than once; the database must see it once.
struct Distinct<'i> {
    unique: Vec<&'i NewEvaluation>,
    order: Vec<Uuid>,
}

fn distinct(items: &[NewEvaluation]) -> Distinct<'_> {
    let mut seen = std::collections::HashSet::new();
    let unique = items
        .iter()
        .filter(|item| seen.insert(item.identity.id))
        .collect();
    Distinct {
        unique,
        order: items.iter().map(|item| item.identity.id.0).collect(),
    }
}

impl Distinct<'_> {
    fn answer(self, mut known: HashMap<Uuid, Submitted>) -> Result<Vec<Submitted>> {
        let mut answers = Vec::with_capacity(self.order.len());
        for id in self.order {
            // Gone between the two statements: retention took it. The caller may simply ask again.
            let Some(answer) = known.get_mut(&id) else {
                return Err(Error::Unavailable(
                    "an evaluation was removed while it was looked up".to_owned(),
                ));
            };
            answers.push(answer.clone());
            answer.created = false;
        }
        Ok(answers)
    }
}

#[derive(Default)]
struct Columns<'i> {
    ids: Vec<Uuid>,
    tenants: Vec<&'i str>,
    digests: Vec<&'i [u8]>,
    priorities: Vec<&'static str>,
    strategies: Vec<&'static str>,
    rubrics: Vec<&'i str>,
    models: Vec<Option<&'i str>>,
    metadata: Vec<Value>,
    correlation_ids: Vec<&'i str>,
    traceparents: Vec<Option<&'i str>>,
    deadlines: Vec<Option<f64>>,
    announced: Vec<bool>,
    sizes: Vec<i64>,
    bodies: Vec<&'i [u8]>,
    webhook_urls: Vec<Option<&'i str>>,
    api_keys: Vec<Option<&'i str>>,
}

impl<'i> Columns<'i> {
    fn push(&mut self, item: &'i NewEvaluation) {
        self.ids.push(item.identity.id.0);
        self.tenants.push(item.tenant.as_str());
        self.digests.push(&item.identity.digest);
        self.priorities.push(item.priority.as_str());
        self.strategies.push(item.strategy);
        self.rubrics.push(&item.rubric);
        self.models.push(item.model.as_deref());
        self.metadata.push(
            item.metadata
                .iter()
                .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
                .collect(),
        );
        self.correlation_ids.push(&item.correlation_id);
        self.traceparents.push(item.traceparent.as_deref());
        self.deadlines.push(item.deadline_seconds.map(f64::from));
        self.announced.push(item.announced);
        self.sizes
            .push(i64::try_from(item.payload.size).unwrap_or(i64::MAX));
        self.bodies.push(&item.payload.body);
        self.webhook_urls.push(item.webhook_url.as_deref());
        self.api_keys.push(item.api_key.as_ref().map(KeyId::as_str));
    }
}
