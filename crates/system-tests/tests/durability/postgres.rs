//! PostgreSQL stopped and started: posts are refused at once, and what was paid for is kept.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use local_stack::{StackBuilder, eventually};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::support::{SOON, System, quick};

/// For an answer that says that it cannot be given.
const QUICKLY: Duration = Duration::from_secs(5);

fn own_postgres() -> StackBuilder {
    quick().private_postgres(true)
}

#[tokio::test]
async fn a_post_without_postgresql_is_refused_at_once_and_taken_once_it_is_back() -> Result<()> {
    let system = System::start(own_postgres()).await?;
    let earlier = system.post("Before the stop.").await?;
    system.judged(&earlier).await?;
    for end in ["stop", "kill"] {
        match end {
            "stop" => system.postgres().stop().await?,
            _ => system.postgres().kill().await?,
        }
        let begun = Instant::now();
        let refused = system.try_post("Refused.").await?;
        assert!(begun.elapsed() < QUICKLY, "{:?}", begun.elapsed());
        assert_eq!(refused.status(), 503);
        assert!(refused.headers().contains_key("retry-after"));
        let problem: Value = refused.json().await?;
        assert_eq!(problem["code"], "dependency_unavailable", "{problem}");

        let begun = Instant::now();
        let url = format!("{}/v1/evaluations/{earlier}", system.status_url());
        let unread = system.http().get(url).send().await?;
        assert!(begun.elapsed() < QUICKLY, "{:?}", begun.elapsed());
        assert_eq!(unread.status(), 503);

        system.postgres().start().await?;
        let id = eventually(SOON, async || {
            system.post(&format!("After the {end}.")).await
        })
        .await?;
        system.judged(&id).await?;
        system.judged(&earlier).await?;
    }
    Ok(())
}

/// Posts, and stops PostgreSQL from before the judge's reply until the mock provider has sent it and `away` is over.
async fn reply_while_away(system: &System, away: Duration) -> Result<String> {
    system.mock_is(json!({"latency_ms": 1_000})).await?;
    let id = system.post("Judged while PostgreSQL is away.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.postgres().stop().await?;
    let begun = Instant::now();
    system.mock_reaches("completed", 1).await?;
    eventually(SOON, async || begun.elapsed() >= away).await?;
    system.postgres().start().await?;
    Ok(id)
}

async fn bought_once(system: &System, id: &str) -> Result<()> {
    let evaluation = system.judged(id).await?;
    ensure!(evaluation["attempts"] == 1, "{evaluation}");
    let calls = system.mock_count("requests").await?;
    ensure!(calls == 1, "{calls} calls");
    let replies = system.number("SELECT count(*) FROM replies").await?;
    ensure!(replies == 1, "{replies} replies");
    Ok(())
}

#[tokio::test]
async fn a_reply_that_comes_while_postgresql_is_away_is_committed_later() -> Result<()> {
    let builder = own_postgres().worker_env("AUTORATER__WORKER__LEASE", "20s");
    let system = System::start(builder).await?;
    let id = reply_while_away(&system, Duration::from_secs(2)).await?;
    bought_once(&system, &id).await
}

#[tokio::test]
async fn an_outage_longer_than_the_lease_costs_no_worker_its_work() -> Result<()> {
    // Sweeps come far more often than heartbeats are tried again.
    let builder = own_postgres()
        .workers(2)
        .worker_env("AUTORATER__WORKER__SWEEP", "10ms");
    let system = System::start(builder).await?;
    let id = reply_while_away(&system, Duration::from_secs(6)).await?;
    bought_once(&system, &id)
        .await
        .with_context(|| format!("{}{}", system.worker(0).log(), system.worker(1).log()))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worker_that_starts_after_an_outage_takes_the_living_nothing_away() -> Result<()> {
    let lease = Duration::from_secs(6);
    let builder = own_postgres()
        .worker_env("AUTORATER__WORKER__LEASE", "6s")
        .worker_env("AUTORATER__WORKER__SWEEP", "10ms");
    let system = System::start(builder).await?;
    system.mock_is(json!({"latency_ms": 15_000})).await?;
    let id = system.post("Under way all the time.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.postgres().stop().await?;
    // Its heartbeat gets through later than that of the new one: so it is with many, each on its own time.
    let process = system.worker(0).process();
    let late = process.stop_threads(|_, name| name == "heartbeat")?;
    let begun = Instant::now();
    eventually(SOON, async || begun.elapsed() > lease).await?;
    system.postgres().start().await?;
    system.start_worker().await?;
    let heard_for = "SELECT coalesce(extract(epoch FROM max(heartbeat_at - started_at)), 0)::int8
                     FROM workers WHERE started_at = (SELECT max(started_at) FROM workers)";
    eventually(SOON, async || {
        let seconds = system.number(heard_for).await?;
        ensure!(seconds >= 1, "{seconds} s");
        anyhow::Ok(())
    })
    .await?;
    drop(late);
    bought_once(&system, &id)
        .await
        .with_context(|| format!("{}{}", system.worker(0).log(), system.worker(1).log()))
}

/// Does something while nobody else can read or write an evaluation.
async fn while_locked<T>(system: &System, work: impl Future<Output = Result<T>>) -> Result<T> {
    let (client, connection) = tokio_postgres::connect(system.database_url(), NoTls).await?;
    let locked = async {
        client
            .batch_execute("BEGIN; LOCK TABLE evaluations")
            .await?;
        let done = work.await;
        client.batch_execute("COMMIT").await?;
        done
    };
    tokio::select! {
        done = locked => done,
        ended = connection => bail!("the connection ended: {ended:?}"),
    }
}

#[tokio::test]
async fn what_waits_for_postgresql_counts_as_held_until_it_is_stored() -> Result<()> {
    let builder = quick()
        .ingest_env("AUTORATER__HTTP__REQUEST_TIMEOUT", "1s")
        .ingest_env("AUTORATER__DATABASE__POOL_WAIT", "500ms")
        .ingest_env("AUTORATER__HTTP__BODY_LIMIT", "16384")
        .ingest_env("AUTORATER__HTTP__MAX_IN_FLIGHT_BYTES", "16384");
    let system = System::start(builder.workers(0)).await?;
    // Two have room, a third has not.
    let code = async |text: &str| -> Result<Value> {
        let refused = system.try_post(&text.repeat(7_000)).await?;
        ensure!(refused.status() == 503, "{}", refused.status());
        Ok(refused.json::<Value>().await?["code"].take())
    };
    while_locked(&system, async {
        // One after the other, so that they are not stored together: the first is with PostgreSQL when the second
        // comes, which stays in front of it. Both have their answers.
        for text in ["a", "b"] {
            assert_eq!(code(text).await?, "dependency_unavailable");
        }
        assert_eq!(code("c").await?, "overloaded");
        Ok(())
    })
    .await?;
    eventually(SOON, async || system.post(&"d".repeat(7_000)).await).await?;
    // The one in front of it was not stored: nobody waited for it any more.
    assert_eq!(system.number("SELECT count(*) FROM evaluations").await?, 2);
    Ok(())
}
