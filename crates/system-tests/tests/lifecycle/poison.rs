//! An evaluation that kills its workers.

use anyhow::Result;
use serde_json::json;

use crate::support::{System, quick};

#[tokio::test]
async fn after_three_dead_workers_it_is_given_up_and_nobody_else_suffers() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang", "match": "Deadly"}]}))
        .await?;
    let deadly = system.post("Deadly for whoever judges it.").await?;
    let mut others = Vec::new();
    for worker in 0..3 {
        system.mock_reaches("in_flight", 1).await?;
        let other = system.post(&format!("Harmless, number {worker}.")).await?;
        system.judged(&other).await?;
        others.push(other);
        system.kill_worker(worker).await?;
        system.calls_stop(u64::try_from(worker)? + 1).await?;
        system.start_worker().await?;
    }
    let evaluation = system.failed(&deadly, "poison").await?;
    let message = evaluation["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("died") && message.contains("3 times"),
        "{message}"
    );
    assert_eq!(evaluation["attempts"], 3, "{evaluation}");
    assert_eq!(system.steps_asked(&deadly).await?.len(), 3);
    let crashed = "SELECT count(*) FROM evaluations WHERE crashes > 0";
    assert_eq!(system.number(crashed).await?, 1);
    for other in &others {
        assert_eq!(system.get(other).await?["attempts"], 1);
    }
    // What killed them has been mended: it gets all its chances again.
    system.mock_is(json!({})).await?;
    system.granted(&deadly, "retry").await?;
    system.judged(&deadly).await?;
    assert_eq!(system.number(crashed).await?, 0);
    Ok(())
}
