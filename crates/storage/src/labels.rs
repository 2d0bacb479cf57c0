//! `labels`: what people say of candidates. Nothing is replaced: of a rater and a criterion the newest counts.

use domain::human_label::HumanLabel;
use domain::rubric::Side;
use domain::{EvaluationId, Tenant};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::database::Database;
use crate::error::{Error, Result};

/// A stored label.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLabel {
    /// Its id.
    pub id: Uuid,
    /// What was said.
    pub label: HumanLabel,
    /// When.
    pub created_at: Timestamp,
    /// Whether it is the newest of its rater and criterion, so that it counts.
    pub counts: bool,
}

/// A place between two labels of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelPosition {
    /// When the last one of a page was given.
    pub created_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// Stores a label. `None`: there is no such evaluation.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn add(
    database: &Database,
    tenant: &Tenant,
    evaluation: EvaluationId,
    label: &HumanLabel,
) -> Result<Option<StoredLabel>> {
    const SQL: &str = "
        WITH marked AS (
            UPDATE evaluations SET labelled = true WHERE id = $2 AND tenant = $3 AND NOT labelled
        )
        INSERT INTO labels (id, tenant, evaluation_id, rater, criterion, score, preference, note)
        SELECT $1, tenant, id, $4, $5, $6, $7, $8 FROM evaluations WHERE id = $2 AND tenant = $3
        RETURNING created_at";
    let id = Uuid::now_v7();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_opt(
            &statement,
            &[
                &id,
                &evaluation.0,
                &tenant.as_str(),
                &label.rater,
                &label.criterion,
                &label.score,
                &label.preference.map(Side::as_str),
                &label.note,
            ],
        )
        .await?;
    Ok(row.map(|row| StoredLabel {
        id,
        label: label.clone(),
        created_at: row.get(0),
        counts: true,
    }))
}

/// Up to `limit` labels of an evaluation that come after a place, the newest first. `None`: there is no such evaluation.
///
/// # Errors
/// [`crate::Error::Unavailable`], [`crate::Error::Unreadable`].
pub async fn list(
    database: &Database,
    tenant: &Tenant,
    evaluation: EvaluationId,
    limit: u32,
    after: Option<LabelPosition>,
) -> Result<Option<Vec<StoredLabel>>> {
    // A row for the evaluation, and with it as many as there are labels.
    const SQL: &str = "
        SELECT l.id, l.rater, l.criterion, l.score, l.preference, l.note, l.created_at, NOT EXISTS (
            SELECT FROM labels newer
            WHERE newer.evaluation_id = l.evaluation_id AND newer.rater = l.rater
              AND newer.criterion IS NOT DISTINCT FROM l.criterion
              AND (newer.created_at, newer.id) > (l.created_at, l.id)
        )
        FROM evaluations e LEFT JOIN LATERAL (
            SELECT * FROM labels
            WHERE evaluation_id = e.id AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
            ORDER BY created_at DESC, id DESC LIMIT $5
        ) l ON true
        WHERE e.id = $1 AND e.tenant = $2
        ORDER BY l.created_at DESC, l.id DESC";
    let (created_at, id) = after.map(|after| (after.created_at, after.id)).unzip();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(
            &statement,
            &[
                &evaluation.0,
                &tenant.as_str(),
                &created_at,
                &id,
                &i64::from(limit),
            ],
        )
        .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let labels = rows
        .iter()
        .filter_map(|row| row.get::<_, Option<Uuid>>(0).map(|id| read(row, id)));
    labels.collect::<Result<_>>().map(Some)
}

fn read(row: &Row, id: Uuid) -> Result<StoredLabel> {
    let side = |name: &str| {
        Side::parse(name).ok_or_else(|| Error::Unreadable {
            what: "label",
            problem: "unknown preference".to_owned(),
        })
    };
    Ok(StoredLabel {
        id,
        label: HumanLabel {
            rater: row.get(1),
            criterion: row.get(2),
            score: row.get(3),
            preference: row.get::<_, Option<&str>>(4).map(side).transpose()?,
            note: row.get(5),
        },
        created_at: row.get(6),
        counts: row.get(7),
    })
}
