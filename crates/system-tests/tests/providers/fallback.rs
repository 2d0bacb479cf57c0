//! One deployment after the other, and what the result says of it.

use anyhow::Result;
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion};
use crate::site::Site;

const MAPPED: &str = r#"
    [providers.first]
    base_url = "{0}/v1"
    [providers.second]
    base_url = "{1}/v1"
    api = "responses"
    headers = { X-Team = "judges" }
    parameters = { service_tier = "flex" }
    [providers.second.prices."claude-sonnet-4-5"]
    input = "3"
    output = "15"
    [models."gpt-4o"]
    deployments = ["first/gpt-4o-2024-11-20", { provider = "second", model = "claude-sonnet-4-5", max_output_tokens = 900 }]
"#;

fn asked(rubric: Value) -> Value {
    json!({"input": "Say something useful.", "output": "Water boils at lower temperatures on mountains.",
           "model": "gpt-4o", "rubric": rubric})
}

#[tokio::test]
async fn the_assessment_says_what_was_asked_and_what_answered() -> Result<()> {
    let site = Site::start("says_what_answered", 2, MAPPED).await?;
    let first = judged(&site.system, &asked(one_criterion())).await?;
    let assessment = &first["assessment"];
    assert_eq!(assessment["model_requested"], "gpt-4o", "{first:#}");
    assert_eq!(assessment["model_used"], json!(["gpt-4o-2024-11-20"]));
    assert_eq!(assessment["judges"][0]["provider"], "first");
    // What is not known is null.
    assert_eq!(first["usage"]["cost_usd"], Value::Null);
    site.providers[0].kill().await?;
    let mut again = asked(one_criterion());
    again["run"] = json!("2");
    let second = judged(&site.system, &again).await?;
    let assessment = &second["assessment"];
    assert_eq!(assessment["model_requested"], "gpt-4o");
    assert_eq!(assessment["model_used"], json!(["claude-sonnet-4-5"]));
    assert_eq!(assessment["judges"][0]["provider"], "second");
    let usage = &second["usage"];
    let tokens = |name: &str| usage[name].as_u64().unwrap_or_default();
    let nano = tokens("input_tokens") * 3_000 + tokens("output_tokens") * 15_000;
    let cost: f64 = usage["cost_usd"].as_str().unwrap_or_default().parse()?;
    assert_eq!(
        (cost * 1e9).round().to_string(),
        nano.to_string(),
        "{usage}"
    );
    let requests = site.providers[1].requests().await?;
    assert_eq!(requests[0]["path"], "/v1/responses");
    assert_eq!(requests[0]["headers"]["x-team"], "judges");
    let body: Value = serde_json::from_str(requests[0]["body"].as_str().unwrap_or_default())?;
    assert_eq!(body["model"], "claude-sonnet-4-5");
    assert_eq!(body["service_tier"], "flex");
    assert_eq!(body["max_output_tokens"], 900);
    Ok(())
}

#[tokio::test]
async fn a_rubric_may_want_its_own_judge_or_none() -> Result<()> {
    let site = Site::start("own_judge_or_none", 2, MAPPED).await?;
    site.providers[0]
        .faults(json!([{"fault": "status", "status": 404}]))
        .await?;
    let mut rubric = one_criterion();
    rubric["fallback"] = json!(false);
    let id = site.system.post_payload(&asked(rubric)).await?;
    let ended = site.system.ended(&id).await?;
    assert_eq!(ended["error"]["code"], "provider_rejected", "{ended:#}");
    assert_eq!(site.providers[1].count("requests").await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_model_that_is_nowhere_says_so() -> Result<()> {
    let site = Site::start("nowhere", 2, MAPPED).await?;
    let mut payload = asked(one_criterion());
    payload["model"] = json!("gpt-5o");
    let id = site.system.post_payload(&payload).await?;
    let ended = site.system.ended(&id).await?;
    assert_eq!(ended["error"]["code"], "provider_rejected");
    let message = ended["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("no provider is set up for the model `gpt-5o`"),
        "{message}"
    );
    Ok(())
}
