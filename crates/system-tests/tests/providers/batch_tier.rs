//! Evaluations that may wait, bought at the cheaper tier of their provider.

use std::time::Duration;

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion};
use crate::site::Site;
use crate::support::SOON;

/// A call takes ten seconds at most, so a deadline of half a minute leaves time for the cheaper tier, whose answers may take two.
const TIERED: &str = r#"
    [provider]
    put_aside = "1s"
    [providers.only]
    base_url = "{0}/v1"
    call_timeout = "10s"
    [providers.only.prices."judge"]
    input = "2"
    output = "8"
    [providers.only.tier_prices."judge".flex]
    input = "1"
    output = "4"
    [models."judge"]
    deployments = [{ provider = "only", batch_tier = "flex", batch_tier_timeout = "2s" }]
"#;

fn asked(more: &Value) -> Value {
    let mut request = json!({"output": "Water boils at lower temperatures on mountains.", "model": "judge",
        "rubric": one_criterion(), "priority": "batch", "deadline_seconds": 120});
    for (key, value) in more.as_object().into_iter().flatten() {
        request[key] = value.clone();
    }
    request
}

async fn tiers(site: &Site) -> Result<Vec<Value>> {
    let requests = site.providers[0].requests().await?;
    let tier = |request: &Value| -> Result<Value> {
        let body: Value = serde_json::from_str(request["body"].as_str().unwrap_or_default())?;
        Ok(body["service_tier"].clone())
    };
    requests.iter().map(tier).collect()
}

async fn read(site: &Site, path: &str) -> Result<Value> {
    let url = format!("{}/v1/evaluations/{path}", site.system.status_url());
    Ok(site.system.http().get(url).send().await?.json().await?)
}

#[tokio::test]
async fn what_may_wait_is_bought_at_the_cheaper_tier_and_says_so() -> Result<()> {
    let site = Site::start("cheaper_tier", 1, TIERED).await?;
    site.providers[0].set(&json!({"flex": ["judge"]})).await?;
    let evaluation = judged(&site.system, &asked(&json!({}))).await?;
    assert_eq!(evaluation["assessment"]["service_tiers"], json!(["flex"]));
    let usage = &evaluation["usage"];
    let tokens = |name: &str| usage[name].as_u64().unwrap_or_default();
    let nano = tokens("input_tokens") * 1_000 + tokens("output_tokens") * 4_000;
    let cost: f64 = usage["cost_usd"].as_str().unwrap_or_default().parse()?;
    assert_eq!(
        (cost * 1e9).round().to_string(),
        nano.to_string(),
        "{usage}"
    );
    let bought = &usage["service_tiers"][0];
    assert_eq!(
        (&bought["service_tier"], &bought["calls"]),
        (&json!("flex"), &json!(1))
    );
    assert_eq!(bought["cost_usd"], usage["cost_usd"]);
    let id = evaluation["id"].as_str().unwrap_or_default();
    let calls = read(&site, &format!("{id}/calls")).await?;
    assert_eq!(calls["items"][0]["service_tier"], "flex");
    assert_eq!(calls["items"][0]["attempts"][0]["service_tier"], "flex");

    // Who waits for it pays for that.
    let now = judged(&site.system, &asked(&json!({"priority": "interactive"}))).await?;
    assert!(now["assessment"].get("service_tiers").is_none());
    assert!(now["usage"].get("service_tiers").is_none());
    assert_eq!(tiers(&site).await?, [json!("flex"), Value::Null]);
    Ok(())
}

#[tokio::test]
async fn without_capacity_it_waits_uncharged_and_is_bought_when_there_is_some() -> Result<()> {
    let site = Site::start("no_capacity", 1, TIERED).await?;
    let full = json!({"flex": ["judge"], "faults": [{"fault": "no_capacity"}]});
    site.providers[0].set(&full).await?;
    let id = site.system.post_payload(&asked(&json!({}))).await?;
    eventually(SOON, async || {
        let timeline = read(&site, &format!("{id}/timeline")).await?;
        let waits = |event: &&Value| event["detail"]["reason"] == "no_capacity";
        let events = timeline["events"].as_array().map_or(&[][..], Vec::as_slice);
        ensure!(events.iter().filter(waits).count() >= 2, "{timeline}");
        Ok(())
    })
    .await?;
    site.providers[0].set(&json!({"flex": ["judge"]})).await?;
    let evaluation = site.system.judged(&id).await?;
    assert_eq!(evaluation["assessment"]["service_tiers"], json!(["flex"]));
    assert_eq!(
        evaluation["usage"]["calls"], 1,
        "what was refused is not paid for"
    );
    Ok(())
}

#[tokio::test]
async fn before_its_deadline_it_is_bought_at_the_usual_tier() -> Result<()> {
    let site = Site::start("tier_deadline", 1, TIERED).await?;
    let full = json!({"flex": ["judge"], "faults": [{"fault": "no_capacity"}]});
    site.providers[0].set(&full).await?;
    let begun = std::time::Instant::now();
    let evaluation = judged(&site.system, &asked(&json!({"deadline_seconds": 20}))).await?;
    assert!(begun.elapsed() < Duration::from_secs(20), "it was in time");
    assert!(evaluation["assessment"].get("service_tiers").is_none());
    let tiers = tiers(&site).await?;
    assert_eq!(tiers.last(), Some(&Value::Null));
    assert!(
        tiers.contains(&json!("flex")),
        "it was tried first: {tiers:?}"
    );
    // No time for it at all.
    let site_before = tiers.len();
    let hurried = asked(&json!({"deadline_seconds": 11, "run": "hurried"}));
    judged(&site.system, &hurried).await?;
    let requests = site.providers[0].requests().await?;
    assert_eq!(requests.len(), site_before + 1, "the usual tier at once");
    Ok(())
}
