//! `assessments`: the one result of an evaluation, written together with its last state.

use std::sync::LazyLock;

use domain::assessment::Assessment;
use domain::state::Event;
use serde::Serialize;
use uuid::Uuid;

use crate::database::Database;
use crate::document;
use crate::error::{Error, Result};
use crate::evaluations::transition::{By, To, Transition};
use crate::group_commit::Param;
use crate::ownership::Ownership;
use crate::replies::{self, PaidReply};

/// Ends an evaluation with its assessment, in one statement under the owner's epoch. False: it is no longer
/// ours, and nothing was written.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn finish(
    database: &Database,
    ownership: &Ownership,
    assessment: &Assessment,
) -> Result<bool> {
    finish_with_replies::<()>(database, ownership, assessment, 0, &[]).await
}

/// As [`finish`], and commits the replies that it was made of last in the same statement, as [`crate::replies::commit`] does.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn finish_with_replies<R: Serialize>(
    database: &Database,
    ownership: &Ownership,
    assessment: &Assessment,
    version: u16,
    bought: &[PaidReply<'_, R>],
) -> Result<bool> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Owner,
            to: To::Always(Event::Finish),
            set: "outcome = $14",
            // Only an unscorable evaluation that was asked to run again has one already.
            with: ", written AS (
                INSERT INTO assessments (evaluation_id, tenant, outcome, score, passed, epoch, body,
                                         criteria, criterion_scores, criterion_normalized, reason, flags, posted_at)
                SELECT id, tenant, $14, $15, $16, $3, $13, $17, $18, $19, $20, $21, created_at FROM changed
                ON CONFLICT (evaluation_id) DO UPDATE
                SET outcome = excluded.outcome, score = excluded.score, passed = excluded.passed,
                    epoch = excluded.epoch, body = excluded.body, created_at = now(),
                    criteria = excluded.criteria, criterion_scores = excluded.criterion_scores,
                    criterion_normalized = excluded.criterion_normalized, reason = excluded.reason, flags = excluded.flags,
                    posted_at = excluded.posted_at
            )",
            detail: "jsonb_build_object('outcome', c.outcome)",
            select: "c.id",
        };
        let bought = "cardinality($4::text[])";
        let replies = replies::insert("changed", &format!("e.last_seq - 1 - {bought}"));
        let end = transition.sql_after(&format!(" + {bought}"));
        // Its first table expression is the change; the replies read it as the assessment does.
        end.replacen(
            ", event AS (",
            &format!(", bought AS ({replies}), event AS ("),
            1,
        )
    });
    let body = document::write("assessment", assessment)?;
    let columns = Columns::of(assessment)?;
    let replies = replies::Columns::of(version, bought)?;
    let bytes = body.len() + replies.bytes();
    let mut params = replies.params();
    let assessed: [Param; 9] = [
        Box::new(body),
        Box::new(assessment.outcome.as_str()),
        Box::new(assessment.score),
        Box::new(assessment.passed),
        Box::new(columns.criteria),
        Box::new(columns.scores),
        Box::new(columns.normalized),
        Box::new(columns.reason),
        Box::new(columns.flags),
    ];
    params.extend(assessed);
    let written = ownership.write(database, &SQL, bytes, params).await?;
    Ok(written.is_some())
}

/// Fills the columns of up to `most` assessments that were written without them; says how many those were. One whose record
/// is damaged has no criteria there: whoever asks for it itself is told.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn fill_columns(database: &Database, most: u32) -> Result<u64> {
    const SELECT: &str =
        "SELECT evaluation_id, epoch, body FROM assessments WHERE posted_at IS NULL LIMIT $1";
    // Under the epoch: it may have been written anew in the meantime.
    const UPDATE: &str = "
        UPDATE assessments
        SET criteria = $3, criterion_scores = $4, criterion_normalized = $5, reason = $6, flags = $7,
            posted_at = (SELECT created_at FROM evaluations WHERE id = $1)
        WHERE evaluation_id = $1 AND epoch = $2";
    let client = database.connection().await?;
    let select = client.prepare_cached(SELECT).await?;
    let update = client.prepare_cached(UPDATE).await?;
    let rows = client.query(&select, &[&i64::from(most)]).await?;
    for row in &rows {
        let (id, epoch): (Uuid, i64) = (row.get(0), row.get(1));
        // One that cannot be read is not looked at again and again.
        let assessment = document::read::<Assessment>("assessment", row.get(2));
        let columns = match &assessment {
            Ok(assessment) => Columns::of(assessment)?,
            Err(_) => Columns::default(),
        };
        client
            .execute(
                &update,
                &[
                    &id,
                    &epoch,
                    &columns.criteria,
                    &columns.scores,
                    &columns.normalized,
                    &columns.reason,
                    &columns.flags,
                ],
            )
            .await?;
    }
    Ok(rows.len() as u64)
}

/// What SQL can see of an assessment.
#[derive(Default)]
struct Columns {
    criteria: Vec<String>,
    scores: Vec<Option<f64>>,
    normalized: Vec<Option<f64>>,
    reason: Option<String>,
    flags: Vec<String>,
}

impl Columns {
    fn of(assessment: &Assessment) -> Result<Self> {
        let criteria = || assessment.criteria.iter();
        Ok(Self {
            criteria: criteria().map(|criterion| criterion.name.clone()).collect(),
            scores: criteria().map(|criterion| criterion.score).collect(),
            normalized: criteria().map(|criterion| criterion.normalized).collect(),
            reason: assessment.reason.as_ref().map(name).transpose()?,
            flags: assessment.flags.iter().map(name).collect::<Result<_>>()?,
        })
    }
}

/// The name of a value in the API.
fn name(value: &impl Serialize) -> Result<String> {
    let wrong = |problem: String| Error::Unreadable {
        what: "assessment",
        problem,
    };
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        Ok(_) => Err(wrong("a name that is no string".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}
