//! What is posted.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use api::Accepted;
use local_stack::ApiClient;
use serde_json::{Value, json};
use tokio::time::interval;

use super::values::Plan;
use crate::paint::say;

/// Bytes of one batch at most: with longer ones a run of large payloads would have to be all in memory.
const BATCH_BYTES: usize = 8 << 20;
/// Between two that come one by one: with calls of four seconds, sixteen run.
const BETWEEN: Duration = Duration::from_millis(250);

/// Posts all, and returns their ids.
pub(crate) async fn post(api: &ApiClient, plan: &Plan, run: &str) -> Result<Vec<String>> {
    let mut ids = Vec::with_capacity(plan.count);
    let mut lines = String::new();
    for number in 0..plan.count {
        lines.push_str(&payload(plan, run, number).to_string());
        lines.push('\n');
        if lines.len() < BATCH_BYTES && number + 1 < plan.count {
            continue;
        }
        for line in api.submit_batch(std::mem::take(&mut lines)).await?.lines() {
            let answer: Value = serde_json::from_str(line)?;
            let id = answer["id"].as_str();
            ids.push(id.with_context(|| format!("refused: {line}"))?.to_owned());
        }
    }
    ensure!(
        ids.len() == plan.count,
        "{} of {} were answered",
        ids.len(),
        plan.count
    );
    say(format!("{} evaluations are posted", ids.len()));
    Ok(ids)
}

/// Posts those that come one by one, so that there is work, and not much, while workers are taken away. Returns their ids.
pub(crate) async fn trickle(api: &ApiClient, plan: &Plan, run: &str) -> Result<Vec<String>> {
    let mut ids = Vec::with_capacity(plan.trickle);
    let mut turns = interval(BETWEEN);
    for number in 0..plan.trickle {
        turns.tick().await;
        let accepted: Accepted = api.submit(&payload(plan, run, plan.count + number)).await?;
        ids.push(accepted.id.to_string());
    }
    Ok(ids)
}

/// A text of its own for each: the same prompt twice then is a call that was bought twice.
fn payload(plan: &Plan, run: &str, number: usize) -> Value {
    let mut text = format!("Answer {number} of {run}. ");
    while text.len() < plan.payload {
        text.push_str("What follows is as long as it was asked to be. ");
    }
    json!({"input": "Say something.", "output": text, "run": run})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::values::By;

    #[test]
    fn every_text_is_another_and_long_enough() {
        let plan = Plan {
            by: By::Hpa,
            count: 2,
            trickle: 0,
            payload: 1000,
            latency: 1,
            calls_per_minute: None,
            slots: 1,
            max_workers: 1,
            min_workers: 0,
            stabilization: 0,
            cut_off: None,
        };
        let [first, second] = [0, 1].map(|number| payload(&plan, "a run", number));
        assert_ne!(first["output"], second["output"]);
        assert!(first["output"].as_str().unwrap().len() >= 1000);
    }
}
