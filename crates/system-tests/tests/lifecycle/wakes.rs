//! Those who wait for an evaluation look by themselves too, because wake-ups may get lost.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::Value;

use crate::support::{SOON, System, quick};

/// Sooner than one who waits would look by himself.
const AT_ONCE: Duration = Duration::from_millis(1_500);

/// Waits for an evaluation that ends without a wake-up, and says how long that took to be noticed.
async fn unheard_end(system: &System, text: &str) -> Result<Duration> {
    let id = system.post(text).await?;
    let waited = async {
        let url = format!("{}/v1/evaluations/{id}?wait=25", system.status_url());
        let answer = system.http().get(url).send().await?.error_for_status()?;
        let evaluation: Value = answer.json().await?;
        ensure!(evaluation["status"] == "cancelled", "{evaluation}");
        anyhow::Ok(Instant::now())
    };
    let ended = async {
        a_request_waits(system).await?;
        let end = "WITH ended AS (
                UPDATE evaluations SET state = 'cancelled', finished_at = now() WHERE state = 'queued' RETURNING id
            ) SELECT count(*) FROM ended";
        ensure!(system.number(end).await? == 1);
        anyhow::Ok(Instant::now())
    };
    let (noticed, ended) = tokio::try_join!(waited, ended)?;
    Ok(noticed.duration_since(ended))
}

#[tokio::test]
async fn who_waits_looks_seldom_while_wake_ups_come_through_and_often_while_not() -> Result<()> {
    let system = System::start(quick().workers(0).private_redis(true)).await?;
    // The subscription is up once somebody is woken by it.
    let url = format!("{}/v1/evaluations", system.status_url());
    eventually(SOON, async || {
        let id = system.post(&format!("{:?}", Instant::now())).await?;
        let wait = system.http().get(format!("{url}/{id}?wait=2")).send();
        let cancel = async {
            a_request_waits(&system).await?;
            system.granted(&id, "cancel").await
        };
        let begun = Instant::now();
        let (answer, _) = tokio::try_join!(async { Ok(wait.await?) }, cancel)?;
        ensure!(
            answer.status() == 200 && begun.elapsed() < AT_ONCE,
            "not woken"
        );
        anyhow::Ok(())
    })
    .await?;
    // Whoever waits when this is noticed has a look soon after.
    let seldom = unheard_end(&system, "Ends unheard of.").await?;
    assert!(seldom < Duration::from_secs(16), "{seldom:?}");
    let seldom = unheard_end(&system, "Ends unheard of, again.").await?;
    assert!((8.0..16.0).contains(&seldom.as_secs_f64()), "{seldom:?}");

    system.redis().stop().await?;
    let noticing = unheard_end(&system, "Ends when Redis has just gone.").await?;
    assert!(noticing < Duration::from_secs(9), "{noticing:?}");
    let often = unheard_end(&system, "Ends without Redis.").await?;
    assert!(often < Duration::from_secs(4), "{often:?}");
    Ok(())
}

async fn a_request_waits(system: &System) -> Result<()> {
    let admin = system.status()[0].admin_url().context("no admin address")?;
    let url = format!("{admin}/metrics");
    eventually(SOON, async || {
        let metrics = system.http().get(&url).send().await?.text().await?;
        let waits = "autorater_http_requests_in_flight{service=\"status-api\"} 1";
        ensure!(metrics.contains(waits), "{metrics}");
        anyhow::Ok(())
    })
    .await
}
