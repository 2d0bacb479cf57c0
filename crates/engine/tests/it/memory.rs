//! Calls side by side, within what is reserved.

use std::time::Duration;

use engine::memory::MemoryBudget;
use serde_json::json;

use crate::support::{Bench, debate, discord, nothing};

/// A debate of two on half a megabyte; how many calls were under way at once.
async fn calls_at_once(mebibytes: u64) -> u64 {
    let mut bench = Bench::start().await;
    bench.memory = MemoryBudget::new(mebibytes << 20);
    bench
        .mock_is(&json!({"latency_ms": 500, "faults": discord()}))
        .await;
    let engine = bench.engine("judge", nothing());
    let payload = debate(&"x".repeat(500 << 10), 1);
    let claimed = bench.claimed(&payload, Duration::from_secs(60)).await;
    bench.run(&engine, &claimed).await;
    assert_eq!(bench.assessment(&claimed).await["score"], 0.75);
    assert_eq!(bench.mock_count("requests").await, 5);
    assert!(!bench.memory.is_used());
    bench.mock_count("max_in_flight").await
}

/// The payload, and prompt and request of each call: three halves of a megabyte fit into 2 MiB, and five do not.
#[tokio::test(flavor = "multi_thread")]
async fn a_debate_makes_so_many_calls_at_once_as_there_is_memory_for() {
    assert_eq!(calls_at_once(2).await, 1);
    assert_eq!(calls_at_once(16).await, 2);
}
