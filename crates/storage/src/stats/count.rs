//! Counting evaluations from the record: the one statement that says what counts as what.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::tally::{BINS, Sum, Tally, bin_of};
use crate::connection::Connection;
use crate::error::Result;

/// Cells that tell everything apart.
pub(super) const ALL_APART: i16 = 7;

/// What is told apart within an hour.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    /// Begins so many seconds after 1970.
    pub(super) hour: i64,
    pub(super) rubric: String,
    pub(super) strategy: String,
    /// Empty where none was asked for yet.
    pub(super) model: String,
}

/// What narrows a selection, if anything does.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// `name@version`, or a name for all its versions.
    pub rubric: Option<String>,
    /// The strategy's name.
    pub strategy: Option<String>,
    /// The model asked for.
    pub model: Option<String>,
}

impl Selection {
    /// Which cells answer: 1 for those by rubric, 2 by strategy, 4 by model, added up.
    pub(super) fn apart(&self) -> i16 {
        i16::from(self.rubric.is_some())
            + 2 * i16::from(self.strategy.is_some())
            + 4 * i16::from(self.model.is_some())
    }
}

impl Cell {
    /// The cell that tells apart no more than this.
    pub(super) fn within(&self, apart: i16) -> Self {
        let kept = |bit: i16, name: &str| {
            if apart & bit == 0 {
                String::new()
            } else {
                name.to_owned()
            }
        };
        Self {
            hour: self.hour,
            rubric: kept(1, &self.rubric),
            strategy: kept(2, &self.strategy),
            model: kept(4, &self.model),
        }
    }
}

/// Counts what a tenant posted from one moment until before another.
pub(super) async fn count(
    client: &Connection,
    tenant: &str,
    selection: &Selection,
    [from, to]: [Timestamp; 2],
) -> Result<BTreeMap<Cell, Tally>> {
    static SQL: LazyLock<String> = LazyLock::new(sql);
    let params: [&(dyn ToSql + Sync); 6] = [
        &tenant,
        &from,
        &to,
        &selection.rubric,
        &selection.strategy,
        &selection.model,
    ];
    // Not kept: PostgreSQL has to see how long the time is.
    let rows = client.query(SQL.as_str(), &params).await?;
    let mut tallies: BTreeMap<Cell, Tally> = BTreeMap::new();
    for row in &rows {
        let cell = Cell {
            hour: row.get(0),
            rubric: row.get(1),
            strategy: row.get(2),
            model: row.get(3),
        };
        let sum = Sum {
            scores: row.get(7),
            nano_usd: row.get(8),
        };
        let n = row.get::<_, i64>(6).unsigned_abs();
        let (kind, key) = (row.get(4), row.get(5));
        let tally = tallies.entry(cell).or_default();
        tally.add_row(kind, key, row.get(9), n, sum);
    }
    Ok(tallies)
}

/// One row for each thing that is counted: where, what, which, how many, and sums.
fn sql() -> String {
    let seconds = bin_of("extract(epoch FROM finished_at - created_at)");
    let rows = |kind: &str, key: &str, bin: &str, sums: [&str; 2], from: &str| {
        let [scores, nano_usd] = sums;
        format!(
            "SELECT hour, rubric, strategy, model, '{kind}' AS kind, {key} AS key, count(*) AS n,
                    {scores}::float8 AS scores, {nano_usd}::int8 AS nano_usd, {bin} AS bin
             FROM {from} GROUP BY hour, rubric, strategy, model, key, bin"
        )
    };
    let none = ["0", "0"];
    let criteria = "s, unnest(s.criteria, s.criterion_normalized) AS c(name, value)";
    let bin = format!(
        "CASE WHEN c.value IS NULL THEN -1 ELSE least(greatest(floor(c.value * {BINS}), 0), {BINS} - 1)::int4 END"
    );
    let parts = [
        rows("state", "state", "0", none, "e"),
        rows(
            "outcome",
            "outcome",
            "0",
            none,
            "e WHERE outcome IS NOT NULL",
        ),
        rows(
            "seconds",
            "''",
            &seconds,
            none,
            "e WHERE finished_at IS NOT NULL",
        ),
        rows(
            "passed",
            "passed::text",
            "0",
            none,
            "s WHERE passed IS NOT NULL",
        ),
        rows(
            "without_columns",
            "''",
            "0",
            none,
            "s WHERE criteria IS NULL",
        ),
        rows(
            "criterion",
            "c.name",
            &bin,
            ["coalesce(sum(c.value), 0)", "0"],
            criteria,
        ),
        rows(
            "priced",
            "''",
            "0",
            ["0", "sum(cost_nano_usd)"],
            "r WHERE cost_nano_usd IS NOT NULL",
        ),
        rows("unpriced", "''", "0", none, "r WHERE cost_nano_usd IS NULL"),
    ];
    format!(
        "WITH e AS MATERIALIZED (
            SELECT id, (floor(extract(epoch FROM created_at) / 3600) * 3600)::int8 AS hour, rubric, strategy,
                   coalesce(model, '') AS model, state, outcome, created_at, finished_at
            FROM evaluations
            WHERE tenant = $1 AND created_at >= $2 AND created_at < $3 AND study_id IS NULL
              AND ($4::text IS NULL OR rubric = $4 OR starts_with(rubric, $4 || '@'))
              AND ($5::text IS NULL OR strategy = $5)
              AND ($6::text IS NULL OR model = $6)
         ), s AS MATERIALIZED (
            SELECT e.*, a.passed, a.criteria, a.criterion_normalized
            FROM e JOIN assessments a ON a.evaluation_id = e.id WHERE e.outcome = 'scored'
         ), r AS MATERIALIZED (
            SELECT e.hour, e.rubric, e.strategy, e.model, p.cost_nano_usd FROM e JOIN replies p ON p.evaluation_id = e.id
         ) {}",
        parts.join(" UNION ALL ")
    )
}
