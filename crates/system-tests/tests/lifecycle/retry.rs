//! Having an evaluation run again.

use anyhow::Result;
use serde_json::{Value, json};

use crate::support::{System, quick};

#[tokio::test]
async fn a_rejected_one_keeps_what_was_paid_for() -> Result<()> {
    let system = System::start(quick()).await?;
    // The first reply cannot be read and is committed; its repair is rejected.
    system
        .mock_is(json!({"faults": [
            {"fault": "garbage", "kind": "not_json_text", "times": 1},
            {"fault": "status", "status": 401, "times": 1},
        ]}))
        .await?;
    let id = system.post("The key is wrong in the middle of it.").await?;
    let evaluation = system.failed(&id, "provider_rejected").await?;
    assert_eq!(evaluation["usage"]["calls"], 1, "{evaluation}");

    let evaluation = system.granted(&id, "retry").await?;
    assert_eq!(evaluation["status"], "pending", "{evaluation}");
    assert!(evaluation["error"].is_null() && evaluation["finished_at"].is_null());
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["usage"]["calls"], 2, "{evaluation}");
    assert_eq!(evaluation["error"], json!(null));
    let steps = ["judge/1", "judge/repair/1", "judge/repair/2"];
    assert_eq!(system.steps_asked(&id).await?, steps);
    let why = system.refused(&id, "retry").await?;
    assert!(why.contains("is succeeded"), "{why}");
    Ok(())
}

#[tokio::test]
async fn a_cancelled_one_runs_again_and_a_running_one_does_not() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let id = system.post("Cancelled, then wanted after all.").await?;
    system.mock_reaches("in_flight", 1).await?;
    let why = system.refused(&id, "retry").await?;
    assert!(why.contains("is running"), "{why}");
    system.granted(&id, "cancel").await?;
    system.calls_stop(1).await?;
    system.mock_is(json!({})).await?;
    system.granted(&id, "retry").await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["attempts"], 2, "{evaluation}");
    assert_eq!(evaluation["usage"]["calls"], 1);
    assert_eq!(system.number("SELECT count(*) FROM assessments").await?, 1);
    Ok(())
}

#[tokio::test]
async fn an_unscorable_one_buys_once_more_only_what_was_of_no_use() -> Result<()> {
    let system = System::start(quick()).await?;
    let garbage = json!({"fault": "garbage", "kind": "not_json_text"});
    system.mock_is(json!({"faults": [garbage]})).await?;
    let id = system.post("Its judge rambles.").await?;
    let evaluation = system.ended(&id).await?;
    assert_eq!(
        evaluation["assessment"]["outcome"], "unscorable",
        "{evaluation}"
    );
    assert_eq!(evaluation["usage"]["calls"], 2);

    system.mock_is(json!({})).await?;
    let evaluation = system.granted(&id, "retry").await?;
    assert_eq!(evaluation["assessment"], json!(null), "{evaluation}");
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["usage"]["calls"], 3, "{evaluation}");
    assert_eq!(
        evaluation["progress"]["completed"],
        evaluation["progress"]["total"]
    );
    let steps = ["judge/1", "judge/repair/1", "judge/2"];
    assert_eq!(system.steps_asked(&id).await?, steps);
    assert_eq!(system.number("SELECT count(*) FROM assessments").await?, 1);

    // What each round brought can be read.
    let call = async |query: &str| -> Result<Value> {
        let path = format!("/v1/evaluations/{id}/calls/judge{query}");
        system.api.get(&path).await
    };
    let (first, second) = (call("?round=1").await?, call("?round=2").await?);
    assert_eq!((&first["round"], &second["round"]), (&json!(1), &json!(2)));
    assert_ne!(first["reply"], second["reply"]);
    assert_eq!(call("").await?, second);
    let path = format!("/v1/evaluations/{id}/calls/judge");
    for (query, status) in [("?round=3", 404), ("?round=x", 400), ("?runde=1", 400)] {
        let answer = system
            .api
            .status_get(&format!("{path}{query}"))
            .send()
            .await?;
        assert_eq!(answer.status(), status, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn a_crash_in_the_second_round_takes_nothing_back_from_the_first() -> Result<()> {
    let system = System::start(quick()).await?;
    let garbage = json!({"fault": "garbage", "kind": "not_json_text"});
    system.mock_is(json!({"faults": [garbage]})).await?;
    let id = system
        .post("Its judge rambles, and its worker dies.")
        .await?;
    system.ended(&id).await?;
    // Once more a reply that cannot be read; the worker dies while it asks for the repair.
    system
        .mock_is(json!({"faults": [
            {"fault": "garbage", "kind": "not_json_text", "times": 1},
            {"fault": "hang", "times": 1},
        ]}))
        .await?;
    system.granted(&id, "retry").await?;
    system.mock_reaches("requests", 4).await?;
    system.kill_worker(0).await?;
    system.start_worker().await?;
    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["usage"]["calls"], 4, "{evaluation}");
    let flags = evaluation["assessment"]["flags"].to_string();
    assert!(flags.contains("reply_repaired"), "{flags}");
    let steps = [
        "judge/1",
        "judge/repair/1",
        "judge/2",
        "judge/repair/2",
        "judge/repair/2",
    ];
    assert_eq!(system.steps_asked(&id).await?, steps);
    Ok(())
}

#[tokio::test]
async fn without_its_payload_none_runs_again() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [
            {"fault": "status", "status": 401, "match": "Rejected"},
            {"fault": "refusal", "match": "Refused"},
        ]}))
        .await?;
    let rejected = system.post("Rejected by the provider.").await?;
    let refused = system.post("Refused by the judge.").await?;
    let judged = system.post("Judged without ado.").await?;
    system.failed(&rejected, "provider_rejected").await?;
    let unscorable = system.ended(&refused).await?;
    assert_eq!(unscorable["assessment"]["outcome"], "unscorable");
    system.judged(&judged).await?;
    assert_eq!(system.execute("DELETE FROM payloads").await?, 3);
    for id in [&rejected, &refused] {
        let before = system.get(id).await?;
        let why = system.refused(id, "retry").await?;
        assert!(
            why.contains("payload") && why.contains("was removed"),
            "{why}"
        );
        assert_eq!(&system.get(id).await?, &before);
    }
    let why = system.refused(&judged, "retry").await?;
    assert!(why.contains("is succeeded"), "{why}");
    Ok(())
}
