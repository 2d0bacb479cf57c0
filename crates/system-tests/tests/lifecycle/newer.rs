//! What a newer release wrote: an old worker leaves its plans and replies alone, and an old status-api shows what it has
//! never heard of.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use async_compression::tokio::bufread::ZstdEncoder;
use local_stack::eventually;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::support::{SOON, System, quick};

#[tokio::test]
async fn a_plan_of_a_newer_release_waits_for_a_worker_that_knows_it() -> Result<()> {
    // Without a drain, its worker leaves in the middle of the call.
    let system = System::start(quick().worker_env("AUTORATER__WORKER__DRAIN", "3s")).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let id = system.post("Planned, and not judged yet.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.worker(0).stop(Duration::from_secs(10)).await?;
    system.calls_stop(1).await?;
    assert_eq!(system.execute("UPDATE plans SET version = 32000").await?, 1);

    system.mock_is(json!({})).await?;
    let worker = system.start_worker().await?;
    system
        .logged(worker, "its plan is of a newer release")
        .await?;
    eventually(SOON, async || {
        let evaluation = system.get(&id).await?;
        ensure!(evaluation["status"] == "pending", "{evaluation}");
        ensure!(evaluation["attempts"] == 0, "{evaluation}");
        anyhow::Ok(())
    })
    .await?;
    let charged = "SELECT (failures + crashes)::int8 FROM evaluations";
    assert_eq!(system.number(charged).await?, 0);
    // Others go on beside it.
    let other = system.post("Planned by this release.").await?;
    system.judged(&other).await?;
    assert_eq!(system.steps_asked(&id).await?.len(), 1);

    let known = "UPDATE plans SET version = 2 WHERE version = 32000";
    assert_eq!(system.execute(known).await?, 1);
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["attempts"], 1, "{evaluation}");
    assert_eq!(evaluation["usage"]["calls"], 1);
    Ok(())
}

#[tokio::test]
async fn replies_of_a_newer_release_wait_for_a_worker_that_can_read_them() -> Result<()> {
    let system = System::start(quick()).await?;
    let payload = json!({"output": "Judged twice.", "samples": 2, "temperature": 0.7});
    let id = system.post_payload(&payload).await?;
    system.judged(&id).await?;
    // As if a newer worker had bought them and left before the end.
    for sql in [
        "DELETE FROM assessments",
        "UPDATE replies SET version = 2",
        "UPDATE evaluations SET state = 'queued', outcome = NULL, finished_at = NULL, announced_at = NULL",
    ] {
        assert!(system.execute(sql).await? > 0, "{sql}");
    }
    system
        .logged(0, "its replies are of a newer release")
        .await?;
    eventually(SOON, async || {
        let evaluation = system.get(&id).await?;
        ensure!(evaluation["status"] == "pending", "{evaluation}");
        ensure!(evaluation["attempts"] == 1, "{evaluation}");
        anyhow::Ok(())
    })
    .await?;
    let charged = "SELECT (failures + crashes)::int8 FROM evaluations";
    assert_eq!(system.number(charged).await?, 0);
    let asked = system.mock_count("requests").await?;
    assert!(system.execute("UPDATE replies SET version = 1").await? > 0);
    system.judged(&id).await?;
    assert_eq!(
        system.mock_count("requests").await?,
        asked,
        "nothing is bought again"
    );
    Ok(())
}

#[tokio::test]
async fn what_a_newer_worker_says_of_a_candidate_is_shown_as_it_is() -> Result<()> {
    let system = System::start(quick()).await?;
    let id = system.post("Judged by a newer release.").await?;
    system.judged(&id).await?;
    let other = system.post("Judged by this release.").await?;
    system.judged(&other).await?;
    let mut newer = system.get(&id).await?["assessment"].clone();
    newer["flags"] = json!(["evidence_not_found", "seen_in_a_dream"]);
    newer["outcome"] = json!("half_scored");
    newer["reason"] = json!("the_moon");
    newer["phase"] = json!({"of": "moon", "share": 0.50});
    newer["judges"][0]["role"] = json!("oracle");
    let body = zstd(&serde_json::to_vec(&newer)?).await?;
    let sql = "UPDATE assessments SET body = $1 WHERE evaluation_id = $2::text::uuid";
    let changed = system
        .with_sql(async |client| Ok(client.execute(sql, &[&body, &id]).await?))
        .await?;
    assert_eq!(changed, 1);

    assert_eq!(system.get(&id).await?["assessment"], newer);
    let url = format!("{}/v1/evaluations", system.status_url());
    let list = system.http().get(url).send().await?.error_for_status()?;
    let list: Value = list.json().await?;
    let items = list["items"].as_array().context("no items")?;
    assert_eq!(items.len(), 2, "{list}");
    assert_eq!(items[0]["id"], *other);
    assert_eq!(items[1]["id"], id, "{list}");
    // So is the code of a failure.
    let failed = "UPDATE evaluations SET state = 'failed', outcome = NULL, error_code = 'of_a_newer_release'";
    assert_eq!(system.execute(failed).await?, 2);
    assert_eq!(
        system.get(&id).await?["error"]["code"],
        "of_a_newer_release"
    );
    Ok(())
}

async fn zstd(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    ZstdEncoder::new(bytes).read_to_end(&mut packed).await?;
    Ok(packed)
}
