//! Reading evaluations, for clients.

use std::collections::BTreeMap;

use domain::money::NanoUsd;
use domain::strategy::StageName;
use domain::{EvaluationId, State, Tenant};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_postgres::types::Json;

use crate::database::Database;
use crate::document;
use crate::error::{Error, Result};

/// An evaluation as the database knows it.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// Its id.
    pub id: EvaluationId,
    /// Where it is; of a state of a newer release, the one that its columns fit.
    pub state: State,
    /// `name@version`, `name@inline` or `inline`.
    pub rubric: String,
    /// The strategy's name.
    pub strategy: String,
    /// The model asked for, as far as that is decided.
    pub model: Option<String>,
    /// How soon it is wanted; a newer release has other names.
    pub priority: String,
    /// The client's labels.
    pub metadata: BTreeMap<String, String>,
    /// Of the request that brought it.
    pub correlation_id: String,
    /// How often a worker has taken it.
    pub attempts: u32,
    /// Why it failed: code and words.
    pub error: Option<(String, String)>,
    /// How many calls its plan makes, once there is a plan.
    pub steps_total: Option<u32>,
    /// What its replies cost so far.
    pub usage: Usage,
    /// Of a cascade the same by stage, of those that were asked.
    pub usage_by_stage: BTreeMap<StageName, Usage>,
    /// The same by the tier at which it was bought, where one was bought at another than `standard`.
    pub usage_by_tier: BTreeMap<String, Usage>,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When a worker first took it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When its row last changed, or its last reply was committed.
    pub updated_at: Timestamp,
    /// Its result, an assessment in JSON as its worker wrote it: one of a newer release has fields, flags and codes that
    /// this one does not know, and its readers want them all the same.
    pub assessment: Option<Box<RawValue>>,
}

/// Sums over committed replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct Usage {
    /// Committed replies.
    pub calls: u64,
    /// Tokens of the prompts; `None` when a provider did not say those of a call.
    pub input_tokens: Option<u64>,
    /// Of those of the prompts, what came out of a provider's cache; `None` when a provider did not say that of a call.
    pub cached_input_tokens: Option<u64>,
    /// Of those of the prompts, what went into a provider's cache; `None` when a provider did not say that of a call.
    pub cache_write_tokens: Option<u64>,
    /// Tokens of the replies; `None` when a provider did not say those of a call.
    pub output_tokens: Option<u64>,
    /// Money; `None` when the price of a call is not known.
    #[serde(rename = "cost_nano_usd")]
    pub cost: Option<NanoUsd>,
}

/// The sums over replies, as columns named as the fields of [`Usage`]. A release before wrote 0 where a provider had not
/// said: no prompt takes none.
macro_rules! sums {
    () => {
        "count(*) AS calls,
               CASE WHEN count(*) = 0 THEN 0 WHEN count(*) = count(input_tokens) AND sum(input_tokens) > 0
                    THEN sum(input_tokens)::int8 END AS input_tokens,
               CASE WHEN count(*) = 0 THEN 0 WHEN count(*) = count(output_tokens) AND sum(input_tokens) > 0
                    THEN sum(output_tokens)::int8 END AS output_tokens,
               CASE WHEN count(*) = count(cached_input_tokens) THEN coalesce(sum(cached_input_tokens), 0)::int8 END
                    AS cached_input_tokens,
               CASE WHEN count(*) = count(cache_write_tokens) THEN coalesce(sum(cache_write_tokens), 0)::int8 END
                    AS cache_write_tokens,
               CASE WHEN count(*) = count(cost_nano_usd) THEN coalesce(sum(cost_nano_usd), 0)::int8 END AS cost_nano_usd"
    };
}

/// What [`read`] reads; `e` is the evaluation.
pub(super) const COLUMNS: &str = "
    e.id, e.state, e.rubric, e.strategy, e.priority, e.metadata, e.correlation_id, e.attempts,
    e.error_code, e.error_message, e.steps_total, e.created_at, e.started_at, e.finished_at,
    greatest(e.updated_at, u.latest), a.body, u.calls, u.input_tokens, u.output_tokens, u.cost_nano_usd, e.model,
    u.cached_input_tokens, u.cache_write_tokens, stages.used AS used_by_stage, tiers.used AS used_by_tier";

/// Where [`COLUMNS`] come from.
pub(super) const JOINS: &str = concat!(
    "
    LEFT JOIN assessments a ON a.evaluation_id = e.id AND e.state = 'succeeded'
    CROSS JOIN LATERAL (
        SELECT ",
    sums!(),
    ", max(r.created_at) AS latest
        FROM replies r WHERE r.evaluation_id = e.id
    ) u
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(stage, to_jsonb(of_stage) - 'stage') AS used FROM (
            SELECT split_part(step, '/', 1) AS stage, ",
    sums!(),
    "
            FROM replies r
            WHERE e.strategy = 'cascade' AND r.evaluation_id = e.id AND split_part(step, '/', 1) IN ('first', 'then') GROUP BY 1
        ) of_stage
    ) stages ON true
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(coalesce(tier, 'standard'), to_jsonb(of_tier) - 'tier') AS used FROM (
            SELECT request -> 'attempts' -> -1 ->> 'service_tier' AS tier, ",
    sums!(),
    "
            FROM replies r WHERE e.priority = 'batch' AND r.evaluation_id = e.id GROUP BY 1
        ) of_tier HAVING count(tier) > 0
    ) tiers ON true"
);

/// One evaluation of a tenant.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unreadable`].
pub async fn find(
    database: &Database,
    tenant: &Tenant,
    id: EvaluationId,
) -> Result<Option<Evaluation>> {
    let sql =
        format!("SELECT {COLUMNS} FROM evaluations e {JOINS} WHERE e.id = $1 AND e.tenant = $2");
    let client = database.connection().await?;
    let statement = client.prepare_cached(&sql).await?;
    let row = client
        .query_opt(&statement, &[&id.0, &tenant.as_str()])
        .await?;
    drop(client);
    row.as_ref().map(read).transpose()
}

pub(super) fn read(row: &tokio_postgres::Row) -> Result<Evaluation> {
    let wrong = |problem: &str| Error::Unreadable {
        what: "evaluation",
        problem: problem.to_owned(),
    };
    let count = |index: usize| row.get::<_, i64>(index).unsigned_abs();
    let tokens = |index: usize| row.get::<_, Option<i64>>(index).map(i64::unsigned_abs);
    let metadata: serde_json::Value = row.get(5);
    let code: Option<String> = row.get(8);
    Ok(Evaluation {
        id: EvaluationId(row.get(0)),
        state: state(row),
        rubric: row.get(2),
        strategy: row.get(3),
        model: row.get(20),
        priority: row.get(4),
        metadata: serde_json::from_value(metadata)
            .map_err(|_| wrong("metadata is no map of strings"))?,
        correlation_id: row.get(6),
        attempts: row.get::<_, i32>(7).unsigned_abs(),
        error: code.map(|code| (code, row.get::<_, Option<String>>(9).unwrap_or_default())),
        steps_total: row.get::<_, Option<i32>>(10).map(i32::unsigned_abs),
        created_at: row.get(11),
        started_at: row.get(12),
        finished_at: row.get(13),
        updated_at: row.get(14),
        assessment: row
            .get::<_, Option<&[u8]>>(15)
            .map(|body| document::read("assessment", body))
            .transpose()?,
        usage_by_stage: row
            .get::<_, Option<Json<_>>>(23)
            .map_or_else(BTreeMap::new, |stages| stages.0),
        usage_by_tier: row
            .get::<_, Option<Json<_>>>(24)
            .map_or_else(BTreeMap::new, |tiers| tiers.0),
        usage: Usage {
            calls: count(16),
            input_tokens: tokens(17),
            cached_input_tokens: tokens(21),
            cache_write_tokens: tokens(22),
            output_tokens: tokens(18),
            cost: row.get::<_, Option<i64>>(19).map(NanoUsd),
        },
    })
}

/// The state, or what one of a newer release comes to for those who do not know it: it waits, or it has ended.
fn state(row: &tokio_postgres::Row) -> State {
    let ended = || match row.get::<_, Option<Timestamp>>(13) {
        None => State::Queued,
        Some(_) if row.get::<_, Option<&str>>(8).is_some() => State::Failed,
        Some(_) => State::Cancelled,
    };
    State::parse(row.get(1)).unwrap_or_else(ended)
}
