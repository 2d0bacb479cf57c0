//! PostgreSQL is away for longer than any lease and any patience of a probe.

use std::time::{Duration, Instant};

use local_stack::Stack;

use crate::bench::Bench;

#[tokio::test]
async fn workers_live_through_two_minutes_without_postgresql_and_lose_nothing() {
    let bench = Bench::on(
        Stack::builder()
            .private_postgres(true)
            .start()
            .await
            .unwrap(),
    )
    .await;
    bench.latency(5_000).await;
    bench.post("outage", 50).await;
    let running = "SELECT count(*) FROM evaluations WHERE state = 'running'";
    bench.reaches(running, 50.0, Duration::from_secs(30)).await;
    bench.stack.postgres().stop().await.unwrap();
    let begun = Instant::now();
    let probe = format!("{}/livez", bench.stack.worker(0).admin_url().unwrap());
    while begun.elapsed() < Duration::from_secs(130) {
        let answer = bench.api.http().get(&probe).send().await.unwrap();
        // A restart would throw away the replies that it holds.
        assert_eq!(
            answer.status().as_u16(),
            200,
            "{}",
            answer.text().await.unwrap()
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    bench.stack.postgres().start().await.unwrap();
    let bench = Bench::on(bench.stack).await;
    bench.all_judged_once(50, Duration::from_secs(90)).await;
    let provider = bench.provider().await;
    assert_eq!(
        provider["requests"],
        serde_json::json!(50),
        "none is bought twice: {provider}"
    );
    assert_eq!(
        bench.number("SELECT max(crashes) FROM evaluations").await,
        0.0
    );
}
