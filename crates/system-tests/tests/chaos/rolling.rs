//! A deploy under load: every worker is replaced, one after the other.

use std::time::Duration;

use local_stack::Stack;
use serde_json::json;

use crate::bench::Bench;

const EVALUATIONS: usize = 1_500;

#[tokio::test]
async fn a_rolling_restart_loses_nothing_and_repeats_no_finished_call() {
    let stack = Stack::builder()
        .workers(2)
        .worker_env("AUTORATER__WORKER__SLOTS", "40");
    let bench = Bench::on(stack.start().await.unwrap()).await;
    bench.latency(800).await;
    let restarts = async {
        for _ in 0..2 {
            for index in 0..2 {
                let worker = bench.stack.worker(index);
                // Drains: what is under way ends, what is untouched is given back.
                worker.stop(Duration::from_secs(35)).await.unwrap();
                worker.start_again().unwrap();
                worker.wait_ready().await.unwrap();
            }
        }
    };
    tokio::join!(bench.post("rolling", EVALUATIONS), restarts);
    bench
        .all_judged_once(EVALUATIONS, Duration::from_secs(120))
        .await;
    let provider = bench.provider().await;
    assert_eq!(
        provider["completed"],
        json!(EVALUATIONS),
        "no finished call is repeated: {provider}"
    );
    assert_eq!(
        bench
            .number("SELECT sum(failures + crashes) FROM evaluations")
            .await,
        0.0
    );
    assert_eq!(
        bench.number("SELECT max(attempts) FROM evaluations").await,
        1.0,
        "no attempt was charged"
    );
}
