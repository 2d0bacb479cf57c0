//! How many slots workers should have, where a provider takes so many calls and no more.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::site::Site;
use crate::support::{SOON, quick};

/// Five calls in a second.
const LIMITED: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    [providers.only.limits]
    requests_per_minute = 300
    [models."*"]
    deployments = ["only"]
"#;
const COUNT: usize = 400;
/// What five a second can have under way, and the bucket of six seconds. A call takes a second, but up to fifteen on a machine
/// that is busy with other tests.
const FED: f64 = 5.0 * (15.0 + 6.0);

/// What status-api's metrics say.
async fn gauge(site: &Site, name: &str) -> Result<f64> {
    let admin = site.system.status()[0].admin_url();
    let url = format!("{}/metrics", admin.context("no admin address")?);
    let text = site.system.http().get(url).send().await?.text().await?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Ok(value.with_context(|| format!("no {name}"))?.parse()?)
}

#[tokio::test]
async fn are_no_more_than_its_limits_feed_also_when_no_worker_is_left() -> Result<()> {
    let site = Site::with("slots-wanted", 1, LIMITED, quick()).await?;
    site.providers[0].set(&json!({"latency_ms": 1000})).await?;
    site.system.post_many(COUNT).await?;
    let limited = async |limited_by: &str| {
        eventually(SOON, async || {
            let wanted = gauge(&site, "autorater_worker_slots_wanted").await?;
            let demanded = gauge(&site, "autorater_worker_slots_demanded").await?;
            ensure!(
                (1.0..=FED).contains(&wanted) && demanded > 2.0 * FED,
                "{wanted} of {demanded}"
            );
            let queue: Value = site.system.api.get("/v1/queue").await?;
            ensure!(queue["slots_limited_by"] == limited_by, "{queue}");
            anyhow::Ok(())
        })
        .await
    };
    limited("provider_limits").await?;
    site.system.kill_worker(0).await?;
    limited("workers").await
}
