//! Redis forgets everything, or is away.

use std::time::{Duration, Instant};

use local_stack::Stack;
use serde_json::json;

use crate::bench::Bench;

#[tokio::test]
async fn waiting_work_is_back_in_the_stream_within_60_seconds_of_a_flushall() {
    let stack = Stack::builder()
        .private_redis(true)
        .worker_env("AUTORATER__WORKER__SLOTS", "200");
    let bench = Bench::on(stack.start().await.unwrap()).await;
    bench.latency(30_000).await;
    bench.post("flushed", 2_200).await;
    bench
        .reaches(
            "SELECT count(*) FROM evaluations WHERE state = 'running'",
            200.0,
            Duration::from_secs(60),
        )
        .await;

    let begun = Instant::now();
    bench.stack.redis().cli(&["FLUSHALL"]).await.unwrap();
    bench.latency(50).await;
    // As many as the window holds are announced again, after the flush.
    let announced =
        "SELECT count(*) FROM evaluations WHERE state = 'queued' AND announced_at IS NOT NULL";
    let stream = format!("{}:work:interactive", bench.stack.key_prefix());
    local_stack::eventually(Duration::from_secs(60), || async {
        let length: u64 = bench.stack.redis().cli(&["XLEN", &stream]).await?.parse()?;
        anyhow::ensure!(length >= 900, "{length} entries");
        anyhow::Ok(())
    })
    .await
    .unwrap();
    let back = begun.elapsed();
    bench
        .reaches(announced, 900.0, Duration::from_secs(1))
        .await;
    bench.all_judged_once(2_200, Duration::from_secs(180)).await;
    let provider = bench.provider().await;
    assert_eq!(
        provider["requests"],
        json!(2_200),
        "none judged twice: {provider}"
    );
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "figure: the stream's window is full again {:.1} s after FLUSHALL",
            back.as_secs_f64()
        );
    }
}

#[tokio::test]
async fn posts_are_taken_while_redis_is_down_for_two_minutes() {
    let bench = Bench::on(Stack::builder().private_redis(true).start().await.unwrap()).await;
    bench.latency(50).await;
    bench.post("before", 20).await;
    bench.stack.redis().stop().await.unwrap();
    let begun = Instant::now();
    let mut posted = 0;
    while begun.elapsed() < Duration::from_secs(120) {
        let sent = Instant::now();
        assert_eq!(
            bench
                .post_one(&json!({"output": format!("during {posted}")}))
                .await,
            202
        );
        assert!(
            sent.elapsed() < Duration::from_secs(2),
            "a post took {:?} without Redis",
            sent.elapsed()
        );
        posted += 1;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bench.stack.redis().start().await.unwrap();
    let back = Instant::now();
    bench
        .all_judged_once(20 + posted, Duration::from_secs(60))
        .await;
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "figure: {posted} posts while Redis was down, all judged {:.1} s after it was back",
            back.elapsed().as_secs_f64()
        );
    }
    let log = bench.stack.worker(0).log();
    let count = |level: &str, words: &str| {
        let lines = log.lines().filter(|line| line.contains("\"stream\""));
        lines
            .filter(|line| line.contains(level) && line.contains(words))
            .count()
    };
    // A line for each reason that it had, not for each try.
    let failing = count("\"ERROR\"", "the work stream cannot be read");
    assert!((1..=3).contains(&failing), "{failing} lines:\n{log}");
    // That of the start, and that of its end: one outage.
    assert_eq!(count("\"INFO\"", "check passes"), 2, "{log}");
}
