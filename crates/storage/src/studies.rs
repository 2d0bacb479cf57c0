//! `studies`: samples of evaluations that are judged once more, for checks and audits.
//!
//! A study is stored with everything that it has judged in one statement, under an id that is made of what was asked. From then on
//! its evaluations are like any others: workers judge them, and no reply is bought twice.

use std::collections::HashMap;
use std::time::Duration;

use domain::api_key::KeyId;
use domain::{EvaluationId, State, Tenant};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::agreement::{Rating, read_ratings};
use crate::columns;
use crate::database::Database;
use crate::document;
use crate::error::Result;
use crate::evaluations::Filter;
use crate::evaluations::filter::Matching;
use crate::payloads::CompressedPayload;

/// What a study asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StudyKind {
    /// What another version of a rubric would say.
    Check,
    /// What moves a judge that should not.
    Audit,
}

impl StudyKind {
    /// The name in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Audit => "audit",
        }
    }
}

/// An evaluation of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: EvaluationId,
    /// `name@version`.
    pub rubric: String,
    /// Where it is.
    pub state: State,
    /// The model that judged it, as far as that is decided.
    pub model: Option<String>,
}

/// The newest `most` evaluations by any stored version of a rubric that fit, and how many there are.
///
/// # Errors
/// [`crate::Error::Unavailable`], also when the search takes longer than a statement may.
pub async fn sample(
    database: &Database,
    tenant: &Tenant,
    filter: &Filter,
    rubric: &str,
    most: u32,
) -> Result<(u64, Vec<Candidate>)> {
    let filter = Filter {
        rubric: Some(filter.rubric.clone().unwrap_or_else(|| rubric.to_owned())),
        ..filter.clone()
    };
    let matching = || {
        let mut matching = Matching::new(tenant, &filter);
        matching.and("starts_with(e.rubric, {})", Some(format!("{rubric}@")));
        matching.and("e.rubric <> {}", Some(format!("{rubric}@inline")));
        matching
    };
    let client = database.connection().await?;
    let matched = matching().count(&client).await?;
    let mut newest = matching();
    let page = newest.page("e.id, e.rubric, e.state, e.model", most, None);
    let rows = newest.query(&client, &page).await?;
    let read = |row: &Row| {
        Ok(Candidate {
            id: EvaluationId(row.get(0)),
            rubric: row.get(1),
            state: columns::state(row, 2)?,
            model: row.get(3),
        })
    };
    Ok((matched, rows.iter().map(read).collect::<Result<_>>()?))
}

/// What stands for a labelled evaluation in a variant.
#[derive(Debug, Clone)]
pub struct NewCase {
    /// The labelled evaluation.
    pub of: EvaluationId,
    /// The variant's name.
    pub variant: &'static str,
    /// The evaluation whose assessment counts.
    pub judged: EvaluationId,
    /// What is judged for it; `None`: it is there already.
    pub work: Option<NewWork>,
}

/// What a study has judged: the labelled evaluation's payload, or another one in its place.
#[derive(Debug, Clone)]
pub struct NewWork {
    /// `name@version`.
    pub rubric: String,
    /// `None`: the same.
    pub payload: Option<CompressedPayload>,
}

/// A study to store.
#[derive(Debug)]
pub struct NewStudy<'s, B> {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: &'s Tenant,
    /// What it asks.
    pub kind: StudyKind,
    /// What was asked.
    pub body: &'s B,
    /// The key that asks: what it costs counts in its budgets.
    pub api_key: Option<&'s KeyId>,
    /// Of the request that asks.
    pub correlation_id: &'s str,
    /// Of the request that asks (W3C Trace Context).
    pub traceparent: Option<&'s str>,
    /// What it looks at.
    pub cases: &'s [NewCase],
}

/// Stores a study and the evaluations that it needs, unless it is there; says whether it is new.
///
/// # Errors
/// [`crate::Error::Unavailable`]: nothing was stored, or everything was and the answer got lost; repeating is harmless.
pub async fn begin<B: Serialize>(database: &Database, study: &NewStudy<'_, B>) -> Result<bool> {
    // They may wait: nobody looks at them one by one.
    const SQL: &str = "
        WITH study AS (
            INSERT INTO studies (id, tenant, kind, body) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING RETURNING id
        ), given AS (
            SELECT t.* FROM unnest($5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::bytea[], $10::int8[])
                AS t (of_id, variant, judged_id, rubric, body, size), study
        ), work AS (
            SELECT g.*, e.payload_sha256, e.strategy FROM given g JOIN evaluations e ON e.id = g.of_id WHERE g.rubric IS NOT NULL
        ), created AS (
            INSERT INTO evaluations (id, tenant, payload_sha256, priority, strategy, rubric, correlation_id, traceparent, study_id, api_key)
            SELECT judged_id, $2, payload_sha256, 'batch', strategy, rubric, $11, $12, $1, $13 FROM work ORDER BY judged_id
        ), stored AS (
            INSERT INTO payloads (evaluation_id, tenant, size, body)
            SELECT w.judged_id, $2, coalesce(w.size, p.size), coalesce(w.body, p.body)
            FROM work w JOIN payloads p ON p.evaluation_id = w.of_id
        ), cases AS (
            INSERT INTO study_cases (study_id, evaluation_id, variant, judged_id) SELECT $1, of_id, variant, judged_id FROM given
        )
        SELECT count(*) FROM study";
    let cases = study.cases;
    let ids = |of: fn(&NewCase) -> EvaluationId| -> Vec<Uuid> {
        cases.iter().map(|case| of(case).0).collect()
    };
    let variants: Vec<&str> = cases.iter().map(|case| case.variant).collect();
    let work = || cases.iter().map(|case| case.work.as_ref());
    let rubrics: Vec<Option<&str>> = work().map(|work| work.map(|work| &*work.rubric)).collect();
    let payloads = || work().map(|work| work.and_then(|work| work.payload.as_ref()));
    let bodies: Vec<Option<&[u8]>> = payloads().map(|it| it.map(|it| &*it.body)).collect();
    let sizes: Vec<Option<i64>> = payloads()
        .map(|it| it.map(|it| i64::try_from(it.size).unwrap_or(i64::MAX)))
        .collect();
    let body = document::write("study", study.body)?;
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_one(
            &statement,
            &[
                &study.id,
                &study.tenant.as_str(),
                &study.kind.as_str(),
                &body,
                &ids(|case| case.of),
                &variants,
                &ids(|case| case.judged),
                &rubrics,
                &bodies,
                &sizes,
                &study.correlation_id,
                &study.traceparent,
                &study.api_key.map(KeyId::as_str),
            ],
        )
        .await?;
    Ok(row.get::<_, i64>(0) > 0)
}

/// What stands for a labelled evaluation in a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The labelled evaluation.
    pub of: EvaluationId,
    /// The variant's name.
    pub variant: String,
    /// The evaluation whose assessment counts.
    pub judged: EvaluationId,
    /// Whether it was judged for this study.
    pub is_own: bool,
}

/// A stored study.
#[derive(Debug, Clone, PartialEq)]
pub struct Study<B> {
    /// What was asked.
    pub body: B,
    /// When it was stored.
    pub created_at: Timestamp,
    /// What it looks at: the newest labelled evaluation first.
    pub cases: Vec<Case>,
}

/// A tenant's study. `None`: there is none of this kind and id.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn find<B: DeserializeOwned>(
    database: &Database,
    tenant: &Tenant,
    kind: StudyKind,
    id: Uuid,
) -> Result<Option<Study<B>>> {
    const STUDY: &str =
        "SELECT body, created_at FROM studies WHERE id = $1 AND tenant = $2 AND kind = $3";
    const CASES: &str = "
        SELECT c.evaluation_id, c.variant, c.judged_id, j.study_id IS NOT DISTINCT FROM c.study_id
        FROM study_cases c JOIN evaluations e ON e.id = c.evaluation_id JOIN evaluations j ON j.id = c.judged_id
        WHERE c.study_id = $1 ORDER BY e.created_at DESC, e.id DESC, c.variant";
    let client = database.connection().await?;
    let statement = client.prepare_cached(STUDY).await?;
    let study = client
        .query_opt(&statement, &[&id, &tenant.as_str(), &kind.as_str()])
        .await?;
    let Some(study) = study else {
        return Ok(None);
    };
    let statement = client.prepare_cached(CASES).await?;
    let rows = client.query(&statement, &[&id]).await?;
    drop(client);
    let case = |row: &Row| Case {
        of: EvaluationId(row.get(0)),
        variant: row.get(1),
        judged: EvaluationId(row.get(2)),
        is_own: row.get(3),
    };
    Ok(Some(Study {
        body: document::read("study", study.get(0))?,
        created_at: study.get(1),
        cases: rows.iter().map(case).collect(),
    }))
}

/// What people say of these evaluations, of a criterion or of the whole: of each rater the newest. Evaluations of which they say
/// nothing are left out.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn ratings(
    database: &Database,
    tenant: &Tenant,
    ids: &[EvaluationId],
    criterion: Option<&str>,
) -> Result<HashMap<EvaluationId, Vec<Rating>>> {
    const SQL: &str = "
        SELECT evaluation_id, array_agg(score ORDER BY rater), array_agg(preference ORDER BY rater)
        FROM (SELECT DISTINCT ON (evaluation_id, rater) evaluation_id, rater, score, preference FROM labels
              WHERE evaluation_id = ANY($1) AND tenant = $2 AND criterion IS NOT DISTINCT FROM $3
              ORDER BY evaluation_id, rater, created_at DESC, id DESC) newest
        GROUP BY evaluation_id";
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(&statement, &[&ids, &tenant.as_str(), &criterion])
        .await?;
    let read = |row: &Row| Ok((EvaluationId(row.get(0)), read_ratings(row, 1)?));
    rows.iter().map(read).collect()
}

/// Removes up to `most` studies that were stored at least `age` ago; says how many those were. What they had judged goes as other
/// evaluations do.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn remove(database: &Database, age: Duration, most: u32) -> Result<u64> {
    const SQL: &str = "
        DELETE FROM studies WHERE id IN (
            SELECT id FROM studies WHERE created_at < now() - make_interval(secs => $1) ORDER BY created_at LIMIT $2
        )";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(&statement, &[&age.as_secs_f64(), &i64::from(most)])
        .await
}
