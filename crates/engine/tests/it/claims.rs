//! What a claim comes to.

use std::time::Duration;

use domain::State;
use serde_json::json;

use crate::support::{Bench, candidate, debate, discord, nothing, replies};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_judged_once_and_the_end_stays() {
    let bench = Bench::start().await;
    let engine = bench.engine("judge", nothing());
    bench
        .mock_is(&json!({"faults": [replies("judge", 4)]}))
        .await;
    let claimed = bench.claimed(&candidate("Fair enough."), LONG).await;
    bench.run(&engine, &claimed).await;
    let first = bench.assessment(&claimed).await;
    assert_eq!(first["score"], 0.75);
    // As after an end whose answer got lost: the replies are there, and the end is there.
    bench.run(&engine, &claimed).await;
    assert_eq!(bench.assessment(&claimed).await, first);
    assert_eq!(bench.evaluation(&claimed).await.usage.calls, 1);
    assert_eq!(bench.mock_count("requests").await, 1);
    assert!(!bench.memory.is_used());
}

/// The payload is removed in the moment before the first request: later steps go on with what the claim has.
#[tokio::test(flavor = "multi_thread")]
async fn a_debate_of_several_rounds_loads_its_payload_once() {
    let bench = Bench::start().await;
    bench.mock_is(&json!({"faults": discord()})).await;
    let before = bench.executes(1, "DELETE FROM payloads");
    let engine = bench.engine("judge", before);
    let claimed = bench.claimed(&debate("Debatable.", 2), LONG).await;
    bench.run(&engine, &claimed).await;
    assert_eq!(bench.assessment(&claimed).await["score"], 0.75);
    assert_eq!(bench.mock_count("requests").await, 7);
    // A claim that begins without it ends.
    let without = bench.claimed(&candidate("Removed."), LONG).await;
    let removed = bench.engine("judge", nothing());
    bench.executes(1, "DELETE FROM payloads")(1).await;
    bench.run(&removed, &without).await;
    let (code, _) = bench.evaluation(&without).await.error.unwrap();
    assert_eq!(code, "unreadable");
}

/// A conversation of many messages is read anew for each step; its bytes are not loaded anew either.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_conversation_is_judged_from_the_bytes_of_its_claim() {
    let bench = Bench::start().await;
    bench.mock_is(&json!({"faults": discord()})).await;
    let before = bench.executes(1, "DELETE FROM payloads");
    let engine = bench.engine("judge", before);
    let mut payload = debate("", 1);
    payload.as_object_mut().unwrap().remove("output");
    let message = json!({"role": "assistant", "content": "Step by step,\nand on."});
    payload["trajectory"] = vec![message; 2_000].into();
    let claimed = bench.claimed(&payload, LONG).await;
    bench.run(&engine, &claimed).await;
    assert_eq!(bench.assessment(&claimed).await["score"], 0.75);
    assert_eq!(bench.mock_count("requests").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_refuses_for_good_fails_it_with_one_call() {
    let bench = Bench::start().await;
    let refusal = json!({"fault": "status", "status": 401});
    bench.mock_is(&json!({"faults": [refusal]})).await;
    let engine = bench.engine("judge", nothing());
    let claimed = bench.claimed(&candidate("Refused."), LONG).await;
    bench.run(&engine, &claimed).await;
    let evaluation = bench.evaluation(&claimed).await;
    assert_eq!(evaluation.state, State::Failed);
    assert_eq!(evaluation.error.unwrap().0, "provider_rejected");
    assert_eq!(bench.mock_count("requests").await, 1);
}

/// What passes by itself is another matter: the evaluation waits in PostgreSQL, and one failure is counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_again_and_again_puts_it_aside() {
    let bench = Bench::start().await;
    let failure = json!({"fault": "status", "status": 500});
    bench.mock_is(&json!({"faults": [failure]})).await;
    let engine = bench.engine("judge", nothing());
    let claimed = bench.claimed(&candidate("Later."), LONG).await;
    bench.run(&engine, &claimed).await;
    let evaluation = bench.evaluation(&claimed).await;
    assert_eq!((evaluation.state, evaluation.attempts), (State::Queued, 1));
    assert_eq!(bench.mock_count("requests").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_hangs_beyond_its_time_fails_it() {
    let bench = Bench::start().await;
    bench.mock_is(&json!({"faults": [{"fault": "hang"}]})).await;
    let engine = bench.engine("judge", nothing());
    let time = Duration::from_secs(1);
    let claimed = bench.claimed(&candidate("Too slow."), time).await;
    bench.run(&engine, &claimed).await;
    let (code, _) = bench.evaluation(&claimed).await.error.unwrap();
    assert_eq!(code, "deadline_exceeded");
    assert!(!bench.memory.is_used());
}
