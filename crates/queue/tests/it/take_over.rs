//! What a dead consumer had taken, and consumers that leave.

use std::time::Duration;

use domain::Priority;
use local_stack::eventually;

use crate::support::{Bench, Private, SOON, entries, names, take, told};

const NOW: Priority = Priority::Interactive;
const BLOCK: Duration = Duration::from_millis(200);

#[tokio::test]
async fn everything_of_a_dead_consumer_is_taken_over() {
    let bench = Bench::ready().await;
    let dead = bench.redis.reader("dead", BLOCK).unwrap();
    let all = entries(1234);
    bench.redis.publish(NOW, &all).await.unwrap();
    assert_eq!(take(&dead, 5000).await.unwrap().len(), 1234);

    // Not before it has been idle for long enough.
    let early = bench.redis.reclaim(NOW, "heir", SOON).await.unwrap();
    assert!(early.is_empty());
    let taken = bench.redis.reclaim(NOW, "heir", Duration::ZERO).await;
    let taken = taken.unwrap();
    assert_eq!(told(&taken), all);
    bench.redis.dismiss(NOW, names(&taken)).await.unwrap();
    let again = bench.redis.reclaim(NOW, "heir", Duration::ZERO).await;
    assert!(again.unwrap().is_empty());
    assert_eq!(bench.redis.length(NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn entries_that_were_deleted_meanwhile_do_not_come_back() {
    let bench = Bench::ready().await;
    let dead = bench.redis.reader("dead", BLOCK).unwrap();
    bench.redis.publish(NOW, &entries(3)).await.unwrap();
    let taken = take(&dead, 3).await.unwrap();
    let key = bench.key("work:interactive");
    bench.cli(&["XDEL", &key, &taken[1].entry_id]).await;
    let left = bench.redis.reclaim(NOW, "heir", Duration::ZERO).await;
    let left = told(&left.unwrap());
    assert_eq!(left, [entries(3)[0].clone(), entries(3)[2].clone()]);
    let pending = bench.cli(&["XPENDING", &key, "workers"]).await;
    assert!(pending.starts_with('2'), "{pending}");
}

#[tokio::test]
async fn a_consumer_leaves_only_when_nothing_is_pending_for_it() {
    let bench = Bench::ready().await;
    let reader = bench.redis.reader("leaving", BLOCK).unwrap();
    bench.redis.publish(NOW, &entries(1)).await.unwrap();
    let taken = take(&reader, 1).await.unwrap();
    let key = bench.key("work:interactive");
    let consumers = async || bench.cli(&["XINFO", "CONSUMERS", &key, "workers"]).await;
    bench.redis.delete_consumer("leaving").await.unwrap();
    assert!(consumers().await.contains("leaving"));
    bench.redis.dismiss(NOW, names(&taken)).await.unwrap();
    bench.redis.delete_consumer("leaving").await.unwrap();
    assert!(!consumers().await.contains("leaving"));
    bench.redis.delete_consumer("never seen").await.unwrap();
}

#[tokio::test]
async fn only_consumers_that_are_idle_and_have_nothing_pending_are_forgotten() {
    let bench = Bench::ready().await;
    let key = bench.key("work:interactive");
    let consumers = async || bench.cli(&["XINFO", "CONSUMERS", &key, "workers"]).await;
    let [dead, holding] = ["dead", "holding"].map(|name| bench.redis.reader(name, BLOCK).unwrap());
    bench.redis.publish(NOW, &entries(2)).await.unwrap();
    let done = take(&dead, 1).await.unwrap();
    let held = take(&holding, 1).await.unwrap();
    bench.redis.dismiss(NOW, names(&done)).await.unwrap();

    let day = Duration::from_secs(24 * 3600);
    let early = bench.redis.delete_idle_consumers(NOW, day).await.unwrap();
    assert_eq!(early, 0, "{}", consumers().await);
    let forgotten = bench.redis.delete_idle_consumers(NOW, Duration::ZERO).await;
    assert_eq!(forgotten.unwrap(), 1);
    let left = consumers().await;
    assert!(!left.contains("dead") && left.contains("holding"), "{left}");

    // What was pending is still there for an heir, and then nothing keeps the dead one.
    let taken = bench.redis.reclaim(NOW, "heir", Duration::ZERO).await;
    assert_eq!(names(&taken.unwrap()), names(&held));
    let forgotten = bench.redis.delete_idle_consumers(NOW, Duration::ZERO).await;
    assert_eq!(forgotten.unwrap(), 1);
    let left = consumers().await;
    assert!(!left.contains("holding") && left.contains("heir"), "{left}");
}

#[tokio::test]
async fn a_consumer_that_is_forgotten_while_it_waits_hears_of_the_next_entry() {
    let Private { redis, server, .. } = &Private::start().await;
    let key = "private:work:interactive";
    let living = redis.reader("living", SOON).unwrap();
    redis.publish(NOW, &entries(1)).await.unwrap();
    let done = take(&living, 1).await.unwrap();
    redis.dismiss(NOW, names(&done)).await.unwrap();
    let forget = async {
        eventually(SOON, async || {
            let clients = server.cli(&["INFO", "clients"]).await.unwrap();
            clients.contains("blocked_clients:1")
        })
        .await
        .unwrap();
        let forgotten = redis.delete_idle_consumers(NOW, Duration::ZERO).await;
        assert_eq!(forgotten.unwrap(), 1);
        redis.publish(NOW, &entries(2)).await.unwrap();
    };
    let (heard, ()) = tokio::join!(living.wait(), forget);
    let heard = heard.unwrap();
    assert_eq!(told(&heard), entries(1));
    // It holds what it heard of, and reads on.
    let forgotten = redis.delete_idle_consumers(NOW, Duration::ZERO).await;
    assert_eq!(forgotten.unwrap(), 0);
    let consumers = server.cli(&["XINFO", "CONSUMERS", key, "workers"]).await;
    assert!(consumers.unwrap().contains("living"));
    assert_eq!(take(&living, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn without_a_stream_nobody_is_forgotten() {
    let bench = Bench::bare().await;
    let forgotten = bench.redis.delete_idle_consumers(NOW, Duration::ZERO).await;
    assert_eq!(forgotten.unwrap(), 0);
}
