//! Which model judges is one setting; which provider that is, LiteLLM knows.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion};
use crate::proxy::{CANNED, CANNED_SCORE, CLAUDE, GPT, judged_by, judged_over_responses, proxy};
use crate::support::System;

fn request(text: &str) -> Value {
    json!({"input": "Say something useful.", "output": text, "rubric": one_criterion()})
}

#[track_caller]
fn assert_tokens(evaluation: &Value) {
    for kind in ["input_tokens", "output_tokens"] {
        let count = evaluation["usage"][kind].as_u64();
        assert!(count > Some(0), "{kind}: {evaluation:#}");
    }
}

async fn check_scored_over(system: &System, model: &str, path: &str) -> Result<()> {
    let text = format!("A candidate for {model}, which is worth a look over {path}.");
    let text = format!("{text} {}", system.key_prefix());
    let evaluation = judged(system, &request(&text)).await?;
    let score = evaluation["assessment"]["score"]
        .as_f64()
        .context("no score")?;
    assert!((0.0..=1.0).contains(&score), "{evaluation:#}");
    assert_tokens(&evaluation);
    let asked = proxy().await?.asked(&text).await?;
    let paths: Vec<&Value> = asked.iter().map(|request| &request["path"]).collect();
    assert_eq!(paths, [path], "{}", proxy().await?.log());
    Ok(())
}

#[tokio::test]
async fn a_model_of_openai_judges_over_chat_completions() -> Result<()> {
    check_scored_over(&judged_by(GPT).await?, GPT, "/v1/chat/completions").await
}

#[tokio::test]
async fn a_model_of_anthropic_judges_over_messages_with_nothing_else_changed() -> Result<()> {
    check_scored_over(&judged_by(CLAUDE).await?, CLAUDE, "/v1/messages").await
}

#[tokio::test]
async fn both_judge_over_the_responses_api() -> Result<()> {
    for (model, path) in [(GPT, "/v1/responses"), (CLAUDE, "/v1/messages")] {
        check_scored_over(&judged_over_responses(model).await?, model, path).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_model_has_no_notion_of_is_left_out() -> Result<()> {
    let system = judged_by(CLAUDE).await?;
    let text = format!("Asked for probabilities. {}", system.key_prefix());
    let mut request = request(&text);
    request["strategy"] = json!({"kind": "direct", "logprobs": true});
    let evaluation = judged(&system, &request).await?;
    // A score without probabilities is another number: it says so.
    let flags = &evaluation["assessment"]["flags"];
    assert!(flags.to_string().contains("logprobs"), "{evaluation:#}");
    Ok(())
}

#[tokio::test]
async fn a_canned_answer_gives_the_score_that_it_says() -> Result<()> {
    let system = judged_by(CANNED).await?;
    let evaluation = judged(&system, &request("Whatever this is worth.")).await?;
    let criterion = &evaluation["assessment"]["criteria"][0];
    let score = criterion["score"].as_f64();
    assert_eq!(score, Some(f64::from(CANNED_SCORE)), "{evaluation:#}");
    assert_tokens(&evaluation);
    Ok(())
}
