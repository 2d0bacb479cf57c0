//! The limiter while Redis is stopped, and when it is back.

use std::time::{Duration, Instant};

use domain::Limits;
use local_stack::eventually;
use queue::circuit::CircuitQuery;
use queue::limiter::{Admission, CallEnd, CallRequest, Limiter};

use super::{LONG, NONE, later, requests};
use crate::support::{Private, SOON, request};

const LIMITS: Limits = Limits {
    requests_per_minute: Some(6_000),
    tokens_per_minute: Some(600_000),
    concurrency: Some(8),
};
/// Twice a command's time-out, and the machine may be busy.
const BOUND: Duration = Duration::from_secs(4);

async fn ask(
    limiter: &Limiter,
    account: &str,
    limits: &Limits,
    call: &str,
    tokens: u64,
    longest: Duration,
) -> Admission {
    let request = CallRequest {
        account,
        tokens,
        longest,
        ..request(limits, call)
    };
    limiter.admit(&request, None).await.admission
}

async fn end(
    limiter: &Limiter,
    account: &str,
    limits: &Limits,
    call: &str,
    reserved: u64,
    used: u64,
) {
    let end = CallEnd {
        account,
        limits,
        call,
        reserved,
        used,
    };
    limiter.settle(&end, None).await;
}

async fn admitted(limiter: &Limiter, call: &str) {
    eventually(SOON, async || {
        ask(limiter, "a", &LIMITS, call, 10, LONG).await == Admission::Admitted
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
    let first = ask(&limiter, "a", &LIMITS, "two", 10, LONG).await;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    // Empty at first, at a quarter of the rate.
    let after = Duration::from_millis(40);
    assert_eq!(first, Admission::Later { after });
    assert!(limiter.is_local());
    admitted(&limiter, "two").await;
    // A quarter of the places, one of them still taken by the call that Redis let in.
    let third = ask(&limiter, "a", &LIMITS, "three", 10, LONG).await;
    assert_eq!(later(third), Duration::from_secs(1));
    let begun = Instant::now();
    end(&limiter, "a", &LIMITS, "one", 10, 5).await;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    admitted(&limiter, "three").await;
    assert!(limiter.is_local());

    private.server.start().await.unwrap();
    eventually(SOON, async || {
        let again = ask(&limiter, "b", &LIMITS, "four", 10, LONG).await;
        again == Admission::Admitted && !limiter.is_local()
    })
    .await
    .unwrap();
    // What was let in here ends here, too, and does not disturb Redis.
    end(&limiter, "a", &LIMITS, "two", 10, 5).await;
    end(&limiter, "a", &LIMITS, "three", 10, 5).await;
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
    later(ask(&limiter, "a", &LIMITS, "two", 10, LONG).await);
    assert!(limiter.is_local());
    let (begun, slow, mut let_in) = (Instant::now(), requests(60), 0);
    for turn in 0..100 {
        let call = turn.to_string();
        let admission = ask(&limiter, "b", &slow, &call, 10, LONG).await;
        let_in += u32::from(admission == Admission::Admitted);
        end(&limiter, "b", &slow, &call, 10, 5).await;
    }
    // Some of them may have asked again, none of them for long.
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    assert!(let_in < 10, "{let_in}");
    private.server.thaw().unwrap();
    eventually(SOON, async || {
        let admission = ask(&limiter, "a", &LIMITS, "last", 10, LONG).await;
        admission == Admission::Admitted && !limiter.is_local()
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_places_of_calls_that_end_while_redis_is_away_come_back_with_it() {
    let private = Private::start().await;
    let limiter = Limiter::new(private.redis.clone());
    let two = Limits {
        concurrency: Some(2),
        ..NONE
    };
    for call in ["one", "two"] {
        let admission = ask(&limiter, "a", &two, call, 0, LONG).await;
        assert_eq!(admission, Admission::Admitted);
    }
    // It keeps its data.
    private.server.freeze().unwrap();
    for call in ["one", "two"] {
        end(&limiter, "a", &two, call, 0, 0).await;
    }
    assert!(limiter.is_local());
    private.server.thaw().unwrap();
    eventually(SOON, async || {
        // The first that Redis answers tells it; far below the time for which a place is kept.
        let admission = ask(&limiter, "a", &two, "three", 0, LONG).await;
        admission == Admission::Admitted && !limiter.is_local()
    })
    .await
    .unwrap();
    let places = private.server.cli(&["ZCARD", "private:limit:calls:a"]);
    assert_eq!(places.await.unwrap(), "1");
}

#[tokio::test]
async fn without_limits_nobody_is_asked() {
    let private = Private::start().await;
    let limiter = Limiter::new(private.redis.clone());
    private.server.stop().await.unwrap();
    let admission = ask(&limiter, "a", &NONE, "one", 10, LONG).await;
    assert_eq!(admission, Admission::Admitted);
    end(&limiter, "a", &NONE, "one", 10, 10).await;
    assert!(!limiter.is_local());
    // But for the breaker, which is the caller's own then.
    let request = CallRequest {
        tokens: 10,
        ..request(&NONE, "two")
    };
    let breaker = CircuitQuery {
        deployment: "p:m",
        known: None,
    };
    let decision = limiter.admit(&request, Some(&breaker)).await;
    assert_eq!(decision.admission, Admission::Admitted);
    assert!(decision.circuit.is_none() && limiter.is_local());
    assert_eq!(limiter.circuits(&["p:m".to_owned()]).await, None);
    private.server.start().await.unwrap();
    eventually(SOON, async || {
        let decision = limiter.admit(&request, Some(&breaker)).await;
        decision.circuit.is_some() && !limiter.is_local()
    })
    .await
    .unwrap();
}
