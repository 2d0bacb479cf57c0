//! Samples of one question as the choices of one request.

use anyhow::{Context as _, Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion, post, says};
use crate::site::Site;
use crate::support::SOON;
use local_stack::MockLlm;

const PRICED: &str = r#"
    [providers.only]
    base_url = "{0}/v1"
    [providers.only.prices."gpt-4o"]
    input = "2.5"
    output = "10"
    [models."*"]
    deployments = ["only/gpt-4o"]
"#;

/// Five samples of one candidate.
fn sampled(run: &str) -> Value {
    json!({"output": "Ice floats on water.", "rubric": one_criterion(), "samples": 5, "run": run})
}

/// Of each request how many choices it asked for.
async fn asked_for(provider: &MockLlm) -> Result<Vec<u64>> {
    let requests = provider.requests().await?;
    let of = |request: &Value| request["n"].as_u64().unwrap_or_default();
    Ok(requests.iter().map(of).collect())
}

/// The names of the requests, without evaluation and round.
async fn keys(provider: &MockLlm) -> Result<Vec<String>> {
    let requests = provider.requests().await?;
    let of = |request: &Value| {
        let key = request["headers"]["idempotency-key"].as_str();
        let step = key
            .and_then(|key| key.split_once('/'))
            .and_then(|(_, rest)| rest.rsplit_once('/'));
        step.map_or_else(String::new, |(step, _)| step.to_owned())
    };
    Ok(requests.iter().map(of).collect())
}

#[tokio::test]
async fn five_samples_are_one_request() -> Result<()> {
    let site = Site::start("five_are_one", 1, PRICED).await?;
    let provider = &site.providers[0];
    let texts = [1, 2, 3, 4, 5].map(says);
    provider
        .faults(json!([{"fault": "reply", "texts": texts}]))
        .await?;
    let evaluation = judged(&site.system, &sampled("1")).await?;
    assert_eq!(asked_for(provider).await?, [5]);
    assert_eq!(keys(provider).await?, ["judge+4"]);

    let assessment = &evaluation["assessment"];
    assert_eq!(assessment["score"], 0.5, "{evaluation:#}");
    let uncertainty = &assessment["uncertainty"];
    assert_eq!(uncertainty["samples"], 5);
    // Of 0, 0.25, 0.5, 0.75 and 1.
    let std = uncertainty["std"].as_f64().unwrap_or_default();
    assert!((std - 0.625_f64.sqrt() / 2.0).abs() < 1e-9, "{uncertainty}");
    let scores: Vec<f64> = assessment["judges"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|judge| judge["score"].as_f64())
        .collect();
    assert_eq!(scores, [0.0, 0.25, 0.5, 0.75, 1.0], "given in order");

    // What one request took, once.
    let usage = &evaluation["usage"];
    assert_eq!(usage["calls"], 5);
    assert_eq!(evaluation["progress"]["completed"], 5);
    assert_eq!(evaluation["progress"]["total"], 5);
    let input = provider.count("input_tokens").await?;
    let output = provider.count("output_tokens").await?;
    assert_eq!(usage["input_tokens"], input);
    assert_eq!(usage["output_tokens"], output);
    let cost: f64 = usage["cost_usd"].as_str().unwrap_or_default().parse()?;
    let nano = input * 2_500 + output * 10_000;
    assert_eq!((cost * 1e9).round().to_string(), nano.to_string());
    let series = r#"autorater_judge_calls_total{provider="only",model="gpt-4o",result="replied"}"#;
    assert_eq!(site.metric(series).await?, Some(1.0));
    Ok(())
}

#[tokio::test]
async fn a_comparison_is_one_request_for_each_order() -> Result<()> {
    let site = Site::start("one_for_each_order", 1, PRICED).await?;
    let pair = json!({"outputs": [{"id": "x", "text": "Ice floats on water."}, {"id": "y", "text": "No."}],
        "rubric": one_criterion(), "samples": 3});
    let evaluation = judged(&site.system, &pair).await?;
    assert_eq!(evaluation["usage"]["calls"], 6, "{evaluation:#}");
    let mut keys = keys(&site.providers[0]).await?;
    keys.sort();
    assert_eq!(keys, ["judge+2", "swapped/judge+2"]);
    Ok(())
}

#[tokio::test]
async fn more_than_eight_are_several_requests_that_are_not_equal() -> Result<()> {
    let site = Site::start("more_than_eight", 1, PRICED).await?;
    let provider = &site.providers[0];
    let mut request = sampled("1");
    request["samples"] = json!(20);
    let evaluation = judged(&site.system, &request).await?;
    assert_eq!(evaluation["usage"]["calls"], 20, "{evaluation:#}");
    let mut keys = keys(provider).await?;
    keys.sort();
    assert_eq!(keys, ["judge+7", "judge/17+3", "judge/9+7"]);
    assert_eq!(provider.count("distinct_bodies").await?, 3);
    Ok(())
}

#[tokio::test]
async fn who_takes_no_notice_is_paid_for_no_reply_twice() -> Result<()> {
    let site = Site::start("takes_no_notice", 1, PRICED).await?;
    let provider = &site.providers[0];
    provider
        .set(&json!({"latency_ms": 500, "faults": [{"fault": "ignore", "parameters": ["n"]}]}))
        .await?;
    let evaluation = judged(&site.system, &sampled("1")).await?;
    assert_eq!(evaluation["usage"]["calls"], 5, "{evaluation:#}");
    // The one choice is the first sample; the others are asked for side by side.
    assert_eq!(asked_for(provider).await?, [5, 1, 1, 1, 1]);
    let mut asked = keys(provider).await?;
    asked.sort();
    let singly = ["judge+4", "judge/2", "judge/3", "judge/4", "judge/5"];
    assert_eq!(asked, singly);
    assert_eq!(provider.count("max_in_flight").await?, 4);
    let input = provider.count("input_tokens").await?;
    assert_eq!(evaluation["usage"]["input_tokens"], input);

    judged(&site.system, &sampled("2")).await?;
    let asked = asked_for(provider).await?;
    assert_eq!(asked[5..], [1; 5], "it is known by now");
    assert_eq!(provider.count("max_in_flight").await?, 5);
    Ok(())
}

#[tokio::test]
async fn who_refuses_is_asked_again_for_one() -> Result<()> {
    let site = Site::start("refuses_several", 1, PRICED).await?;
    let provider = &site.providers[0];
    provider
        .faults(json!([{"fault": "refuse", "parameters": ["n"], "style": "litellm"}]))
        .await?;
    judged(&site.system, &sampled("1")).await?;
    judged(&site.system, &sampled("2")).await?;
    let asked = asked_for(provider).await?;
    assert_eq!(asked, [&[5, 1, 1, 1, 1, 1][..], &[1; 5]].concat());
    Ok(())
}

#[tokio::test]
async fn what_was_asked_of_a_killed_worker_is_asked_again_under_the_same_key() -> Result<()> {
    let site = Site::start("killed_within", 1, PRICED).await?;
    let (system, provider) = (&site.system, &site.providers[0]);
    provider
        .faults(json!([{"fault": "hang", "times": 1}]))
        .await?;
    let id = post(system, &sampled("1")).await?;
    eventually(SOON, async || {
        let under_way = provider.count("in_flight").await?;
        ensure!(under_way == 1, "{under_way} under way");
        anyhow::Ok(())
    })
    .await?;
    system.kill_worker(0).await?;
    system.start_worker().await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["attempts"], 2);
    assert_eq!(evaluation["usage"]["calls"], 5);
    let requests = provider.requests().await?;
    let sent: Vec<_> = requests
        .iter()
        .map(|request| (&request["headers"]["idempotency-key"], &request["body"]))
        .collect();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(sent[0], sent[1]);
    let key = sent[0].0.as_str().context("no key")?;
    assert!(key.starts_with(&format!("{id}/judge+4/1.")), "{key}");
    Ok(())
}

#[tokio::test]
async fn what_was_committed_together_is_not_bought_again_after_a_crash() -> Result<()> {
    let site = Site::start("killed_behind", 1, PRICED).await?;
    let (system, provider) = (&site.system, &site.providers[0]);
    // The third cannot be read; the call for its repair does not end.
    let texts = [says(3), says(3), "Fine.".to_owned(), says(3), says(3)];
    provider
        .faults(json!([
            {"fault": "reply", "texts": texts, "times": 1},
            {"fault": "hang", "times": 1},
            {"fault": "reply", "text": says(3)},
        ]))
        .await?;
    let id = post(system, &sampled("1")).await?;
    eventually(SOON, async || {
        let requests = provider.count("requests").await?;
        ensure!(requests == 2, "{requests} requests");
        anyhow::Ok(())
    })
    .await?;
    assert_eq!(system.number("SELECT count(*) FROM replies").await?, 5);
    system.kill_worker(0).await?;
    system.start_worker().await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["assessment"]["score"], 0.5, "{evaluation:#}");
    assert_eq!(evaluation["usage"]["calls"], 6);
    assert_eq!(evaluation["assessment"]["uncertainty"]["samples"], 5);
    let repair = "judge/3/repair";
    assert_eq!(keys(provider).await?, ["judge+4", repair, repair]);
    Ok(())
}

/// No number is better than one that nobody counted.
#[tokio::test]
async fn tokens_that_a_provider_does_not_say_are_null() -> Result<()> {
    let site = Site::start("tokens_not_said", 1, PRICED).await?;
    let silent = r#"{"choices": [{"message": {"content": "?"}, "finish_reason": "stop"}]}"#;
    let fault = json!({"fault": "status", "status": 200, "body": silent});
    site.providers[0].set(&json!({"faults": [fault]})).await?;
    let id = site.system.post_payload(&sampled("silent")).await?;
    let evaluation = site.system.ended(&id).await?;
    let usage = &evaluation["usage"];
    assert!(usage["calls"].as_u64() > Some(0), "{usage}");
    for key in ["input_tokens", "output_tokens", "cost_usd"] {
        assert!(usage[key].is_null() && usage.get(key).is_some(), "{usage}");
    }
    let series = r#"autorater_tokens_total{provider="only",model="gpt-4o",direction="input"}"#;
    assert_eq!(site.metric(series).await?, None);
    Ok(())
}
