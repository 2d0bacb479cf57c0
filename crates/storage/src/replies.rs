//! `replies`: what was paid for. Committed once per step, under the owner's epoch.

use std::sync::LazyLock;

use domain::timeline::RequestRecord;
use domain::{EvaluationId, Tenant};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::types::Json;

use crate::database::Database;
use crate::document;
use crate::error::Result;
use crate::group_commit::Param;
use crate::ownership::Ownership;

/// What a call cost, in columns so that it can be summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Tokens of the prompt; `None` where the provider did not say.
    pub input_tokens: Option<u64>,
    /// Of those of the prompt, what came out of the provider's cache; `None` where the provider did not say.
    pub cached_input_tokens: Option<u64>,
    /// Of those of the prompt, what went into the provider's cache; `None` where the provider did not say.
    pub cache_write_tokens: Option<u64>,
    /// Tokens of the reply; `None` where the provider did not say.
    pub output_tokens: Option<u64>,
    /// Nano-USD; `None` where the price is not known.
    pub nano_usd: Option<i64>,
}

/// A reply that is to be committed.
#[derive(Debug, Clone, Copy)]
pub struct PaidReply<'r, R> {
    /// What it is the reply to.
    pub step: &'r str,
    /// The reply.
    pub reply: &'r R,
    /// What it cost.
    pub cost: Cost,
    /// What it took to get it. Replies of one request have the same.
    pub request: Option<&'r RequestRecord>,
}

/// A committed reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed<R> {
    /// What it is the reply to.
    pub step: String,
    /// In which round of the evaluation it was committed, from 1.
    pub round: i32,
    /// The reply.
    pub reply: R,
}

/// The committed replies of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored<R> {
    /// All of them, the newest round of each step last.
    Known(Vec<Committed<R>>),
    /// One at least is of a format that only a newer release can read.
    Newer {
        /// Its version.
        version: i16,
    },
}

/// A row that nobody has read yet.
#[derive(Debug, Clone)]
pub(crate) struct StoredReply {
    pub(crate) step: String,
    pub(crate) round: i32,
    pub(crate) version: i16,
    pub(crate) body: Vec<u8>,
}

/// Reads rows, which are in order, where all are of format version `newest` or older.
pub(crate) fn decode<R: DeserializeOwned>(
    rows: Vec<StoredReply>,
    newest: u16,
) -> Result<Stored<R>> {
    let newest = version_column(newest);
    let versions = rows.iter().map(|row| row.version);
    if let Some(version) = versions.max().filter(|version| *version > newest) {
        return Ok(Stored::Newer { version });
    }
    let read = |row: StoredReply| {
        Ok(Committed {
            step: row.step,
            round: row.round,
            reply: document::read("reply", &row.body)?,
        })
    };
    let committed = rows.into_iter().map(read);
    committed.collect::<Result<_>>().map(Stored::Known)
}

/// A committed reply with what it took.
#[derive(Debug, Clone)]
pub struct RecordedCall<R> {
    /// What it is the reply to.
    pub step: String,
    /// In which round of the evaluation it was committed, from 1.
    pub round: i32,
    /// The reply; `None` where only a newer release can read it.
    pub reply: Option<R>,
    /// What it cost.
    pub cost: Cost,
    /// What it took to get it; `None` where a release before committed it.
    pub request: Option<RequestRecord>,
    /// When it was committed.
    pub finished_at: Timestamp,
}

/// Every committed reply of an evaluation with what it took, in the order in which they came; `None` where there is no such
/// evaluation. Of a format version beyond `newest` it is all but the reply.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn calls<R: DeserializeOwned>(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
    newest: u16,
) -> Result<Option<Vec<RecordedCall<R>>>> {
    const SQL: &str = "
        SELECT r.step, r.round, r.body, r.input_tokens, r.output_tokens, r.cached_input_tokens, r.cost_nano_usd, r.request,
               r.created_at, r.cache_write_tokens, r.version
        FROM evaluations e LEFT JOIN replies r ON r.evaluation_id = e.id
        WHERE e.id = $1 AND e.tenant = $2 ORDER BY r.round, r.created_at, r.seq, r.step";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&id.0, &tenant.as_str()]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let newest = version_column(newest);
    let read = |row: &tokio_postgres::Row| {
        let number = |index: usize| row.get::<_, Option<i64>>(index);
        let tokens = |index: usize| number(index).map(i64::unsigned_abs);
        Ok(RecordedCall {
            step: row.get(0),
            round: row.get(1),
            reply: (row.get::<_, i16>(10) <= newest)
                .then(|| document::read("reply", row.get(2)))
                .transpose()?,
            cost: Cost {
                input_tokens: tokens(3),
                output_tokens: tokens(4),
                cached_input_tokens: tokens(5),
                cache_write_tokens: tokens(9),
                nano_usd: number(6),
            },
            request: row
                .get::<_, Option<Json<RequestRecord>>>(7)
                .map(|request| request.0),
            finished_at: row.get(8),
        })
    };
    let is_there = |row: &&tokio_postgres::Row| row.get::<_, Option<String>>(0).is_some();
    let calls = rows.iter().filter(is_there).map(read);
    calls.collect::<Result<_>>().map(Some)
}

/// Commits replies of one format version, all or none; one that is there already stays. False: the evaluation is no longer ours, and
/// nothing was written.
///
/// The evaluation's row is written as they go in, so that no claim can come between the look at the epoch and the write, and
/// each has its place among the evaluation's events.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn commit<R: Serialize>(
    database: &Database,
    ownership: &Ownership,
    version: u16,
    bought: &[PaidReply<'_, R>],
) -> Result<bool> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "WITH mine AS (
                UPDATE evaluations SET last_seq = last_seq + cardinality($4::text[])
                WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running'
                RETURNING id, tenant, round, last_seq - cardinality($4::text[]) AS seq_before
            ), bought AS (
                {}
            )
            SELECT FROM mine",
            insert("mine", "e.seq_before")
        )
    });
    let columns = Columns::of(version, bought)?;
    let (bytes, params) = (columns.bytes(), columns.params());
    let written = ownership.write(database, &SQL, bytes, params).await?;
    Ok(written.is_some())
}

/// The statement that inserts replies of the parameters `$4` to `$12`, which are [`Columns`], for the evaluation in a table
/// expression; `$3` is the epoch. The first gets the number behind `seq_before`, an expression on its row `e`.
pub(crate) fn insert(evaluation: &str, seq_before: &str) -> String {
    format!(
        "INSERT INTO replies (evaluation_id, tenant, step, round, epoch, body, input_tokens, output_tokens, cost_nano_usd,
                              version, cached_input_tokens, request, seq, cache_write_tokens)
        SELECT e.id, e.tenant, b.step, e.round, $3, b.body, b.input, b.output, b.cost, $9::smallint, b.cached, b.request,
               {seq_before} + b.nth, b.written
        FROM {evaluation} e, unnest($4::text[], $5::bytea[], $6::bigint[], $7::bigint[], $8::bigint[], $10::bigint[],
                                    $11::jsonb[], $12::bigint[])
            WITH ORDINALITY AS b (step, body, input, output, cost, cached, request, written, nth)
        ON CONFLICT (evaluation_id, step, round) DO NOTHING"
    )
}

/// Replies of one format version, as [`insert`] takes them.
pub(crate) struct Columns {
    version: i16,
    steps: Vec<String>,
    bodies: Vec<Vec<u8>>,
    costs: Vec<Cost>,
    requests: Vec<Option<Json<RequestRecord>>>,
}

impl Columns {
    pub(crate) fn of<R: Serialize>(version: u16, bought: &[PaidReply<'_, R>]) -> Result<Self> {
        let body = |bought: &PaidReply<'_, R>| document::write("reply", bought.reply);
        Ok(Self {
            version: version_column(version),
            steps: bought.iter().map(|it| it.step.to_owned()).collect(),
            bodies: bought.iter().map(body).collect::<Result<_>>()?,
            costs: bought.iter().map(|it| it.cost).collect(),
            requests: bought
                .iter()
                .map(|it| it.request.cloned().map(Json))
                .collect(),
        })
    }

    /// How large the records are.
    pub(crate) fn bytes(&self) -> usize {
        self.bodies.iter().map(Vec::len).sum()
    }

    pub(crate) fn params(self) -> Vec<Param> {
        let tokens = |of: fn(&Cost) -> Option<u64>| -> Vec<Option<i64>> {
            let column = |cost| of(cost).map(token_column);
            self.costs.iter().map(column).collect()
        };
        let input = tokens(|cost| cost.input_tokens);
        let output = tokens(|cost| cost.output_tokens);
        let cached = tokens(|cost| cost.cached_input_tokens);
        let cache_writes = tokens(|cost| cost.cache_write_tokens);
        let nano_usd: Vec<Option<i64>> = self.costs.iter().map(|cost| cost.nano_usd).collect();
        vec![
            Box::new(self.steps),
            Box::new(self.bodies),
            Box::new(input),
            Box::new(output),
            Box::new(nano_usd),
            Box::new(self.version),
            Box::new(cached),
            Box::new(self.requests),
            Box::new(cache_writes),
        ]
    }
}

fn version_column(version: u16) -> i16 {
    i16::try_from(version).unwrap_or(i16::MAX)
}

fn token_column(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}
