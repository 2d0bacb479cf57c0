//! The limits of a provider hold over all workers together.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::site::Site;
use crate::support::quick;

const LIMITED: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    [providers.only.limits]
    requests_per_minute = 600
    concurrency = 7
    [models."*"]
    deployments = ["only"]
"#;
const COUNT: usize = 150;

#[tokio::test]
async fn two_workers_share_them() -> Result<()> {
    let site = Site::with("limits", 1, LIMITED, quick().workers(2)).await?;
    let provider = &site.providers[0];
    provider.set(&json!({"latency_ms": 300})).await?;
    let begun = Instant::now();
    site.system.post_many(COUNT).await?;
    site.system
        .all_judged(i64::try_from(COUNT)?, Duration::from_secs(90))
        .await?;
    let took = begun.elapsed();
    let at_once = provider.count("max_in_flight").await?;
    ensure!(at_once <= 7, "{at_once} at once");
    let requests = provider.requests().await?;
    ensure!(requests.len() == COUNT, "{} requests", requests.len());
    // What the rate gives in any time, and a bucket of six seconds of it.
    let at: Vec<u64> = requests
        .iter()
        .filter_map(|request| request["at_ms"].as_u64())
        .collect();
    for (first, begin) in at.iter().enumerate() {
        for (last, end) in at.iter().enumerate().skip(first) {
            let most = 60 + (end - begin) / 100 + 1;
            let found = u64::try_from(last - first + 1)?;
            // The two clocks look at different moments of a call.
            ensure!(found <= most + 7, "{found} requests in {} ms", end - begin);
        }
    }
    // 150 at ten a second take fifteen; an empty bucket gives nothing beforehand.
    ensure!(took > Duration::from_secs(13), "{took:?}");
    for worker in site.system.workers() {
        ensure!(
            worker.log().contains("evaluation judged"),
            "one worker alone"
        );
    }
    Ok(())
}
