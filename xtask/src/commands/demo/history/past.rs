//! Moves what has just been judged back to when it is told to have been.

use anyhow::{Context as _, Result};
use domain::EvaluationId;

use super::material::Entry;
use crate::state::State;

/// An evaluation of the history.
pub(super) struct Moved {
    pub(super) id: EvaluationId,
    pub(super) entry: Entry,
}

/// Columns with a time of an evaluation's, table by table, and what they find the evaluation by.
const TIMES: [(&str, &str, &[&str]); 7] = [
    (
        "evaluations",
        "id",
        &[
            "created_at",
            "updated_at",
            "started_at",
            "finished_at",
            "next_run_at",
            "announced_at",
        ],
    ),
    ("payloads", "evaluation_id", &["created_at"]),
    ("plans", "evaluation_id", &["created_at"]),
    ("replies", "evaluation_id", &["created_at"]),
    ("assessments", "evaluation_id", &["created_at", "posted_at"]),
    ("events", "evaluation_id", &["at"]),
    ("labels", "evaluation_id", &["created_at"]),
];

/// Moves them all, or none.
pub(super) async fn move_back(state: &State, rubric: &str, moved: &[Moved]) -> Result<()> {
    local_stack::execute(&state.database_url, &statement(rubric, moved))
        .await
        .context("moving the history back")
}

fn statement(rubric: &str, moved: &[Moved]) -> String {
    let mut sql = String::from(
        "BEGIN;\nCREATE TEMP TABLE moved (id uuid PRIMARY KEY, by interval) ON COMMIT DROP;\nINSERT INTO moved VALUES ",
    );
    for (index, Moved { id, entry }) in moved.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        sql.push_str(&format!("{comma}('{id}', '{} seconds')", entry.seconds_ago));
    }
    sql.push_str(";\n");
    for (table, key, columns) in TIMES {
        let sets: Vec<_> = columns
            .iter()
            .map(|column| format!("{column} = t.{column} - moved.by"))
            .collect();
        let sets = sets.join(", ");
        sql.push_str(&format!(
            "UPDATE {table} t SET {sets} FROM moved WHERE t.{key} = moved.id;\n"
        ));
    }
    // Each version is as old as the first evaluation that was judged by it.
    sql.push_str(&format!(
        "UPDATE rubrics r SET created_at = first.at - interval '1 hour' FROM (SELECT rubric, min(created_at) AS at FROM \
         evaluations GROUP BY rubric) first WHERE r.name = '{rubric}' AND first.rubric = r.name || '@' || r.version;\n"
    ));
    // When calls were due stands beside the replies as JSON.
    sql.push_str(
        "UPDATE replies t SET request = jsonb_set(request, '{started_at}', to_jsonb(to_char((request->>'started_at')::timestamptz \
         AT TIME ZONE 'UTC' - moved.by, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))) FROM moved WHERE t.evaluation_id = moved.id AND \
         request ? 'started_at';\n",
    );
    // Figures of whole hours are made from the record, and now anew.
    sql.push_str(
        "DELETE FROM stats_hours;\nDELETE FROM stats_cells;\nUPDATE stats_progress SET marked_until = NULL, turn_at = '-infinity';\nCOMMIT;",
    );
    sql
}
