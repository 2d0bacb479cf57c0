//! Wake-ups.

use std::time::Duration;

use local_stack::eventually;
use queue::Redis;
use queue::changes::{Change, ChangeSubscription};
use queue::progress::Progress;
use tokio::time::timeout;

use crate::support::{Bench, Private, SOON, id};

/// Wakes until that is heard: a subscription takes its time.
async fn is_heard(redis: &Redis, wakes: &mut ChangeSubscription) {
    for number in 100..100_000 {
        let woken = redis.publish_changes(id(number)).await;
        let heard = timeout(Duration::from_millis(100), wakes.next()).await;
        if woken.is_ok() && matches!(heard, Ok(Some(Change::Changed(_)))) {
            return;
        }
    }
}

async fn hears(wakes: &mut ChangeSubscription, number: u128) -> bool {
    heard(wakes, Change::Changed(id(number))).await
}

/// Skips what is left of earlier tries.
async fn heard(wakes: &mut ChangeSubscription, wanted: Change) -> bool {
    while let Ok(Some(heard)) = timeout(SOON, wakes.next()).await {
        if heard == wanted {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn every_change_is_heard_by_every_subscriber_of_the_prefix() {
    let (bench, stranger) = (Bench::bare().await, Bench::bare().await);
    let mut one = bench.redis.subscribe_changes().unwrap();
    let mut other = bench.redis.subscribe_changes().unwrap();
    timeout(SOON, is_heard(&bench.redis, &mut one))
        .await
        .unwrap();
    timeout(SOON, is_heard(&bench.redis, &mut other))
        .await
        .unwrap();
    let progress = Progress {
        step: "s".to_owned(),
        completed: 0,
        total: 1,
        message: String::new(),
    };
    bench.redis.publish_changes(id(1)).await.unwrap();
    bench
        .redis
        .write_progress(id(2), 1, &progress)
        .await
        .unwrap();
    bench.redis.end_progress(id(3)).await.unwrap();
    for number in 1..=3 {
        assert!(hears(&mut one, number).await, "{number}");
        assert!(hears(&mut other, number).await, "{number}");
    }
    // Another installation on the same server is another channel; what is no id is skipped.
    stranger.redis.publish_changes(id(4)).await.unwrap();
    bench
        .cli(&["PUBLISH", &bench.key("wake"), "not an id"])
        .await;
    bench.redis.publish_changes(id(5)).await.unwrap();
    let heard = timeout(SOON, one.next()).await.unwrap();
    assert_eq!(heard, Some(Change::Changed(id(5))));
}

#[tokio::test]
async fn wakes_are_heard_again_after_a_restart() {
    let private = Private::start().await;
    let mut wakes = private.redis.subscribe_changes().unwrap();
    timeout(SOON, is_heard(&private.redis, &mut wakes))
        .await
        .unwrap();
    let line = wakes.connection();
    for _ in 0..2 {
        private.server.stop().await.unwrap();
        eventually(SOON, async || !line.probe().await)
            .await
            .unwrap();
        private.server.start().await.unwrap();
        eventually(SOON, async || line.probe().await).await.unwrap();
        // What was said meanwhile nobody can know.
        assert!(heard(&mut wakes, Change::Missed).await);
        timeout(SOON, is_heard(&private.redis, &mut wakes))
            .await
            .unwrap();
    }
    private.server.kill().await.unwrap();
    private.server.start().await.unwrap();
    timeout(SOON, is_heard(&private.redis, &mut wakes))
        .await
        .unwrap();
}

#[tokio::test]
async fn one_may_subscribe_before_the_server_is_there() {
    let private = Private::start().await;
    private.server.stop().await.unwrap();
    let mut wakes = private.redis.subscribe_changes().unwrap();
    private.server.start().await.unwrap();
    eventually(SOON, async || private.redis.ping().await)
        .await
        .unwrap();
    timeout(SOON, is_heard(&private.redis, &mut wakes))
        .await
        .unwrap();
}
