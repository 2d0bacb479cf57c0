//! The figures of the queue, when there is nobody but status-api to give them.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;

use crate::support::{SOON, System, quick};

const GAUGES: [&str; 5] = [
    "autorater_queue_entries{priority=\"interactive\",state=\"waiting\"}",
    "autorater_queue_oldest_seconds{priority=\"interactive\"}",
    "autorater_worker_slots_wanted",
    "autorater_worker_slots_demanded",
    "autorater_worker_slots",
];

/// What status-api's metrics say of each of the gauges.
async fn gauges(system: &System) -> Result<[Option<f64>; 5]> {
    let admin = system.status()[0].admin_url().context("no admin address")?;
    let answer = system.http().get(format!("{admin}/metrics")).send().await?;
    let text = answer.error_for_status()?.text().await?;
    Ok(GAUGES.map(|gauge| {
        text.lines()
            .find_map(|line| line.strip_prefix(gauge)?.strip_prefix(' ')?.parse().ok())
    }))
}

#[tokio::test]
async fn the_queue_is_counted_without_a_worker_and_not_without_postgresql() -> Result<()> {
    let system = System::start(quick().private_postgres(true)).await?;
    eventually(SOON, async || {
        let [.., slots] = gauges(&system).await?;
        ensure!(slots == Some(1000.0), "{slots:?} slots");
        anyhow::Ok(())
    })
    .await?;
    system.kill_worker(0).await?;
    system.post("Nobody is there for it.").await?;
    eventually(SOON, async || {
        let found = gauges(&system).await?;
        let [Some(1.0), Some(oldest), Some(1.0), Some(1.0), Some(0.0)] = found else {
            anyhow::bail!("{found:?}");
        };
        ensure!(oldest > 0.0, "{oldest} s");
        anyhow::Ok(())
    })
    .await?;
    system.postgres().stop().await?;
    eventually(SOON, async || {
        let found = gauges(&system).await?;
        ensure!(found == [None; 5], "{found:?}");
        anyhow::Ok(())
    })
    .await?;
    system.postgres().start().await?;
    eventually(SOON, async || {
        let found = gauges(&system).await?;
        ensure!(found[0] == Some(1.0), "{found:?}");
        anyhow::Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stream_of_events_is_no_request_in_flight_and_none_is_known_from_the_start() -> Result<()>
{
    let system = System::start(quick().workers(0)).await?;
    let admin = system.status()[0].admin_url().context("no admin address")?;
    let none = "autorater_http_requests_in_flight{service=\"status-api\"} 0";
    let in_flight = async || {
        let answer = system.http().get(format!("{admin}/metrics")).send().await?;
        let text = answer.text().await?;
        anyhow::Ok(text.lines().any(|line| line == none))
    };
    ensure!(in_flight().await?, "not known before the first request");
    let id = system.post("Watched for long.").await?;
    let url = format!("{}/v1/evaluations/{id}/events", system.status_url());
    let mut stream = system.http().get(url).send().await?;
    ensure!(stream.chunk().await?.is_some(), "the stream has not begun");
    ensure!(in_flight().await?, "the stream is counted");
    Ok(())
}
