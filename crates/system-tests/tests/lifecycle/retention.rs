//! What is old enough is forgotten, and nothing that is still to be judged.

use anyhow::{Result, ensure};
use local_stack::{StackBuilder, eventually};
use serde_json::json;

use crate::support::{SOON, System, payload, quick};

fn forgetful() -> StackBuilder {
    quick()
        .worker_env("AUTORATER__RETENTION__PAYLOAD_DAYS", "1")
        .worker_env("AUTORATER__RETENTION__RECORD_DAYS", "2")
}

/// Makes an evaluation older; workers look for old ones when they start.
async fn age(system: &System, id: &str, hours: u32) -> Result<()> {
    for (table, key, times) in [
        ("evaluations", "id", &["created_at", "finished_at"][..]),
        ("payloads", "evaluation_id", &["created_at"]),
    ] {
        for time in times {
            let earlier = format!("{time} = {time} - interval '{hours} hours'");
            let update = format!("UPDATE {table} SET {earlier} WHERE {key} = '{id}'");
            ensure!(system.execute(&update).await? == 1, "{update}");
        }
    }
    Ok(())
}

async fn is_forgotten(system: &System, path: &str) -> Result<()> {
    eventually(SOON, async || {
        let status = system.status_of(path).await?;
        ensure!(status == 404, "{path}: {status}");
        anyhow::Ok(())
    })
    .await
}

#[tokio::test]
async fn first_the_payload_is_forgotten_and_then_the_record() -> Result<()> {
    let system = System::start(forgetful()).await?;
    let young = system.post("Judged a moment ago.").await?;
    let older = system.post("Judged one and a half days ago.").await?;
    let oldest = system.post("Judged three days ago.").await?;
    for id in [&young, &older, &oldest] {
        system.judged(id).await?;
    }
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let running = system.post("Running for a year.").await?;
    system.mock_reaches("in_flight", 1).await?;
    system.mock_is(json!({})).await?;
    let waiting = system.post("Waiting for a year.").await?;
    system.judged(&waiting).await?;
    let again = format!(
        "UPDATE evaluations SET state = 'queued', outcome = NULL, finished_at = NULL,
         next_run_at = now() + interval '1 hour' WHERE id = '{waiting}'"
    );
    assert_eq!(system.execute(&again).await?, 1);
    for (id, hours) in [
        (&older, 36),
        (&oldest, 72),
        (&running, 8_760),
        (&waiting, 8_760),
    ] {
        age(&system, id, hours).await?;
    }

    system.start_worker().await?;
    is_forgotten(&system, &oldest).await?;
    is_forgotten(&system, &format!("{oldest}/payload")).await?;
    is_forgotten(&system, &format!("{older}/payload")).await?;
    let evaluation = system.get(&older).await?;
    assert_eq!(
        evaluation["assessment"]["outcome"], "scored",
        "{evaluation}"
    );
    for (id, status) in [
        (&young, "succeeded"),
        (&running, "running"),
        (&waiting, "pending"),
    ] {
        assert_eq!(system.get(id).await?["status"], status);
        assert_eq!(system.status_of(&format!("{id}/payload")).await?, 200);
    }
    let left =
        "SELECT count(*) FROM replies WHERE evaluation_id NOT IN (SELECT id FROM evaluations)";
    assert_eq!(system.number(left).await?, 0);

    // Without a payload it is still known; without a record it is new.
    let known = system
        .submit(&payload("Judged one and a half days ago."))
        .await;
    let known = known
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(
        known.starts_with("200") && known.contains(&older),
        "{known}"
    );
    let new = system.post("Judged three days ago.").await?;
    assert_eq!(new, oldest);
    system.judged(&new).await?;
    Ok(())
}

#[tokio::test]
async fn one_that_its_sender_runs_again_in_that_moment_stays() -> Result<()> {
    let system = System::start(forgetful()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "status", "status": 401}]}))
        .await?;
    let wanted = system.post("Failed long ago, and wanted now.").await?;
    let payload_old = system
        .post("Failed not so long ago, and wanted now.")
        .await?;
    let forgotten = system.post("Failed long ago.").await?;
    for (id, hours) in [(&wanted, 72), (&payload_old, 36), (&forgotten, 72)] {
        system.failed(id, "provider_rejected").await?;
        age(&system, id, hours).await?;
    }
    system.mock_is(json!({})).await?;
    let run_again = format!(
        "UPDATE evaluations SET state = 'queued', round = 2, error_code = NULL, finished_at = NULL
         WHERE id IN ('{wanted}', '{payload_old}')"
    );
    system
        .with_sql(async |client| {
            client.batch_execute(&format!("BEGIN; {run_again}")).await?;
            // Retention comes by while that is not committed, and goes on behind it.
            let worker = system.start_worker().await?;
            is_forgotten(&system, &forgotten).await?;
            system.logged(worker, "evaluations removed").await?;
            Ok(client.batch_execute("COMMIT").await?)
        })
        .await?;
    for id in [&wanted, &payload_old] {
        system.judged(id).await?;
    }
    Ok(())
}
