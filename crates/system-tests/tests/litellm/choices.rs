//! Samples through LiteLLM: for a provider whose API gives several choices, and for one whose API does not.

use anyhow::Result;
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion};
use crate::proxy::{CLAUDE, GPT, judged_by, proxy};
use crate::support::System;

/// Has five samples judged; returns the evaluation, and what the provider was asked.
async fn sampled(system: &System, run: &str) -> Result<(Value, Vec<Value>)> {
    let text = format!("Sampled five times, {run}. {}", system.key_prefix());
    let request = json!({"output": text, "rubric": one_criterion(), "samples": 5});
    let evaluation = judged(system, &request).await?;
    assert_eq!(evaluation["usage"]["calls"], 5, "{evaluation:#}");
    let uncertainty = &evaluation["assessment"]["uncertainty"];
    assert_eq!(uncertainty["samples"], 5, "{evaluation:#}");
    Ok((evaluation, proxy().await?.asked(&text).await?))
}

fn numbers(asked: &[Value]) -> Vec<u64> {
    let of = |request: &Value| request["n"].as_u64().unwrap_or_default();
    asked.iter().map(of).collect()
}

#[tokio::test]
async fn five_samples_of_openai_are_one_request() -> Result<()> {
    let system = judged_by(GPT).await?;
    for run in ["once", "and once more"] {
        let (evaluation, asked) = sampled(&system, run).await?;
        assert_eq!(numbers(&asked), [5], "{}", proxy().await?.log());
        let tokens = evaluation["usage"]["output_tokens"].as_u64();
        assert!(tokens > Some(0), "{evaluation:#}");
    }
    Ok(())
}

#[tokio::test]
async fn five_samples_of_anthropic_are_five_requests_and_that_is_learned() -> Result<()> {
    let system = judged_by(CLAUDE).await?;
    for run in ["once", "and once more"] {
        let (_, asked) = sampled(&system, run).await?;
        assert_eq!(numbers(&asked), [1; 5], "{}", proxy().await?.log());
    }
    let log = system.worker(0).log();
    let lessons: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("learned what an endpoint takes"))
        .collect();
    let about_choices = |line: &&&str| line.contains("choices: false");
    assert_eq!(lessons.iter().filter(about_choices).count(), 1, "{log}");
    Ok(())
}
