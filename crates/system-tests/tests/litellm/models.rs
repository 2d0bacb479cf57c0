//! Which model judges is one setting; which provider that is, LiteLLM knows.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion};
use crate::proxy::{CANNED, CANNED_SCORE, CLAUDE, GPT, judged_by, proxy};

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

async fn check_scored_over(model: &str, path: &str) -> Result<()> {
    let text = format!("A candidate for {model}, which is worth a look.");
    let system = judged_by(model).await?;
    let evaluation = judged(&system, &request(&text)).await?;
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
    check_scored_over(GPT, "/v1/chat/completions").await
}

#[tokio::test]
async fn a_model_of_anthropic_judges_over_messages_with_nothing_else_changed() -> Result<()> {
    check_scored_over(CLAUDE, "/v1/messages").await
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
