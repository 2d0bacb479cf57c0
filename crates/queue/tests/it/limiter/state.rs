//! What stands in Redis: odd values and how long they stay.

use std::time::Duration;

use domain::Limits;
use local_stack::eventually;
use queue::limiter::Admission;

use super::{later, requests, tokens};
use crate::support::{Bench, SOON, admit, settle};

#[tokio::test]
async fn a_clock_that_is_set_back_neither_fills_nor_stops_a_bucket() {
    let bench = Bench::bare().await;
    bench.fill("requests", 0).await;
    let ahead = (bench.time().await + 3_600_000_000).to_string();
    let key = bench.key("limit:buckets:a");
    bench.cli(&["HSET", &key, "requests_at", &ahead]).await;
    let after = later(bench.admit(&requests(600), "one", 0).await);
    assert_eq!(after, Duration::from_millis(100));
    eventually(SOON, async || {
        bench.admit(&requests(600), "one", 0).await == Admission::Admitted
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn smaller_calls_wait_for_a_large_one_that_was_promised_in_vain() {
    let bench = Bench::bare().await;
    let key = bench.key("limit:buckets:a");
    let set = async |field: &str, value: i64| {
        bench.cli(&["HSET", &key, field, &value.to_string()]).await;
    };
    let limits = tokens(600);
    let small = async |call: &str| {
        bench.fill("tokens", 30).await;
        bench.admit(&limits, call, 1).await
    };
    bench.fill("tokens", 30).await;
    later(bench.admit(&limits, "large", 60).await);
    // It was promised to get in, and the time is not over.
    assert_eq!(small("one").await, Admission::Admitted);
    later(bench.admit(&limits, "large", 60).await);
    assert_eq!(small("two").await, Admission::Admitted);
    let wait_in_vain = async || {
        set("head_promised", 1).await;
        bench.fill("tokens", 30).await;
        later(bench.admit(&limits, "large", 60).await);
        let after = later(small("refused").await);
        assert!(after > Duration::from_secs(11), "{after:?}");
        assert!(after <= Duration::from_secs(13), "{after:?}");
    };
    wait_in_vain().await;
    // Larger than the bucket is as large as the bucket.
    bench.fill("tokens", 60).await;
    let admission = bench.admit(&limits, "larger", 61).await;
    assert_eq!(admission, Admission::Admitted);
    assert_eq!(small("three").await, Admission::Admitted);
    // Nobody looks any more.
    later(bench.admit(&limits, "large", 60).await);
    wait_in_vain().await;
    set("head_until", bench.time().await).await;
    assert_eq!(small("four").await, Admission::Admitted);
    // What a clock that is set back says is not waited for.
    later(bench.admit(&limits, "large", 60).await);
    wait_in_vain().await;
    let ahead = bench.time().await + 3_600_000_000;
    bench.fill("tokens", 30).await;
    set("tokens_at", ahead).await;
    set("head_until", ahead).await;
    let admission = bench.admit(&limits, "five", 1).await;
    assert_eq!(admission, Admission::Admitted);
}

#[tokio::test]
async fn what_cannot_be_read_is_an_empty_bucket() {
    let bench = Bench::bare().await;
    let key = bench.key("limit:buckets:a");
    bench
        .cli(&["HSET", &key, "requests", "many", "requests_at", "1"])
        .await;
    let after = later(bench.admit(&requests(60), "one", 0).await);
    assert_eq!(after, Duration::from_secs(1));
}

#[tokio::test]
async fn numbers_of_any_size_are_whole_and_have_an_end() {
    let bench = Bench::bare().await;
    let most = Limits {
        requests_per_minute: Some(u32::MAX),
        tokens_per_minute: Some(u64::MAX),
        concurrency: Some(u32::MAX),
    };
    later(bench.admit(&most, "one", u64::MAX).await);
    bench.fill("requests", 60_000_000).await;
    bench.fill("tokens", 60_000_000).await;
    let admission = admit(&bench.redis, "a", &most, "one", u64::MAX, Duration::MAX);
    assert_eq!(admission.await.unwrap(), Admission::Admitted);
    assert_eq!(bench.level("requests").await, 60_000_000 - 1);
    assert_eq!(bench.level("tokens").await, 10_000_000);
    for used in [u64::MAX, 0] {
        let settled = settle(&bench.redis, "a", &most, "no call", 0, used).await;
        settled.unwrap();
    }
    // From there at the slowest rate there is, a 0.
    let least = Limits {
        requests_per_minute: Some(0),
        tokens_per_minute: Some(0),
        concurrency: Some(0),
    };
    let after = later(bench.admit(&least, "two", u64::MAX).await);
    assert!(after > Duration::from_secs(60 * 10_000_000), "{after:?}");
    assert_eq!(bench.level("requests").await, 1);
}

#[tokio::test]
async fn keys_go_by_themselves_once_buckets_are_full_and_places_empty() {
    let bench = Bench::bare().await;
    let left = async |key: &str| -> i64 {
        let left = bench.cli(&["PTTL", &bench.key(key)]).await;
        left.parse().unwrap()
    };
    bench.fill("requests", 60).await;
    let fast = requests(600);
    assert_eq!(bench.admit(&fast, "one", 0).await, Admission::Admitted);
    let buckets = left("limit:buckets:a").await;
    assert!((3_590_000..=3_600_000).contains(&buckets), "{buckets}");
    let calls = left("limit:calls:a").await;
    assert!((290_000..=300_000).contains(&calls), "{calls}");
    let short = admit(&bench.redis, "a", &fast, "two", 0, SOON).await;
    assert_eq!(short.unwrap(), Admission::Admitted);
    assert!(left("limit:calls:a").await > 290_000);
    // From -5,400 to 6 takes 5,406 s at one a second.
    bench.fill("tokens", 6).await;
    let slow = tokens(60);
    assert_eq!(
        bench.admit(&slow, "three", 5_406).await,
        Admission::Admitted
    );
    let buckets = left("limit:buckets:a").await;
    assert!((10_780_000..=10_812_000).contains(&buckets), "{buckets}");
    for call in ["one", "two", "three"] {
        let settled = settle(&bench.redis, "a", &slow, call, 0, 0).await;
        settled.unwrap();
    }
    assert_eq!(left("limit:calls:a").await, -2);
}
