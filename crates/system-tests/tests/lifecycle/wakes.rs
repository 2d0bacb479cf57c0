//! Those who wait for an evaluation hear at once what its sender did to it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

/// Sooner than one who waits would look by himself.
const AT_ONCE: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn a_cancel_wakes_those_who_wait() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let id = system.post("Waited for.").await?;
    system.mock_reaches("in_flight", 1).await?;
    let reader = async {
        let url = format!("{}/v1/evaluations/{id}?wait=25", system.status_url());
        let answer = system.http().get(url).send().await?.error_for_status()?;
        let evaluation: Value = answer.json().await?;
        anyhow::Ok((evaluation, Instant::now()))
    };
    let sender = async {
        a_request_waits(&system).await?;
        let begun = Instant::now();
        system.granted(&id, "cancel").await?;
        anyhow::Ok(begun)
    };
    let ((evaluation, woken), begun) = tokio::try_join!(reader, sender)?;
    assert_eq!(evaluation["status"], "cancelled", "{evaluation}");
    let took = woken.duration_since(begun);
    assert!(took < AT_ONCE, "{took:?}");
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
