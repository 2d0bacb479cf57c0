//! Figures of evaluations over time: closed hours and days from what was counted of them, the rest from the record.

mod count;
mod roll_up;
mod tally;

use std::collections::BTreeMap;

use domain::Tenant;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

pub use self::count::Selection;
use self::count::{Cell, count};
pub use self::roll_up::{count_one, mark};
pub use self::tally::{BINS, CriterionTally, Tally};
use crate::connection::Connection;
use crate::database::Database;
use crate::error::{Error, Result};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// So many hours before the current one are counted from the record as well, where they hold few evaluations.
const OPEN_HOURS: i64 = 1;
/// Counted from the record are so many evaluations at most, at either end of the time.
const MAX_LIVE: i64 = 500;

/// How long an interval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// An hour.
    Hour,
    /// A day in UTC.
    Day,
}

/// Figures over a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// Where the time really begins and ends.
    pub within: [Timestamp; 2],
    /// What was posted before the newest hours is told as of then; `None`: it was never counted.
    pub as_of: Option<Timestamp>,
    /// By the interval's beginning. Intervals without an evaluation are not there.
    pub intervals: BTreeMap<Timestamp, Tally>,
}

impl Interval {
    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }
}

/// When the tenant posted its first evaluation that is still there.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn begin(database: &Database, tenant: &Tenant) -> Result<Option<Timestamp>> {
    const SQL: &str = "SELECT min(created_at) FROM evaluations WHERE tenant = $1";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_one(&statement, &[&tenant.as_str()]).await?;
    Ok(row.get(0))
}

/// What a tenant posted from one moment until before another.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unreadable`].
pub async fn load(
    database: &Database,
    tenant: &Tenant,
    selection: &Selection,
    interval: Interval,
    [mut from, mut to]: [Timestamp; 2],
) -> Result<Stats> {
    let client = database.connection().await?;
    let tenant = tenant.as_str();
    let (now, as_of) = progress(&client, tenant).await?;
    let floor = |at: Timestamp| at.as_second().div_euclid(HOUR) * HOUR;
    let ceil = |at: Timestamp| match floor(at) {
        whole if hour_of(whole).is_ok_and(|whole| whole == at) => whole,
        before => before + HOUR,
    };
    // Between these two the hours are whole and closed.
    let open = floor(now) - OPEN_HOURS * HOUR;
    let (mut first, mut last) = (ceil(from), floor(to).min(open));
    let mut live = Vec::new();
    if first >= last {
        live.push([from, to]);
        (first, last) = (floor(from), floor(from));
    } else {
        live.extend([[from, hour_of(first)?], [hour_of(last)?, to]]);
    }
    let mut intervals: BTreeMap<Timestamp, Tally> = BTreeMap::new();
    let mut add = |cells: BTreeMap<Cell, Tally>| -> Result<()> {
        for (cell, tally) in cells {
            let length = interval.seconds();
            let start = hour_of(cell.hour.div_euclid(length) * length)?;
            intervals.entry(start).or_default().add(&tally);
        }
        Ok(())
    };
    for within in live.into_iter().filter(|[from, to]| from < to) {
        if is_small(&client, tenant, within).await? {
            add(count(&client, tenant, selection, within).await?)?;
        } else if within[0] == from && first != floor(from) {
            first = floor(from);
            from = hour_of(first)?;
        } else {
            last = ceil(to.min(hour_of(floor(now) + HOUR)?));
            (from, to) = (from.min(hour_of(first)?), to.max(hour_of(last)?));
        }
    }
    for (unit, within) in parts(interval, [first, last]) {
        let within = [hour_of(within[0])?, hour_of(within[1])?];
        let cells = read(
            &client,
            tenant,
            selection,
            (unit, selection.apart()),
            within,
        );
        add(cells.await?)?;
    }
    Ok(Stats {
        within: [from, to],
        as_of,
        intervals,
    })
}

/// Whole days by the day, where days are asked for, and what is left by the hour.
fn parts(interval: Interval, [first, last]: [i64; 2]) -> Vec<(&'static str, [i64; 2])> {
    let days = [-(-first).div_euclid(DAY) * DAY, last.div_euclid(DAY) * DAY];
    let parts = if interval == Interval::Day && days[0] < days[1] {
        vec![
            ("hour", [first, days[0]]),
            ("day", days),
            ("hour", [days[1], last]),
        ]
    } else {
        vec![("hour", [first, last])]
    };
    parts
        .into_iter()
        .filter(|(_, [from, to])| from < to)
        .collect()
}

/// The database's time, and since when a closed hour may have changed without having been counted again.
async fn progress(client: &Connection, tenant: &str) -> Result<(Timestamp, Option<Timestamp>)> {
    const SQL: &str = "
        SELECT now(), least(marked_until, (SELECT min(changed_at) FROM stats_hours WHERE tenant = $1 AND changed_at > counted_at))
        FROM stats_progress";
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_one(&statement, &[&tenant]).await?;
    Ok((row.get(0), row.get(1)))
}

/// Whether few enough evaluations were posted then to count them while somebody waits.
async fn is_small(client: &Connection, tenant: &str, [from, to]: [Timestamp; 2]) -> Result<bool> {
    const SQL: &str = "
        SELECT count(*) <= $4::int8 FROM (
            SELECT FROM evaluations WHERE tenant = $1 AND created_at >= $2 AND created_at < $3 LIMIT $4::int8 + 1) counted";
    let statement = client.prepare_cached(SQL).await?;
    let row = client
        .query_one(&statement, &[&tenant, &from, &to, &MAX_LIVE])
        .await?;
    Ok(row.get(0))
}

/// What was counted, added up by the beginning of each hour or day.
async fn read(
    client: &Connection,
    tenant: &str,
    selection: &Selection,
    (unit, apart): (&str, i16),
    [from, to]: [Timestamp; 2],
) -> Result<BTreeMap<Cell, Tally>> {
    const SQL: &str = "
        SELECT extract(epoch FROM start)::int8, rubric, strategy, model, body FROM stats_cells
        WHERE tenant = $1 AND unit = $2 AND apart = $8 AND start >= $3 AND start < $4
          AND ($5::text IS NULL OR rubric = $5 OR starts_with(rubric, $5 || '@'))
          AND ($6::text IS NULL OR strategy = $6)
          AND ($7::text IS NULL OR model = $7)";
    let params: [&(dyn ToSql + Sync); 8] = [
        &tenant,
        &unit,
        &from,
        &to,
        &selection.rubric,
        &selection.strategy,
        &selection.model,
        &apart,
    ];
    let rows = client.query(SQL, &params).await?;
    let read = |row: &tokio_postgres::Row| {
        let cell = Cell {
            hour: row.get(0),
            rubric: row.get(1),
            strategy: row.get(2),
            model: row.get(3),
        };
        let tally = serde_json::from_slice(row.get(4)).map_err(|error| Error::Unreadable {
            what: "figures",
            problem: error.to_string(),
        })?;
        Ok((cell, tally))
    };
    rows.iter().map(read).collect()
}

fn hour_of(second: i64) -> Result<Timestamp> {
    Timestamp::from_second(second).map_err(|error| Error::Unreadable {
        what: "time",
        problem: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_whole_and_their_rests_by_the_hour() {
        let hours = |from: i64, to: i64| [from * HOUR, to * HOUR];
        assert_eq!(
            parts(Interval::Day, hours(20, 73)),
            [
                ("hour", hours(20, 24)),
                ("day", hours(24, 72)),
                ("hour", hours(72, 73))
            ]
        );
        assert_eq!(
            parts(Interval::Day, hours(24, 72)),
            [("day", hours(24, 72))]
        );
        assert_eq!(parts(Interval::Day, hours(1, 23)), [("hour", hours(1, 23))]);
        assert_eq!(
            parts(Interval::Hour, hours(24, 72)),
            [("hour", hours(24, 72))]
        );
        assert_eq!(parts(Interval::Hour, hours(24, 24)), []);
    }
}
