//! Claims that end before their evaluation does.

use std::time::Duration;

use domain::State;
use local_stack::eventually;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{BeforeRequest, Bench, candidate, debate, discord, nothing, replies, slot};

const LONG: Duration = Duration::from_secs(60);

/// Taken away between claim and call, which nobody has noticed: the reply that was bought under the old epoch is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_after_the_loss_of_ownership_changes_nothing() {
    let bench = Bench::start().await;
    bench
        .mock_is(&json!({"faults": [replies("judge", 4)]}))
        .await;
    let taken = "UPDATE evaluations SET state = 'queued', owner = NULL, epoch = epoch + 1";
    let engine = bench.engine("judge", bench.executes(1, taken));
    let claimed = bench.claimed(&candidate("Taken away."), LONG).await;
    bench.run(&engine, &claimed).await;
    let evaluation = bench.evaluation(&claimed).await;
    assert_eq!(
        (evaluation.state, evaluation.usage.calls),
        (State::Queued, 0)
    );
    assert_eq!(bench.mock_count("requests").await, 1);
    // Its next owner judges it.
    let next = bench.claimed_again(&claimed).await;
    bench.run(&bench.engine("judge", nothing()), &next).await;
    assert_eq!(bench.assessment(&next).await["score"], 0.75);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_broken_off_when_the_loss_is_noticed() {
    let bench = Bench::start().await;
    bench.mock_is(&json!({"faults": [{"fault": "hang"}]})).await;
    let engine = bench.engine("judge", nothing());
    let claimed = bench.claimed(&candidate("Lost."), LONG).await;
    let memory = bench.memory.reserve(1_000, false).unwrap();
    let (slot, lost) = (slot(), CancellationToken::new());
    let notice = async {
        let called = eventually(LONG, async || match bench.mock_count("in_flight").await {
            1 => Ok(()),
            calls => Err(format!("{calls} calls")),
        });
        called.await.unwrap();
        lost.cancel();
    };
    tokio::join!(engine.run(&claimed, memory, &slot, &lost), notice);
    let broken_off = eventually(LONG, async || match bench.mock_count("cancelled").await {
        1 => Ok(()),
        calls => Err(format!("{calls} calls broken off")),
    });
    broken_off.await.unwrap();
    // Nothing is written: it is another's.
    assert_eq!(bench.evaluation(&claimed).await.state, State::Running);
    assert!(!bench.memory.is_used());
}

/// Asked to stop before its first request: the plan stays, the request is not begun, and nothing is counted.
#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_the_first_claim_holds_for_the_next() {
    let bench = Bench::start().await;
    let rules = [replies("first", 2), replies("second", 5)];
    bench.mock_is(&json!({"faults": rules})).await;
    let shutdown = CancellationToken::new();
    let leaves: BeforeRequest = Box::new({
        let shutdown = shutdown.clone();
        move |_| {
            shutdown.cancel();
            Box::pin(async { true })
        }
    });
    let leaving = bench.leaving_engine("first", leaves, shutdown);
    let claimed = bench.claimed(&candidate("Planned."), LONG).await;
    bench.run(&leaving, &claimed).await;
    let evaluation = bench.evaluation(&claimed).await;
    assert_eq!((evaluation.state, evaluation.attempts), (State::Queued, 0));
    assert_eq!(bench.mock_count("requests").await, 0);
    let next = bench.claimed_again(&claimed).await;
    bench.run(&bench.engine("second", nothing()), &next).await;
    let assessment = bench.assessment(&next).await;
    assert_eq!(assessment["score"], 0.25);
    assert_eq!(assessment["model_requested"], "first");
}

/// An owner that is silent begins no request: what was committed before is kept, and not bought again.
#[tokio::test(flavor = "multi_thread")]
async fn a_debate_goes_on_from_the_replies_that_are_committed() {
    let bench = Bench::start().await;
    bench.mock_is(&json!({"faults": discord()})).await;
    let silent: BeforeRequest = Box::new(|nth| Box::pin(async move { nth <= 2 }));
    let engine = bench.engine("judge", silent);
    let claimed = bench.claimed(&debate("Halfway.", 1), LONG).await;
    bench.run(&engine, &claimed).await;
    let evaluation = bench.evaluation(&claimed).await;
    assert_eq!(
        (evaluation.state, evaluation.usage.calls),
        (State::Queued, 2)
    );
    let next = bench.claimed_again(&claimed).await;
    bench.run(&bench.engine("judge", nothing()), &next).await;
    assert_eq!(bench.assessment(&next).await["score"], 0.75);
    assert_eq!(bench.mock_count("requests").await, 5);
}
