//! What checks and audits have in common: how far they are, what they paid for, and all that they are not to change.

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::Value;

use crate::support::{SOON, System};

/// Everything that says something of the evaluations by a rubric.
pub(crate) async fn record(system: &System, rubric: &str) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for path in [
        "/v1/evaluations".to_owned(),
        format!("/v1/agreement?rubric={rubric}"),
        format!("/v1/agreement?rubric={rubric}&criterion=merit"),
    ] {
        all.push(system.api.get::<Value>(&path).await?);
    }
    let stats: Value = system.api.get("/v1/stats").await?;
    all.push(stats["sum"].clone());
    let export = system.api.status_get("/v1/evaluations/export?format=csv");
    all.push(export.send().await?.text().await?.into());
    Ok(all)
}

/// Waits until so many of a study's evaluations have ended.
pub(crate) async fn ended(system: &System, path: &str, count: u64) -> Result<Value> {
    eventually(2 * SOON, async || {
        let study: Value = system.api.get(path).await?;
        ensure!(study["judging"]["ended"] == count, "{study}");
        anyhow::Ok(study)
    })
    .await
}

/// How many replies were bought for studies.
pub(crate) async fn paid(system: &System) -> Result<i64> {
    let replies = "SELECT count(*) FROM replies r JOIN evaluations e ON e.id = r.evaluation_id WHERE e.study_id IS NOT NULL";
    system.number(replies).await
}
