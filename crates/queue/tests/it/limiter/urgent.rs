//! Interactive calls get room before those of batches, over all processes.

use std::time::Duration;

use domain::{Limits, Priority};
use local_stack::eventually;
use queue::Redis;
use queue::limiter::{Admission, CallRequest};

use super::{later, places, requests, tokens};
use crate::support::{Bench, SOON, request, settle};

async fn ask(redis: &Redis, limits: &Limits, call: &str, priority: Priority) -> Admission {
    let request = CallRequest {
        priority,
        ..request(limits, call)
    };
    redis.admit(&request, None).await.unwrap().admission
}

#[tokio::test]
async fn a_batch_gets_no_room_while_an_interactive_call_of_another_process_waits() {
    let bench = Bench::bare().await;
    let other = bench.connect();
    let limits = requests(60);
    bench.fill("requests", 0).await;
    later(ask(&bench.redis, &limits, "urgent", Priority::Interactive).await);
    bench.fill("requests", 5).await;
    // There is room by now, which is for the one that waits.
    later(ask(&other, &limits, "batch", Priority::Batch).await);
    let urgent = ask(&bench.redis, &limits, "urgent", Priority::Interactive).await;
    assert_eq!(urgent, Admission::Admitted);
    eventually(SOON, async || {
        ask(&other, &limits, "batch", Priority::Batch).await == Admission::Admitted
    })
    .await
    .unwrap();
    // A batch that waits holds up nobody.
    bench.fill("requests", 0).await;
    later(ask(&other, &limits, "next batch", Priority::Batch).await);
    bench.fill("requests", 1).await;
    let urgent = ask(&bench.redis, &limits, "next", Priority::Interactive).await;
    assert_eq!(urgent, Admission::Admitted);
}

#[tokio::test]
async fn who_waits_for_a_place_and_does_not_come_back_holds_up_batches_for_a_second_and_a_half() {
    let bench = Bench::bare().await;
    let limits = places(1);
    let first = ask(&bench.redis, &limits, "first", Priority::Batch).await;
    assert_eq!(first, Admission::Admitted);
    later(ask(&bench.redis, &limits, "urgent", Priority::Interactive).await);
    settle(&bench.redis, "a", &limits, "first", 0, 0)
        .await
        .unwrap();
    let after = later(ask(&bench.redis, &limits, "batch", Priority::Batch).await);
    assert!(after <= Duration::from_millis(1_500), "{after:?}");
    // A clock that was set back holds up nobody.
    let key = bench.key("limit:buckets:a");
    bench
        .cli(&["HSET", &key, "urgent_until", "9000000000000000"])
        .await;
    let batch = ask(&bench.redis, &limits, "batch", Priority::Batch).await;
    assert_eq!(batch, Admission::Admitted);
}

/// Asks for so many tokens.
async fn ask_for(redis: &Redis, call: &str, need: u64, priority: Priority) -> Admission {
    let limits = tokens(60_000);
    let request = CallRequest {
        priority,
        tokens: need,
        ..request(&limits, call)
    };
    redis.admit(&request, None).await.unwrap().admission
}

#[tokio::test]
async fn a_large_batch_that_waits_for_tokens_and_interactive_calls_do_not_hold_up_each_other() {
    let bench = Bench::bare().await;
    let key = bench.key("limit:buckets:a");
    bench.fill("tokens", 0).await;
    later(ask_for(&bench.redis, "batch", 5_000, Priority::Batch).await);
    // It was promised to be let in by now, and others took what came in.
    bench.cli(&["HSET", &key, "head_promised", "1"]).await;
    later(ask_for(&bench.redis, "batch", 5_000, Priority::Batch).await);
    bench.fill("tokens", 2_000).await;
    later(ask_for(&bench.redis, "small batch", 900, Priority::Batch).await);
    for call in ["one", "two"] {
        let urgent = ask_for(&bench.redis, call, 900, Priority::Interactive).await;
        assert_eq!(urgent, Admission::Admitted);
    }
    // Its place before other batches is kept.
    bench.fill("tokens", 2_000).await;
    later(ask_for(&bench.redis, "small batch", 900, Priority::Batch).await);

    // A batch takes no interactive call's place, nor what it waits for.
    bench.cli(&["DEL", &key]).await;
    bench.fill("tokens", 0).await;
    later(ask_for(&bench.redis, "urgent", 4_000, Priority::Interactive).await);
    bench.cli(&["HSET", &key, "head_promised", "1"]).await;
    later(ask_for(&bench.redis, "urgent", 4_000, Priority::Interactive).await);
    bench.fill("tokens", 3_000).await;
    for need in [900, 5_000] {
        later(ask_for(&bench.redis, "batch", need, Priority::Batch).await);
    }
    later(ask_for(&bench.redis, "small", 900, Priority::Interactive).await);
    bench.fill("tokens", 5_000).await;
    let urgent = ask_for(&bench.redis, "urgent", 4_000, Priority::Interactive).await;
    assert_eq!(urgent, Admission::Admitted);
}

#[tokio::test]
async fn a_batch_that_waits_for_interactive_calls_alone_holds_up_no_other() {
    let bench = Bench::bare().await;
    let key = bench.key("limit:buckets:a");
    bench.fill("tokens", 0).await;
    later(ask_for(&bench.redis, "batch", 5_000, Priority::Batch).await);
    later(ask_for(&bench.redis, "urgent", 900, Priority::Interactive).await);
    bench.cli(&["HSET", &key, "head_promised", "1"]).await;
    bench.fill("tokens", 6_000).await;
    // All its tokens are there: it waits for the interactive call.
    later(ask_for(&bench.redis, "batch", 5_000, Priority::Batch).await);
    assert_ne!(bench.cli(&["HGET", &key, "head_holds"]).await, "1");
}
