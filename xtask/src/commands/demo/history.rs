//! A history for the dashboard: a fortnight of a made-up team's evaluations.
//!
//! All of it goes through the services like anything else; only the judge's replies were written by hand, and afterwards its
//! times are moved back, which each of these evaluations says in its metadata.

mod material;
mod past;
mod rules;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use api::{Accepted, EvaluationSummary, Page};
use domain::EvaluationId;
use local_stack::{ApiClient, eventually};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::material::{Entry, Material, SOURCE};
use self::past::Moved;
use crate::paint::say;
use crate::state::State;

/// How long all of it may take: some hundred evaluations whose judge answers at once.
const BOUND: Duration = Duration::from_secs(180);
/// Requests at once.
const AT_ONCE: usize = 16;

/// Leaves the history on a local stack, unless it is there or a real provider would have to be paid.
pub(crate) async fn leave(state: &State, api: &ApiClient) -> Result<()> {
    if state.mock_url.is_empty() || is_there(api).await? {
        return Ok(());
    }
    let material = Material::load()?;
    let entries = material.entries();
    say(format!(
        "leaving a history for the dashboard: {} evaluations of the last fortnight, their replies written by hand …",
        entries.len()
    ));
    for version in material.rubric_versions() {
        let url = format!("{}/v1/rubrics/{}", state.status_url, material.rubric_name());
        let answer = api.http().put(url).json(&version).send().await?;
        ensure!(
            answer.status().is_success(),
            "storing a rubric: {}",
            answer.status()
        );
    }
    let config = format!("{}/mock/config", state.mock_url);
    let before: Value = api.http().get(&config).send().await?.json().await?;
    configure(api, &config, &with_rules(&before, material.rules()?)).await?;
    let judged = judge(api, entries).await;
    // Whatever came of it: the provider is to answer as before.
    configure(api, &config, &before).await?;
    let moved = judged?;
    label(state, api, &moved).await?;
    past::move_back(state, material.rubric_name(), &moved).await
}

async fn is_there(api: &ApiClient) -> Result<bool> {
    let path = format!(
        "/v1/evaluations?limit=1&metadata.source={}",
        SOURCE.replace(' ', "%20")
    );
    let page: Page<EvaluationSummary> = api.get(&path).await?;
    Ok(!page.items.is_empty())
}

fn with_rules(before: &Value, mut rules: Vec<Value>) -> Value {
    let mut config = before.clone();
    if let Some(others) = before.get("faults").and_then(Value::as_array) {
        rules.extend(others.iter().cloned());
    }
    if let Some(config) = config.as_object_mut() {
        config.insert("faults".to_owned(), Value::Array(rules));
    }
    config
}

async fn configure(api: &ApiClient, url: &str, config: &Value) -> Result<()> {
    let answer = api.http().put(url).json(config).send().await?;
    let status = answer.status();
    ensure!(
        status.is_success(),
        "the simulated provider: {status} {}",
        answer.text().await?
    );
    Ok(())
}

/// Posts all and waits until each has ended.
async fn judge(api: &ApiClient, entries: Vec<Entry>) -> Result<Vec<Moved>> {
    let mut moved = Vec::with_capacity(entries.len());
    let mut entries = entries.into_iter();
    let mut posting = JoinSet::new();
    loop {
        while posting.len() < AT_ONCE
            && let Some(entry) = entries.next()
        {
            let api = api.clone();
            posting.spawn(async move {
                let accepted: Accepted = api.submit(&entry.body).await?;
                anyhow::Ok(Moved {
                    id: accepted.id,
                    entry,
                })
            });
        }
        let Some(posted) = posting.join_next().await else {
            break;
        };
        moved.push(posted??);
    }
    for status in ["pending", "running"] {
        let path = format!(
            "/v1/evaluations?limit=1&status={status}&metadata.source={}",
            SOURCE.replace(' ', "%20")
        );
        let ended = eventually(BOUND, async || {
            let page: Page<EvaluationSummary> = api.get(&path).await?;
            ensure!(page.items.is_empty(), "some are {status}");
            Ok(())
        });
        ended.await.context("the history was not judged in time")?;
    }
    Ok(moved)
}

/// What people said of some of them.
async fn label(state: &State, api: &ApiClient, moved: &[Moved]) -> Result<()> {
    for Moved { id, entry } in moved {
        for label in &entry.labels {
            post_label(state, api, *id, label).await?;
        }
    }
    Ok(())
}

async fn post_label(state: &State, api: &ApiClient, id: EvaluationId, label: &Value) -> Result<()> {
    let url = format!("{}/v1/evaluations/{id}/labels", state.status_url);
    let answer = api.http().post(url).json(&json!(label)).send().await?;
    let status = answer.status();
    ensure!(
        status.is_success(),
        "labelling: {status} {}",
        answer.text().await?
    );
    Ok(())
}
