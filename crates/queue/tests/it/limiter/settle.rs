//! What the end of a call gives back and takes, and what comes back without it.

use std::time::Duration;

use domain::Limits;
use local_stack::eventually;
use queue::limiter::Admission;

use super::{LONG, later, places, tokens};
use crate::support::{Bench, SOON, admit, settle};

/// Holds 60, and ten come in a second.
const BUCKET: Limits = tokens(600);

impl Bench {
    async fn settle(&self, limits: &Limits, call: &str, reserved: u64, used: u64) {
        let settled = settle(&self.redis, "a", limits, call, reserved, used).await;
        settled.unwrap();
    }
}

/// What ten tokens a second may have added since.
#[track_caller]
fn about(level: i64, wanted: i64) {
    assert!((wanted..wanted + 15).contains(&level), "{level}, {wanted}");
}

#[tokio::test]
async fn tokens_that_were_not_used_come_back_once() {
    let bench = Bench::bare().await;
    bench.fill("tokens", 40).await;
    assert_eq!(bench.admit(&BUCKET, "one", 40).await, Admission::Admitted);
    about(bench.level("tokens").await, 0);
    for _ in 0..5 {
        bench.settle(&BUCKET, "one", 40, 15).await;
        about(bench.level("tokens").await, 25);
    }
    // Never more than fits in.
    assert_eq!(bench.admit(&BUCKET, "two", 10).await, Admission::Admitted);
    bench.settle(&BUCKET, "two", 10_000, 0).await;
    assert_eq!(bench.level("tokens").await, 60);
}

#[tokio::test]
async fn tokens_used_beyond_are_owed_up_to_a_bucket() {
    let bench = Bench::bare().await;
    bench.fill("tokens", 40).await;
    assert_eq!(bench.admit(&BUCKET, "one", 30).await, Admission::Admitted);
    bench.settle(&BUCKET, "one", 30, 70).await;
    about(bench.level("tokens").await, -30);
    let after = later(bench.admit(&BUCKET, "two", 1).await);
    assert!(after <= Duration::from_millis(3100), "{after:?}");
    later(bench.admit(&BUCKET, "nothing", 0).await);
    // One that is not known pays, and gets nothing back.
    bench.settle(&BUCKET, "stranger", 0, 1_000_000).await;
    about(bench.level("tokens").await, -60);
    bench.settle(&BUCKET, "stranger", 1_000_000, 0).await;
    about(bench.level("tokens").await, -60);
}

#[tokio::test]
async fn an_estimate_above_the_bucket_waits_for_a_full_one_and_leaves_it_below_zero() {
    let bench = Bench::bare().await;
    bench.fill("tokens", 30).await;
    let after = later(bench.admit(&BUCKET, "large", 500).await);
    assert!(after <= Duration::from_secs(3), "{after:?}");
    bench.fill("tokens", 60).await;
    let admission = bench.admit(&BUCKET, "large", 500).await;
    assert_eq!(admission, Admission::Admitted);
    about(bench.level("tokens").await, -440);
    // Below what settling may take it to, and not lifted by it.
    bench.settle(&BUCKET, "large", 500, 600).await;
    about(bench.level("tokens").await, -440);
    let after = later(bench.admit(&BUCKET, "small", 1).await);
    assert!(after > Duration::from_secs(42), "{after:?}");
}

#[tokio::test]
async fn tokens_that_were_never_taken_do_not_come_back() {
    let bench = Bench::bare().await;
    let unlimited = places(9);
    let admission = bench.admit(&unlimited, "one", 50).await;
    assert_eq!(admission, Admission::Admitted);
    later(bench.admit(&BUCKET, "two", 50).await);
    bench.settle(&BUCKET, "one", 50, 0).await;
    about(bench.level("tokens").await, 0);
}

#[tokio::test]
async fn a_place_comes_back_with_the_end_of_its_call() {
    let bench = Bench::bare().await;
    let limits = places(2);
    for call in ["one", "two"] {
        assert_eq!(bench.admit(&limits, call, 0).await, Admission::Admitted);
    }
    let after = later(bench.admit(&limits, "three", 0).await);
    assert_eq!(after, Duration::from_secs(1));
    bench.settle(&limits, "one", 0, 0).await;
    bench.settle(&limits, "one", 0, 0).await;
    let admission = bench.admit(&limits, "three", 0).await;
    assert_eq!(admission, Admission::Admitted);
    later(bench.admit(&limits, "four", 0).await);
    // Another account has places of its own.
    let other = admit(&bench.redis, "b", &limits, "four", 0, LONG).await;
    assert_eq!(other.unwrap(), Admission::Admitted);
}

#[tokio::test]
async fn the_place_of_a_dead_worker_comes_back_when_its_time_is_over() {
    let bench = Bench::bare().await;
    let limits = places(1);
    let longest = Duration::from_millis(1500);
    let begun = bench.time().await;
    let dead = admit(&bench.redis, "a", &limits, "dead", 0, longest).await;
    assert_eq!(dead.unwrap(), Admission::Admitted);
    let after = later(bench.admit(&limits, "heir", 0).await);
    assert!(after <= longest, "{after:?}");
    eventually(SOON, async || {
        bench.admit(&limits, "heir", 0).await == Admission::Admitted
    })
    .await
    .unwrap();
    let took = bench.time().await - begun;
    assert!(took >= 1_500_000, "{took}");
    // Had it lived on, its end would change nothing for the heir.
    bench.settle(&limits, "dead", 0, 0).await;
    later(bench.admit(&limits, "third", 0).await);
}
