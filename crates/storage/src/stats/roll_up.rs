//! Counting each hour once it has changed, in the background, and adding hours up to days.
//!
//! Which hours changed is told by what every evaluation's row says already, so that no transition writes anything more:
//! when it was posted, whether it runs, when it ended. What retention removes is noted by the statement that removes it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use super::count::{self, ALL_APART, Cell, Selection};
use super::tally::Tally;
use super::{DAY, HOUR, hour_of};
use crate::connection::Connection;
use crate::database::Database;
use crate::error::{Error, Result};

/// A statement may begin so long before its changes are seen.
const MARGIN: Duration = Duration::from_secs(60);
/// An hour is counted no more often than this, and takes no more than a fiftieth of the time.
const LEAST_PAUSE: Duration = Duration::from_secs(10);
const SHARE: f64 = 50.0;
/// Of an hour that holds more evaluations than this, each twelfth is counted on its own.
const LARGE: i64 = 50_000;
const PARTS: i64 = 12;

/// Notes which hours have changed; false where another did so within `every`, whose turn it is then.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn mark(database: &Database, every: Duration) -> Result<bool> {
    const TURN: &str = "
        UPDATE stats_progress SET turn_at = now() WHERE turn_at <= now() - make_interval(secs => $1) RETURNING one";
    // Hour by hour through the index, so that a long time costs no more than it has hours.
    const MARK: &str = "
        WITH RECURSIVE tenants AS (
            (SELECT tenant FROM evaluations ORDER BY tenant LIMIT 1)
            UNION ALL
            SELECT (SELECT e.tenant FROM evaluations e WHERE e.tenant > t.tenant ORDER BY e.tenant LIMIT 1)
            FROM tenants t WHERE t.tenant IS NOT NULL
        ), since AS (
            SELECT coalesce(marked_until, '-infinity') - make_interval(secs => $1) AS at FROM stats_progress
        ), hours AS (
            SELECT t.tenant, date_trunc('hour', (SELECT max(e.created_at) FROM evaluations e WHERE e.tenant = t.tenant), 'UTC') AS hour
            FROM tenants t WHERE t.tenant IS NOT NULL
            UNION ALL
            SELECT h.tenant, date_trunc('hour', (SELECT max(e.created_at) FROM evaluations e
                                                 WHERE e.tenant = h.tenant AND e.created_at < h.hour), 'UTC')
            FROM hours h, since WHERE h.hour > since.at
        ), changed AS (
            SELECT tenant, hour FROM hours, since WHERE hour > since.at - interval '1 hour'
            UNION
            SELECT tenant, date_trunc('hour', created_at, 'UTC') FROM evaluations, since WHERE finished_at > since.at
            UNION
            SELECT tenant, date_trunc('hour', created_at, 'UTC') FROM evaluations WHERE state = 'running'
        ), marked AS (
            INSERT INTO stats_hours AS s (tenant, hour, changed_at) SELECT tenant, hour, now() FROM changed ORDER BY 1, 2
            -- What waits to be counted has waited since then.
            ON CONFLICT (tenant, hour) DO UPDATE SET changed_at = excluded.changed_at WHERE s.changed_at <= s.counted_at
        )
        UPDATE stats_progress SET marked_until = now()";
    let client = database.connection().await?;
    let turn = client.prepare_cached(TURN).await?;
    let (every, margin) = (every.as_secs_f64(), MARGIN.as_secs_f64());
    if client.query_opt(&turn, &[&every]).await?.is_none() {
        return Ok(false);
    }
    let mark = client.prepare_cached(MARK).await?;
    client.execute(&mark, &[&margin]).await?;
    Ok(true)
}

/// Counts the hour that has waited longest for it; false where none does.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn count_one(database: &Database) -> Result<bool> {
    const NEXT: &str = "
        SELECT tenant, hour, now() FROM stats_hours
        WHERE changed_at > counted_at
          AND (counted_at = '-infinity' OR now() > counted_at + greatest(make_interval(secs => $1), took * $2))
        ORDER BY changed_at, hour DESC LIMIT 1";
    // The turn goes on for as long as there is something to count.
    const DONE: &str = "
        WITH turn AS (UPDATE stats_progress SET turn_at = now())
        UPDATE stats_hours SET counted_at = $3, took = make_interval(secs => $4) WHERE tenant = $1 AND hour = $2";
    let client = database.connection().await?;
    let next = client.prepare_cached(NEXT).await?;
    let row = client
        .query_opt(&next, &[&LEAST_PAUSE.as_secs_f64(), &SHARE])
        .await?;
    let Some(row) = row else { return Ok(false) };
    let (tenant, hour, begun): (&str, Timestamp, Timestamp) = (row.get(0), row.get(1), row.get(2));
    let clock = Instant::now();
    let tallies = count_hour(&client, tenant, hour).await?;
    write(&client, tenant, "hour", hour, tallies).await?;
    let day = hour_of(hour.as_second().div_euclid(DAY) * DAY)?;
    let hours = super::read(
        &client,
        tenant,
        &Selection::default(),
        ("hour", ALL_APART),
        [day, hour_of(day.as_second() + DAY)?],
    )
    .await?;
    let mut whole: BTreeMap<Cell, Tally> = BTreeMap::new();
    for (mut cell, tally) in hours {
        cell.hour = day.as_second();
        whole.entry(cell).or_default().add(&tally);
    }
    write(&client, tenant, "day", day, whole).await?;
    let done = client.prepare_cached(DONE).await?;
    let took = clock.elapsed().as_secs_f64();
    client
        .execute(&done, &[&tenant, &hour, &begun, &took])
        .await?;
    Ok(true)
}

async fn count_hour(
    client: &Connection,
    tenant: &str,
    hour: Timestamp,
) -> Result<BTreeMap<Cell, Tally>> {
    const MANY: &str = "
        SELECT count(*) > $4::int8 FROM (
            SELECT FROM evaluations WHERE tenant = $1 AND created_at >= $2 AND created_at < $3 LIMIT $4::int8 + 1) counted";
    let end = hour_of(hour.as_second() + HOUR)?;
    let many = client.prepare_cached(MANY).await?;
    let row = client
        .query_one(&many, &[&tenant, &hour, &end, &LARGE])
        .await?;
    let parts = if row.get(0) { PARTS } else { 1 };
    let mut whole: BTreeMap<Cell, Tally> = BTreeMap::new();
    for part in 0..parts {
        let bound = |nth: i64| hour_of(hour.as_second() + HOUR / parts * nth);
        let within = [bound(part)?, bound(part + 1)?];
        for (cell, tally) in count::count(client, tenant, &Selection::default(), within).await? {
            whole.entry(cell).or_default().add(&tally);
        }
    }
    Ok(whole)
}

/// Puts cells in the place of those that are there, and their sums for whoever tells less apart.
async fn write(
    client: &Connection,
    tenant: &str,
    unit: &str,
    start: Timestamp,
    tallies: BTreeMap<Cell, Tally>,
) -> Result<()> {
    const SQL: &str = "
        WITH cells AS (
            SELECT * FROM unnest($4::int2[], $5::text[], $6::text[], $7::text[], $8::bytea[])
                AS c(apart, rubric, strategy, model, body)
        ), gone AS (
            DELETE FROM stats_cells s WHERE tenant = $1 AND unit = $2 AND apart = ANY('{0,1,2,3,4,5,6,7}') AND start = $3
            AND NOT EXISTS (SELECT FROM cells c
                            WHERE (c.apart, c.rubric, c.strategy, c.model) = (s.apart, s.rubric, s.strategy, s.model))
        )
        INSERT INTO stats_cells (tenant, unit, start, apart, rubric, strategy, model, body)
        SELECT $1, $2, $3, apart, rubric, strategy, model, body FROM cells
        ON CONFLICT (tenant, unit, apart, start, rubric, strategy, model) DO UPDATE SET body = excluded.body";
    let mut cells: BTreeMap<(i16, Cell), Tally> = BTreeMap::new();
    for (cell, tally) in tallies {
        for apart in 0..=ALL_APART {
            let sum = cells.entry((apart, cell.within(apart))).or_default();
            sum.add(&tally);
        }
    }
    let (mut aparts, mut bodies) = (vec![], vec![]);
    let (mut rubrics, mut strategies, mut models) = (vec![], vec![], vec![]);
    for ((apart, cell), tally) in cells {
        aparts.push(apart);
        rubrics.push(cell.rubric);
        strategies.push(cell.strategy);
        models.push(cell.model);
        bodies.push(
            serde_json::to_vec(&tally).map_err(|error| Error::Unreadable {
                what: "figures",
                problem: error.to_string(),
            })?,
        );
    }
    let statement = client.prepare_cached(SQL).await?;
    let params: [&(dyn ToSql + Sync); 8] = [
        &tenant,
        &unit,
        &start,
        &aparts,
        &rubrics,
        &strategies,
        &models,
        &bodies,
    ];
    client.execute(&statement, &params).await?;
    Ok(())
}
