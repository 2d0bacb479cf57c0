//! Errors of the provider behind LiteLLM, which words them in its own way, end as the provider's own do.

use anyhow::Result;
use serde_json::Value;

use crate::proxy::{CLAUDE, GPT, fault, judged_by, proxy};

/// The end of an evaluation that meets this fault, and how often the provider was asked.
async fn ended_with(name: &str, model: &str) -> Result<(Value, usize)> {
    let system = judged_by(model).await?;
    let text = fault(name, model);
    let id = system.post(&text).await?;
    let evaluation = system.ended(&id).await?;
    let calls = proxy().await?.asked(&text).await?.len();
    Ok((evaluation, calls))
}

async fn check_scored_after_a_retry(name: &str) -> Result<()> {
    for model in [GPT, CLAUDE] {
        let (evaluation, calls) = ended_with(name, model).await?;
        let outcome = &evaluation["assessment"]["outcome"];
        assert_eq!(outcome, "scored", "{evaluation:#}");
        assert_eq!(calls, 2, "{evaluation:#}");
    }
    Ok(())
}

async fn check_unscorable(name: &str, reason: &str) -> Result<()> {
    for model in [GPT, CLAUDE] {
        let (evaluation, _) = ended_with(name, model).await?;
        let assessment = &evaluation["assessment"];
        assert_eq!(assessment["outcome"], "unscorable", "{evaluation:#}");
        assert_eq!(assessment["reason"], reason, "{evaluation:#}");
    }
    Ok(())
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() -> Result<()> {
    check_scored_after_a_retry("429 once").await
}

#[tokio::test]
async fn an_error_that_passes_is_tried_again() -> Result<()> {
    check_scored_after_a_retry("500 once").await
}

#[tokio::test]
async fn a_candidate_beyond_the_context_is_unscorable() -> Result<()> {
    check_unscorable("context length", "context_too_long").await
}

#[tokio::test]
async fn a_filtered_candidate_is_unscorable() -> Result<()> {
    check_unscorable("content filter", "content_filtered").await
}

#[tokio::test]
async fn a_provider_that_says_no_fails_the_evaluation() -> Result<()> {
    for model in [GPT, CLAUDE] {
        let (evaluation, calls) = ended_with("401", model).await?;
        assert_eq!(evaluation["status"], "failed", "{evaluation:#}");
        assert_eq!(evaluation["error"]["code"], "provider_rejected");
        assert_eq!(calls, 1);
    }
    Ok(())
}
