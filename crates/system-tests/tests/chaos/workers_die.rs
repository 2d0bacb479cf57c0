//! A worker dies; its evaluations run elsewhere.

use std::time::Duration;

use local_stack::Stack;

use crate::bench::{Bench, percentile};

const EVALUATIONS: usize = 200;

#[tokio::test]
async fn what_a_dead_worker_held_runs_again_within_45_seconds() {
    let bench = Bench::on(Stack::builder().workers(1).start().await.unwrap()).await;
    bench.latency(120_000).await;
    bench.post("dies", EVALUATIONS).await;
    let running = "SELECT count(*) FROM evaluations WHERE state = 'running'";
    bench.reaches(running, 200.0, Duration::from_secs(60)).await;
    bench.latency(100).await;

    let second = bench.stack.start_worker().await.unwrap();
    let killed_at: f64 = bench
        .number("SELECT extract(epoch FROM clock_timestamp())")
        .await;
    bench.stack.kill_worker(0).await.unwrap();
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
    assert!(p99 <= 45.0, "p99 {p99:.1} s");
    assert_eq!(
        bench.number("SELECT max(crashes) FROM evaluations").await,
        1.0
    );
    bench
        .stack
        .worker(second)
        .stop(Duration::from_secs(35))
        .await
        .unwrap();
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "figure: judged again after a worker's death: median {median:.1} s, p99 {p99:.1} s of {EVALUATIONS}"
        );
    }
}
