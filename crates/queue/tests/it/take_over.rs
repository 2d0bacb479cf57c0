//! What a dead consumer had taken, and consumers that leave.

use std::time::Duration;

use domain::Priority;

use crate::support::{Bench, SOON, entries, names, told};

const NOW: Priority = Priority::Interactive;
const BLOCK: Duration = Duration::from_millis(200);

#[tokio::test]
async fn everything_of_a_dead_consumer_is_taken_over() {
    let bench = Bench::ready().await;
    let dead = bench.redis.reader("dead", BLOCK).unwrap();
    let all = entries(1234);
    bench.redis.ring(NOW, &all).await.unwrap();
    assert_eq!(dead.take(NOW, 5000).await.unwrap().len(), 1234);

    // Not before it has been idle for long enough.
    let early = bench.redis.take_over(NOW, "heir", SOON).await.unwrap();
    assert!(early.is_empty());
    let taken = bench.redis.take_over(NOW, "heir", Duration::ZERO).await;
    let taken = taken.unwrap();
    assert_eq!(told(&taken), all);
    bench.redis.dismiss(NOW, names(&taken)).await.unwrap();
    let again = bench.redis.take_over(NOW, "heir", Duration::ZERO).await;
    assert!(again.unwrap().is_empty());
    assert_eq!(bench.redis.length(NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn entries_that_were_deleted_meanwhile_do_not_come_back() {
    let bench = Bench::ready().await;
    let dead = bench.redis.reader("dead", BLOCK).unwrap();
    bench.redis.ring(NOW, &entries(3)).await.unwrap();
    let taken = dead.take(NOW, 3).await.unwrap();
    let key = bench.key("work:interactive");
    bench.cli(&["XDEL", &key, &taken[1].entry_id]).await;
    let left = bench.redis.take_over(NOW, "heir", Duration::ZERO).await;
    let left = told(&left.unwrap());
    assert_eq!(left, [entries(3)[0].clone(), entries(3)[2].clone()]);
    let pending = bench.cli(&["XPENDING", &key, "workers"]).await;
    assert!(pending.starts_with('2'), "{pending}");
}

#[tokio::test]
async fn a_consumer_leaves_only_when_nothing_is_pending_for_it() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("leaving", BLOCK).unwrap();
    bench.redis.ring(NOW, &entries(1)).await.unwrap();
    let taken = reader.take(NOW, 1).await.unwrap();
    let key = bench.key("work:interactive");
    let consumers = async || bench.cli(&["XINFO", "CONSUMERS", &key, "workers"]).await;
    bench.redis.leave("leaving").await.unwrap();
    assert!(consumers().await.contains("leaving"));
    bench.redis.dismiss(NOW, names(&taken)).await.unwrap();
    bench.redis.leave("leaving").await.unwrap();
    assert!(!consumers().await.contains("leaving"));
    bench.redis.leave("never seen").await.unwrap();
}
