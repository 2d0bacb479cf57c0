//! What a thousand evaluations come to on a bad day.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::json;

use crate::site::{Site, TWO};
use crate::support::{SOON, quick};

const COUNT: i64 = 1_000;
const BOUND: Duration = Duration::from_secs(240);

async fn have_ended(site: &Site, count: i64) -> Result<()> {
    eventually(BOUND, async || {
        let ended = "SELECT count(*) FROM evaluations WHERE state IN ('succeeded', 'failed')";
        let ended = site.system.number(ended).await?;
        ensure!(ended == count, "{ended} of {count} have ended");
        anyhow::Ok(())
    })
    .await
}

#[tokio::test]
async fn with_the_first_provider_dead_all_finish_on_the_second() -> Result<()> {
    let site = Site::start("dead_first", 2, TWO).await?;
    let [first, second] = &*site.providers else {
        anyhow::bail!("two providers");
    };
    first.kill().await?;
    let begun = Instant::now();
    site.system.post_many(usize::try_from(COUNT)?).await?;
    site.system.all_judged(COUNT, BOUND).await?;
    let calls = second.count("requests").await?;
    let crowd = "SELECT count(*) FROM evaluations WHERE attempts <> 1";
    let again = site.system.number(crowd).await?;
    let breaker = "autorater_breaker_state{provider=\"first\",model=\"gpt-4o\"}";
    let state = eventually(SOON, async || {
        let state = site.metric(breaker).await?;
        ensure!(state > Some(0.0), "the breaker is {state:?}");
        anyhow::Ok(state)
    })
    .await?;
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "dead first provider: {COUNT} judged in {:.1} s by {calls} calls of the second; \
         {again} taken more than once; breaker {state:?}",
            begun.elapsed().as_secs_f64()
        );
    }
    // Not one more than needed.
    ensure!(calls == u64::try_from(COUNT)?, "{calls} calls");
    Ok(())
}

#[tokio::test]
async fn with_a_third_of_the_calls_failing_all_end_honestly() -> Result<()> {
    let builder = quick()
        .worker_env("AUTORATER__PROVIDER__FIRST_BYTE_TIMEOUT", "4s")
        .worker_env("AUTORATER__PROVIDER__CHUNK_TIMEOUT", "1s");
    let one = "[providers.only]\nbase_url = \"{0}/v1\"\n[models.\"*\"]\ndeployments = [\"only\"]\n";
    let site = Site::with("bad_day", 1, one, builder).await?;
    let provider = &site.providers[0];
    // A provider that is known: prose in its very first answers would say that it gives no JSON.
    site.system.post("The first of the day.").await?;
    have_ended(&site, 1).await?;
    let rare = |rule: serde_json::Value, probability: f64| {
        let mut rule = rule;
        rule["probability"] = json!(probability);
        rule
    };
    provider
        .set(&json!({"latency_ms": {"min": 20, "max": 200}, "faults": [
            rare(json!({"fault": "status", "status": 500}), 0.1),
            rare(json!({"fault": "rate_limit", "retry_after": "1"}), 0.1),
            rare(json!({"fault": "stall", "after_bytes": 100}), 0.025),
            rare(json!({"fault": "stall", "after_bytes": 2_000, "keepalive_ms": 200}), 0.025),
            rare(json!({"fault": "cut", "after_bytes": 2_000}), 0.025),
            rare(json!({"fault": "cut", "clean": true}), 0.025),
            rare(json!({"fault": "garbage", "kind": "html"}), 0.01),
            rare(json!({"fault": "garbage", "kind": "truncated_json"}), 0.01),
            rare(json!({"fault": "garbage", "kind": "empty"}), 0.01),
            rare(json!({"fault": "garbage", "kind": "error_in_200"}), 0.01),
            rare(json!({"fault": "garbage", "kind": "not_json_text"}), 0.01),
        ]}))
        .await?;
    let begun = Instant::now();
    site.system.post_many(usize::try_from(COUNT - 1)?).await?;
    have_ended(&site, COUNT).await?;
    let of = async |outcome: &str| {
        let count = "SELECT count(*) FROM evaluations WHERE state = 'succeeded' AND outcome = $1";
        site.system.number_of(count, &[&outcome]).await
    };
    let (scored, unscorable) = (of("scored").await?, of("unscorable").await?);
    let calls = provider.count("requests").await?;
    let spread = "SELECT max(attempts)::bigint FROM evaluations";
    let most = site.system.number(spread).await?;
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "a bad day: {scored} scored, {unscorable} unscorable of {COUNT} in {:.1} s; {calls} calls; \
         at most {most} attempts",
            begun.elapsed().as_secs_f64()
        );
    }
    ensure!(scored + unscorable == COUNT, "{scored} and {unscorable}");
    let paid = "SELECT count(*) FROM replies";
    let paid = site.system.number(paid).await?;
    let last = provider.requests().await?.pop();
    ensure!(
        paid <= COUNT + 50,
        "{paid} replies were recorded; the last request was {last:?}"
    );
    ensure!(calls * 2 <= 3 * u64::try_from(COUNT)?, "{calls} calls");
    Ok(())
}
