//! A worker dies, or all of them; their evaluations run elsewhere.

use std::time::Duration;

use local_stack::Stack;

use crate::bench::{Bench, percentile};

const EVALUATIONS: usize = 200;

#[tokio::test]
async fn what_a_dead_worker_held_runs_again_within_45_seconds() {
    let bench = Bench::on(Stack::builder().workers(1).start().await.unwrap()).await;
    all_slots_taken(&bench).await;
    let second = bench.stack.start_worker().await.unwrap();
    let killed_at = now(&bench).await;
    bench.stack.kill_worker(0).await.unwrap();
    runs_again(&bench, killed_at, "a worker's death").await;
    bench
        .stack
        .worker(second)
        .stop(Duration::from_secs(35))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_the_last_workers_held_runs_again_within_45_seconds() {
    let bench = Bench::on(Stack::builder().workers(2).start().await.unwrap()).await;
    all_slots_taken(&bench).await;
    let killed_at = now(&bench).await;
    for index in 0..2 {
        bench.stack.kill_worker(index).await.unwrap();
        bench.stack.worker(index).start_again().unwrap();
    }
    runs_again(&bench, killed_at, "the death of all workers").await;
}

/// Leaves every evaluation waiting for a judge that takes longer than the test.
async fn all_slots_taken(bench: &Bench) {
    bench.latency(120_000).await;
    bench.post("dies", EVALUATIONS).await;
    let running = "SELECT count(*) FROM evaluations WHERE state = 'running'";
    bench.reaches(running, 200.0, Duration::from_secs(60)).await;
    bench.latency(100).await;
}

async fn now(bench: &Bench) -> f64 {
    bench
        .number("SELECT extract(epoch FROM clock_timestamp())")
        .await
}

/// Waits until everything is judged, and measures how long after the death it was.
async fn runs_again(bench: &Bench, killed_at: f64, death: &str) {
    bench
        .all_judged_once(EVALUATIONS, Duration::from_secs(90))
        .await;
    let rows = bench
        .sql
        .query(
            "SELECT extract(epoch FROM p.created_at)::float8 FROM replies p ORDER BY 1",
            &[],
        )
        .await
        .unwrap();
    let seconds: Vec<f64> = rows
        .iter()
        .map(|row| row.get::<_, f64>(0) - killed_at)
        .collect();
    let (median, p99) = (percentile(&seconds, 0.5), percentile(&seconds, 0.99));
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "figure: judged again after {death}: median {median:.1} s, p99 {p99:.1} s of {EVALUATIONS}"
        );
    }
    assert!(p99 <= 45.0, "p99 {p99:.1} s");
    assert_eq!(
        bench.number("SELECT max(crashes) FROM evaluations").await,
        1.0
    );
}
