//! The limiter: what one who asks gets, step by step.

mod bound;
mod cost;
mod front;
mod settle;
mod state;
mod urgent;

use std::cell::Cell;
use std::time::Duration;

use domain::Limits;
use local_stack::eventually;
use queue::limiter::Admission;

use crate::support::{Bench, LONG, SOON, admit, settle};

/// A request or a token, in the unit of levels.
const ONE: i64 = 60_000_000;

const NONE: Limits = Limits {
    requests_per_minute: None,
    tokens_per_minute: None,
    concurrency: None,
};

const fn requests(rate: u32) -> Limits {
    Limits {
        requests_per_minute: Some(rate),
        ..NONE
    }
}

const fn tokens(rate: u64) -> Limits {
    Limits {
        tokens_per_minute: Some(rate),
        ..NONE
    }
}

const fn places(concurrency: u32) -> Limits {
    Limits {
        concurrency: Some(concurrency),
        ..NONE
    }
}

#[track_caller]
fn later(admission: Admission) -> Duration {
    match admission {
        Admission::Later { after } => after,
        other => panic!("{other:?}"),
    }
}

impl Bench {
    /// Microseconds since 1970 on the server's clock.
    async fn time(&self) -> i64 {
        let told = self.cli(&["TIME"]).await;
        let parts: Vec<i64> = told.lines().map(|part| part.parse().unwrap()).collect();
        parts[0] * 1_000_000 + parts[1]
    }

    async fn admit(&self, limits: &Limits, call: &str, tokens: u64) -> Admission {
        let admission = admit(&self.redis, "a", limits, call, tokens, LONG).await;
        admission.unwrap()
    }

    /// Says what is in a bucket now, in whole requests or tokens.
    async fn fill(&self, bucket: &str, count: i64) {
        let (key, level) = (self.key("limit:buckets:a"), (count * ONE).to_string());
        let (field, now) = (format!("{bucket}_at"), self.time().await.to_string());
        self.cli(&["HSET", &key, bucket, &level, &field, &now])
            .await;
    }

    /// What a bucket held when last looked at, in whole requests or tokens.
    async fn level(&self, bucket: &str) -> i64 {
        let key = self.key("limit:buckets:a");
        let level = self.cli(&["HGET", &key, bucket]).await;
        level.parse::<i64>().unwrap().div_euclid(ONE)
    }
}

#[tokio::test]
async fn a_fresh_bucket_lets_nothing_in_and_says_when() {
    let bench = Bench::bare().await;
    let begun = bench.time().await;
    let after = later(bench.admit(&requests(60), "one", 0).await);
    assert_eq!(after, Duration::from_secs(1));
    let last = Cell::new(after);
    eventually(SOON, async || {
        let admission = bench.admit(&requests(60), "one", 0).await;
        if let Admission::Later { after } = admission {
            assert!(after < last.replace(after), "{after:?}");
        }
        admission == Admission::Admitted
    })
    .await
    .unwrap();
    let took = bench.time().await - begun;
    assert!(took >= 1_000_000, "{took}");
    // Half a minute's tokens are more than the bucket holds: a full one will do.
    let after = later(bench.admit(&tokens(60_000), "two", 30_000).await);
    assert_eq!(after, Duration::from_secs(6));
}

#[tokio::test]
async fn a_refused_call_takes_nothing() {
    let bench = Bench::bare().await;
    let limits = Limits {
        requests_per_minute: Some(600),
        tokens_per_minute: Some(600),
        concurrency: Some(1),
    };
    bench.fill("requests", 30).await;
    let after = later(bench.admit(&limits, "no tokens", 20).await);
    assert!(after <= Duration::from_secs(2) && after > Duration::from_secs(1));
    assert!(bench.level("requests").await >= 30);
    bench.fill("tokens", 20).await;
    assert_eq!(bench.admit(&limits, "in", 20).await, Admission::Admitted);
    bench.fill("tokens", 60).await;
    bench.fill("requests", 60).await;
    let after = later(bench.admit(&limits, "no place", 20).await);
    assert_eq!(after, Duration::from_secs(1));
    assert_eq!(bench.level("requests").await, 60);
    assert_eq!(bench.level("tokens").await, 60);
    bench.fill("requests", 0).await;
    let settled = settle(&bench.redis, "a", &limits, "in", 20, 20).await;
    settled.unwrap();
    let after = later(bench.admit(&limits, "no request", 20).await);
    assert!(after <= Duration::from_millis(100), "{after:?}");
    assert_eq!(bench.level("tokens").await, 60);
}

#[tokio::test]
async fn the_same_call_again_takes_nothing() {
    let bench = Bench::bare().await;
    let limits = Limits {
        requests_per_minute: Some(60),
        tokens_per_minute: Some(600),
        concurrency: Some(2),
    };
    bench.fill("requests", 6).await;
    bench.fill("tokens", 60).await;
    for _ in 0..20 {
        assert_eq!(bench.admit(&limits, "one", 50).await, Admission::Admitted);
    }
    assert_eq!(bench.level("requests").await, 5);
    assert_eq!(bench.admit(&limits, "two", 0).await, Admission::Admitted);
    later(bench.admit(&limits, "three", 0).await);
}

#[tokio::test]
async fn other_rates_hold_from_the_next_call_on() {
    let bench = Bench::bare().await;
    bench.fill("requests", 60).await;
    let admission = bench.admit(&requests(600), "one", 0).await;
    assert_eq!(admission, Admission::Admitted);
    assert_eq!(bench.level("requests").await, 59);
    // Less fits in; what is missing comes more slowly.
    let slow = requests(6);
    assert_eq!(bench.admit(&slow, "two", 0).await, Admission::Admitted);
    let after = later(bench.admit(&slow, "three", 0).await);
    assert!(after > Duration::from_secs(9), "{after:?}");
    // And faster again, from what is there.
    let fast = later(bench.admit(&requests(60), "three", 0).await);
    assert!(fast > Duration::from_millis(500), "{fast:?}");
    assert!(fast <= Duration::from_secs(1), "{fast:?}");
    // A limit that is new begins empty; calls under way count.
    later(bench.admit(&tokens(60), "four", 1).await);
    later(bench.admit(&places(2), "five", 0).await);
    let admission = bench.admit(&places(3), "five", 0).await;
    assert_eq!(admission, Admission::Admitted);
    // Without any, nobody is asked and nothing is written.
    assert_eq!(bench.admit(&NONE, "six", 9).await, Admission::Admitted);
    later(bench.admit(&places(3), "seven", 0).await);
}
