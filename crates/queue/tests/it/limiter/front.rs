//! The limiter while Redis is stopped, and when it is back.

use std::time::{Duration, Instant};

use domain::Limits;
use local_stack::eventually;
use queue::limiter::{Admission, Limiter};

use super::{LONG, NONE, later, requests};
use crate::support::{Private, SOON};

const LIMITS: Limits = Limits {
    requests_per_minute: Some(6_000),
    tokens_per_minute: Some(600_000),
    concurrency: Some(8),
};
/// Twice a command's time-out, and the machine may be busy.
const BOUND: Duration = Duration::from_secs(4);

async fn admitted(limiter: &Limiter, call: &str) {
    eventually(SOON, async || {
        limiter.admit("a", &LIMITS, call, 10, LONG).await == Admission::Admitted
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn without_redis_the_process_goes_on_by_itself_until_redis_is_back() {
    let private = Private::start().await;
    let limiter = Limiter::new(private.redis.clone());
    limiter.set_workers(2);
    admitted(&limiter, "one").await;
    assert!(!limiter.is_local());

    private.server.stop().await.unwrap();
    let begun = Instant::now();
    let first = limiter.admit("a", &LIMITS, "two", 10, LONG).await;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    // Empty at first, at a quarter of the rate.
    let after = Duration::from_millis(40);
    assert_eq!(first, Admission::Later { after });
    assert!(limiter.is_local());
    admitted(&limiter, "two").await;
    // A quarter of the places, one of them still taken by the call that Redis let in.
    let third = limiter.admit("a", &LIMITS, "three", 10, LONG).await;
    assert_eq!(later(third), Duration::from_secs(1));
    let begun = Instant::now();
    limiter.settle("a", &LIMITS, "one", 10, 5).await;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    admitted(&limiter, "three").await;
    assert!(limiter.is_local());

    private.server.start().await.unwrap();
    eventually(SOON, async || {
        let again = limiter.admit("b", &LIMITS, "four", 10, LONG).await;
        again == Admission::Admitted && !limiter.is_local()
    })
    .await
    .unwrap();
    // What was let in here ends here, too, and does not disturb Redis.
    limiter.settle("a", &LIMITS, "two", 10, 5).await;
    limiter.settle("a", &LIMITS, "three", 10, 5).await;
    admitted(&limiter, "five").await;
    let places = private.server.cli(&["ZCARD", "private:limit:calls:a"]);
    assert_eq!(places.await.unwrap(), "1");
    assert!(!limiter.is_local());
}

#[tokio::test]
async fn only_the_first_to_ask_waits_for_a_server_that_hangs() {
    let private = Private::start().await;
    let limiter = Limiter::new(private.redis.clone());
    admitted(&limiter, "one").await;
    private.server.freeze().unwrap();
    later(limiter.admit("a", &LIMITS, "two", 10, LONG).await);
    assert!(limiter.is_local());
    let (begun, slow, mut let_in) = (Instant::now(), requests(60), 0);
    for turn in 0..100 {
        let call = turn.to_string();
        let admission = limiter.admit("b", &slow, &call, 10, LONG).await;
        let_in += u32::from(admission == Admission::Admitted);
        limiter.settle("b", &slow, &call, 10, 5).await;
    }
    // Some of them may have asked again, none of them for long.
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    assert!(let_in < 10, "{let_in}");
    private.server.thaw().unwrap();
    eventually(SOON, async || {
        let admission = limiter.admit("a", &LIMITS, "last", 10, LONG).await;
        admission == Admission::Admitted && !limiter.is_local()
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn without_limits_nobody_is_asked() {
    let private = Private::start().await;
    let limiter = Limiter::new(private.redis.clone());
    private.server.stop().await.unwrap();
    let admission = limiter.admit("a", &NONE, "one", 10, LONG).await;
    assert_eq!(admission, Admission::Admitted);
    limiter.settle("a", &NONE, "one", 10, 10).await;
    assert!(!limiter.is_local());
}
