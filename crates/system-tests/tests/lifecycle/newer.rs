//! The plan of a newer release: an old worker leaves it alone.

use std::time::Duration;

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::json;

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
