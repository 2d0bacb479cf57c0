//! `SIGKILL` of a worker while evaluations share a transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::json;

use crate::support::{SOON, System, quick};

const EVALUATIONS: usize = 60;

/// Each reply takes so long to be written that a transaction of many is there to be met.
const SLOW: &str = "
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END; $$;
    CREATE TRIGGER slow BEFORE INSERT ON replies FOR EACH ROW EXECUTE FUNCTION slow()";
/// Transactions that write a reply, and not their first one.
const SHARED: &str = "
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep' AND query_start > xact_start + interval '40 milliseconds'";
/// What the dead worker's connections still do: the server ends what it was sent whole.
const LEFT: &str = "
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'scorer-worker'";

#[tokio::test]
async fn a_worker_that_dies_in_a_shared_transaction_loses_and_repeats_nothing() -> Result<()> {
    let system = System::start(quick()).await?;
    // All replies come at once.
    system.mock_is(json!({"latency_ms": 1_000})).await?;
    system.run_sql(SLOW).await?;
    system.post_many(EVALUATIONS).await?;
    reaches(&system, SHARED, |transactions| transactions > 0).await?;
    system.kill_worker(0).await?;
    reaches(&system, LEFT, |connections| connections == 0).await?;

    // A reply and the end that is made of it are both there, or neither is.
    let halves = "SELECT count(*) FROM replies FULL JOIN assessments USING (evaluation_id)
                  WHERE step IS NULL OR outcome IS NULL";
    assert_eq!(system.number(halves).await?, 0);
    let committed = committed(&system).await?;
    assert!(committed.len() < EVALUATIONS, "it had written everything");

    system.run_sql("DROP TRIGGER slow ON replies").await?;
    system.mock_is(json!({})).await?;
    system.start_worker().await?;
    system.all_judged(i64::try_from(EVALUATIONS)?, SOON).await?;
    let replies = system.number("SELECT count(*) FROM replies").await?;
    assert_eq!(replies, i64::try_from(EVALUATIONS)?);
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in system.mock_requests().await? {
        let key = request["headers"]["idempotency-key"].as_str();
        let key = key.context("no key")?.to_owned();
        let (id, _) = key.split_once('/').context("no id")?;
        keys.entry(id.to_owned()).or_default().push(key);
    }
    for (id, keys) in keys {
        let asked = if committed.contains(&id) { 1 } else { 2 };
        ensure!(keys.len() <= asked, "{id} was asked for {keys:?}");
        // What was in flight is asked again as the same request.
        ensure!(keys.iter().all(|key| Some(key) == keys.first()), "{keys:?}");
    }
    Ok(())
}

async fn committed(system: &System) -> Result<BTreeSet<String>> {
    system
        .with_sql(async |client| {
            let rows = client
                .query("SELECT evaluation_id::text FROM replies", &[])
                .await?;
            Ok(rows.iter().map(|row| row.get(0)).collect())
        })
        .await
}

async fn reaches(system: &System, query: &str, is_reached: impl Fn(i64) -> bool) -> Result<()> {
    let bound = SOON + Duration::from_secs(30);
    eventually(bound, async || {
        let number = system.number(query).await?;
        ensure!(is_reached(number), "{query} is {number}");
        anyhow::Ok(())
    })
    .await
}
