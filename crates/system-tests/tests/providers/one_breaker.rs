//! One breaker for all workers: it opens for all, one call over all of them tries, and all know when it is back.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::site::{ONE, Site};
use crate::support::{SOON, quick};

const WORKERS: usize = 8;
const COUNT: usize = 160;
/// The window of the breaker.
const WINDOW: Duration = Duration::from_secs(30);
/// Two tries, and evaluations that are put aside in between for up to 16 s.
const PROBED: Duration = Duration::from_secs(90);

async fn deployment(site: &Site, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    eventually(PROBED, async || {
        let states: Value = site.system.api.get("/v1/providers").await?;
        let item = &states["items"][0];
        ensure!(wanted(item) && states["workers"] == WORKERS, "{states}");
        anyhow::Ok(item.clone())
    })
    .await
}

#[tokio::test]
async fn eight_workers_leave_a_stalled_provider_alone_together_and_come_back_together() -> Result<()>
{
    let builder = quick()
        .workers(WORKERS)
        .private_redis(true)
        // What they say of deployments, every five seconds, counts for as long as they count as alive.
        .worker_env("AUTORATER__WORKER__LEASE", "20s")
        .worker_env("AUTORATER__PROVIDER__FIRST_BYTE_TIMEOUT", "1s");
    let site = Site::with("one_breaker", 1, ONE, builder).await?;
    let provider = &site.providers[0];
    provider.faults(json!([{"fault": "hang"}])).await?;
    let begun = Instant::now();
    let ids = site.system.post_many(COUNT).await?;
    // All of them know, also those that had not one failure.
    let open = deployment(&site, |item| {
        item["state"] == "open" && item["workers"] == WORKERS
    });
    let open = open.await?;
    ensure!(
        open["reason"] == "failing" && open["shared"] == true,
        "{open}"
    );
    let since: jiff::Timestamp = open["since"].as_str().context("since")?.parse()?;
    let age = jiff::Timestamp::now().duration_since(since).unsigned_abs();
    let opened_after = begun.elapsed().saturating_sub(age);
    ensure!(opened_after < WINDOW, "opened after {opened_after:?}");
    // They wait in PostgreSQL, without a slot, and say for what.
    let last = &ids[COUNT - 1];
    eventually(PROBED, async || {
        let path = format!("/v1/evaluations/{last}/timeline");
        let timeline: Value = site.system.api.get(&path).await?;
        let waiting = &timeline["waiting"];
        let status = site.system.get(last).await?["status"].clone();
        ensure!(
            waiting["reason"] == "breaker_open" && status == "pending",
            "{status}: {waiting}"
        );
        anyhow::Ok(())
    })
    .await?;
    // The burst of the beginning, then one call at a time, after 5 s and at least 10 s more.
    let tries = eventually(PROBED, async || {
        let requests = provider.requests().await?;
        let mut at: Vec<u64> = requests
            .iter()
            .filter_map(|request| request["at_ms"].as_u64())
            .collect();
        at.sort_unstable();
        let gaps: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let first = gaps.iter().position(|gap| *gap >= 3_500);
        let first = first.with_context(|| format!("no pause: {gaps:?}"))?;
        let tries = gaps[first..].to_vec();
        ensure!(tries.len() >= 2, "{tries:?}");
        anyhow::Ok(tries)
    })
    .await?;
    let intervals = [3_500, 10_000, 20_000, 40_000];
    for (gap, least) in tries.iter().zip(intervals) {
        ensure!(*gap >= least, "probes come after {tries:?} ms");
    }
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "{WORKERS} workers, a stalled provider: open {:.1} s after the first post, then one call each {tries:?} ms",
            opened_after.as_secs_f64()
        );
    }
    provider.faults(json!([])).await?;
    site.system
        .all_judged(i64::try_from(COUNT)?, Duration::from_secs(120))
        .await?;
    let closed = |item: &Value| item["state"] == "closed" && item["workers"] == WORKERS;
    deployment(&site, closed).await?;

    // Without Redis each worker has its own, which can be seen, and afterwards one for all again.
    site.system.redis().stop().await?;
    deployment(&site, |item| item["shared"] == false).await?;
    let is_local = "autorater_limiter_is_local";
    eventually(SOON, async || {
        let local = site.metric(is_local).await?;
        ensure!(local == Some(1.0), "{local:?}");
        anyhow::Ok(())
    })
    .await?;
    site.system.redis().start().await?;
    deployment(&site, |item| item["shared"] == true).await?;
    let log = site.system.worker(0).log();
    for line in [
        "limits and breakers of providers hold for this process alone: Redis does not answer",
        "limits and breakers of providers hold over all processes again",
    ] {
        ensure!(log.matches(line).count() == 1, "{line}");
    }
    Ok(())
}
