//! Evaluations that people labelled, beside what their judges came to.

use domain::assessment::{Assessment, Outcome};
use domain::rubric::{RubricReference, Side};
use domain::{EvaluationId, State, Tenant};
use tokio_postgres::Row;

use crate::columns;
use crate::database::Database;
use crate::document;
use crate::error::{Error, Result};

/// What one rater says, by the newest of the rater's labels; neither where that is a note alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    /// On the criterion's own scale, or from 0 to 1 for the whole.
    pub score: Option<f64>,
    /// Which of two candidates is better.
    pub preference: Option<Side>,
}

/// An evaluation that was labelled for the criterion that is asked about, or as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledEvaluation {
    /// Its id.
    pub id: EvaluationId,
    /// `name@version`.
    pub rubric: String,
    /// Where it is.
    pub state: State,
    /// What its judges came to, where it succeeded.
    pub outcome: Option<Outcome>,
    /// Whether the assessment says anything of the criterion.
    pub has_criterion: bool,
    /// The judges' score, of the criterion (on its own scale; in a comparison the share of votes for the first) or of the whole.
    pub score: Option<f64>,
    /// The winner of a comparison; only where the whole is asked about.
    pub winner: Option<Side>,
    /// Of each rater one, in the order of their names.
    pub ratings: Vec<Rating>,
}

/// The newest of them, and how many there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelledEvaluations {
    /// The newest first.
    pub newest: Vec<LabelledEvaluation>,
    /// How many there are, older ones among them.
    pub count: u64,
}

/// The newest `most` of a tenant's labelled evaluations that were judged by a version of a rubric, or by any stored one of its name.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unreadable`].
pub async fn labelled(
    database: &Database,
    tenant: &Tenant,
    rubric: &RubricReference,
    criterion: Option<&str>,
    most: u32,
) -> Result<LabelledEvaluations> {
    // From the labels on: people make few, and evaluations are many. Only a comparison's winner is not in a column.
    const SQL: &str = "
        WITH ratings AS (
            SELECT DISTINCT ON (l.evaluation_id, l.rater) l.evaluation_id, l.rater, l.score, l.preference
            FROM labels l JOIN evaluations e ON e.id = l.evaluation_id
            WHERE l.tenant = $1 AND e.tenant = $1 AND e.study_id IS NULL AND l.criterion IS NOT DISTINCT FROM $4
              AND (e.rubric = $2 OR $3 AND starts_with(e.rubric, $2 || '@') AND e.rubric <> $2 || '@inline')
            ORDER BY l.evaluation_id, l.rater, l.created_at DESC, l.id DESC
        ), labelled AS (
            SELECT evaluation_id, array_agg(score ORDER BY rater) AS scores,
                   array_agg(preference ORDER BY rater) AS preferences
            FROM ratings GROUP BY evaluation_id
        ), newest AS (
            SELECT e.id, e.created_at, e.rubric, e.state, l.scores, l.preferences, count(*) OVER () AS count
            FROM labelled l JOIN evaluations e ON e.id = l.evaluation_id
            ORDER BY e.created_at DESC, e.id DESC LIMIT $5
        )
        SELECT n.id, n.rubric, n.state, a.outcome, array_position(a.criteria, $4) IS NOT NULL,
               CASE WHEN $4::text IS NULL THEN a.score ELSE a.criterion_scores[array_position(a.criteria, $4)] END,
               CASE WHEN $4 IS NULL AND a.outcome = 'scored' AND a.score IS NULL THEN a.body END,
               n.scores, n.preferences, n.count
        FROM newest n LEFT JOIN assessments a ON a.evaluation_id = n.id AND n.state = 'succeeded'
        ORDER BY n.created_at DESC, n.id DESC";
    let name = match rubric.version {
        None => rubric.name.clone(),
        Some(version) => format!("{}@{version}", rubric.name),
    };
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client
        .query(
            &statement,
            &[
                &tenant.as_str(),
                &name,
                &rubric.version.is_none(),
                &criterion,
                &i64::from(most),
            ],
        )
        .await?;
    let count = rows.first().map_or(0, |row| row.get::<_, i64>(9));
    Ok(LabelledEvaluations {
        newest: rows.iter().map(read).collect::<Result<_>>()?,
        count: count.unsigned_abs(),
    })
}

fn read(row: &Row) -> Result<LabelledEvaluation> {
    let wrong = |problem: &str| Error::Unreadable {
        what: "labelled evaluation",
        problem: problem.to_owned(),
    };
    let state = columns::state(row, 2)?;
    let outcome = row.get::<_, Option<&str>>(3);
    let outcome = outcome.map(|name| Outcome::parse(name).ok_or_else(|| wrong("unknown outcome")));
    let body = row.get::<_, Option<&[u8]>>(6);
    let assessment = body.map(|body| document::read::<Assessment>("assessment", body));
    let preference = assessment.transpose()?.and_then(|found| found.preference);
    Ok(LabelledEvaluation {
        id: EvaluationId(row.get(0)),
        rubric: row.get(1),
        state,
        outcome: outcome.transpose()?,
        has_criterion: row.get(4),
        score: row.get(5),
        winner: preference.map(|preference| preference.winner),
        ratings: read_ratings(row, 7)?,
    })
}

/// Reads what raters say: a column of scores, and behind it one of preferences.
pub(crate) fn read_ratings(row: &Row, column: usize) -> Result<Vec<Rating>> {
    let scores: Vec<Option<f64>> = row.get(column);
    let preferences: Vec<Option<&str>> = row.get(column + 1);
    let side = |name: &str| {
        Side::parse(name).ok_or_else(|| Error::Unreadable {
            what: "label",
            problem: "unknown preference".to_owned(),
        })
    };
    let ratings = scores.into_iter().zip(preferences);
    let ratings = ratings.map(|(score, preference)| {
        Ok(Rating {
            score,
            preference: preference.map(side).transpose()?,
        })
    });
    ratings.collect()
}
