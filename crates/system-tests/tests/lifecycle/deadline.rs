//! `deadline_seconds`: after it, its sender has no use for a result.

use anyhow::Result;
use serde_json::{Value, json};

use crate::support::{System, quick};

fn until(seconds: u32, text: &str) -> Value {
    json!({"output": text, "deadline_seconds": seconds})
}

#[tokio::test]
async fn what_is_too_late_fails_wherever_it_is() -> Result<()> {
    let system = System::start(quick().worker_env("AUTORATER__WORKER__SLOTS", "1")).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let running = system.submit(&until(4, "Judged for too long.")).await?;
    system.mock_reaches("in_flight", 1).await?;
    let waiting = system.submit(&until(1, "Waiting for too long.")).await?;

    let evaluation = system.failed(&waiting, "deadline_exceeded").await?;
    assert_eq!(evaluation["attempts"], 0, "{evaluation}");
    assert_eq!(evaluation["started_at"], Value::Null);
    let evaluation = system.failed(&running, "deadline_exceeded").await?;
    assert_eq!(evaluation["attempts"], 1, "{evaluation}");
    assert_eq!(evaluation["usage"]["calls"], 0);
    system.calls_stop(1).await?;
    assert_eq!(system.mock_count("requests").await?, 1);

    // Whoever has them run again has a use for a result.
    system.mock_is(json!({})).await?;
    for id in [&waiting, &running] {
        system.granted(id, "retry").await?;
        system.judged(id).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_deadline_that_passes_while_no_worker_is_there_is_found_by_the_next() -> Result<()> {
    let system = System::start(quick().workers(0)).await?;
    let id = system.submit(&until(1, "Nobody is there.")).await?;
    let in_time = system.submit(&until(300, "There is time.")).await?;
    let late = "SELECT count(*) FROM evaluations WHERE deadline_at < now()";
    system.number_becomes(1, late).await?;
    assert_eq!(system.get(&id).await?["status"], "pending");
    system.start_worker().await?;
    let evaluation = system.failed(&id, "deadline_exceeded").await?;
    let message = evaluation["error"]["message"].as_str();
    assert!(
        message.is_some_and(|text| text.contains("before it was judged")),
        "{evaluation}"
    );
    system.judged(&in_time).await?;
    assert_eq!(system.mock_count("requests").await?, 1);
    Ok(())
}
