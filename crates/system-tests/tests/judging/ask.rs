//! Posting whole requests, and telling the provider what its models say.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::support::System;

/// Posts a request, which has to be taken, and returns the id.
pub(crate) async fn post(system: &System, request: &Value) -> Result<String> {
    system.post_payload(request).await
}

/// Posts a request and waits for its score.
pub(crate) async fn judged(system: &System, request: &Value) -> Result<Value> {
    system.judged(&post(system, request).await?).await
}

/// Posts a request and waits for its end, whatever it is.
pub(crate) async fn ended(system: &System, request: &Value) -> Result<Value> {
    system.ended(&post(system, request).await?).await
}

/// A rubric with one criterion from 1 to 5.
pub(crate) fn one_criterion() -> Value {
    json!({"criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}]})
}

/// What a judge says that gives the one criterion a score.
pub(crate) fn says(score: u32) -> String {
    json!({
        "criteria": {"merit": {"rationale": format!("Worth {score}."), "evidence": [], "score": score}},
        "summary": format!("{score} it is."), "moved_by": null, "consensus": true,
    })
    .to_string()
}

/// A rule: this model replies so.
pub(crate) fn replies(model: &str, text: &str) -> Value {
    json!({"fault": "reply", "model": model, "text": text})
}

/// The steps of the calls that the provider got, in order, without evaluation and round.
pub(crate) async fn steps(system: &System) -> Result<Vec<String>> {
    let requests = system.mock_requests().await?;
    let step = |request: &Value| -> Result<String> {
        let key = request["headers"]["idempotency-key"]
            .as_str()
            .context("no key")?;
        let step = key
            .split_once('/')
            .and_then(|(_, rest)| rest.rsplit_once('/'));
        Ok(step.context("no step")?.0.to_owned())
    };
    requests.iter().map(step).collect()
}
