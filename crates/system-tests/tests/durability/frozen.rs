//! `SIGSTOP`: a worker that is not dead, only late.

use anyhow::Result;
use local_stack::{Signal, eventually};
use serde_json::json;

use crate::support::{SOON, System, quick};

#[tokio::test]
async fn a_worker_that_comes_back_after_its_lease_changes_nothing() -> Result<()> {
    let system = System::start(quick()).await?;
    system.mock_is(json!({"latency_ms": 2_000})).await?;
    let id = system.post("Held by a worker that freezes.").await?;
    system.mock_reaches("in_flight", 1).await?;
    let frozen = system.worker(0);
    frozen.signal(Signal::Stop)?;
    // Its reply waits for it in a buffer, to be written down under its old epoch.
    system.mock_reaches("completed", 1).await?;
    system.start_worker().await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["attempts"], 2);

    frozen.signal(Signal::Continue)?;
    eventually(SOON, async || {
        frozen.log().contains("evaluation is no longer ours")
    })
    .await?;
    assert_eq!(system.get(&id).await?, evaluation);
    // Claimed, swept, claimed: everything that counts was written under the third epoch.
    for query in [
        "SELECT epoch FROM evaluations",
        "SELECT epoch FROM assessments",
        "SELECT epoch FROM replies",
    ] {
        assert_eq!(system.number(query).await?, 3, "{query}");
    }
    // And it works on as if nothing had been.
    system.kill_worker(1).await?;
    let other = system.post("Judged after the thaw.").await?;
    system.judged(&other).await?;
    Ok(())
}
