//! Under load: over any time at most a bucket and what the rate gives in that time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::Limits;
use futures::future::join_all;
use queue::Redis;
use queue::limiter::Admission;

use super::{LONG, places, requests, tokens};
use crate::support::{Bench, Private, admit, connect, settle};

const CLIENTS: usize = 8;
/// Names them.
static CALLS: AtomicU64 = AtomicU64::new(0);
const LOAD: Duration = Duration::from_secs(3);

/// Asks without a pause, each client on a connection of its own. Every other call that is let in ends at once,
/// with half of its tokens used; a client that Redis does not answer goes on. Returns calls let in and tokens used.
async fn hammer(clients: &[Redis], account: &str, limits: &Limits, estimate: u64) -> (i64, i64) {
    let ends = Instant::now() + LOAD;
    let one = async |redis: &Redis| {
        let (mut calls, mut used) = (0, 0);
        while Instant::now() < ends {
            let turn = CALLS.fetch_add(1, Ordering::Relaxed);
            let call = turn.to_string();
            let admission = admit(redis, account, limits, &call, estimate, LONG).await;
            // What was let in without an answer is lost, and counts for nobody.
            if !matches!(admission, Ok(Admission::Admitted)) {
                continue;
            }
            calls += 1;
            let half = turn.is_multiple_of(2)
                && settle(redis, account, limits, &call, estimate, estimate / 2)
                    .await
                    .is_ok();
            used += if half { estimate / 2 } else { estimate };
        }
        (calls, i64::try_from(used).unwrap())
    };
    let told = join_all(clients.iter().map(one)).await;
    told.into_iter()
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// What a rate gives in a time, rounded up.
fn gives(rate: i64, took_us: i64) -> i64 {
    rate * took_us / 60_000_000 + 1
}

#[tokio::test]
async fn eight_clients_get_what_the_rates_give_and_no_more() {
    let bench = Bench::bare().await;
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| bench.connect()).collect();
    let rates = [20, 120, 3_000, 60_000];
    let begun = bench.time().await;
    let loads = rates.map(async |rate| {
        let account = format!("requests {rate}");
        let (calls, _) = hammer(&clients, &account, &requests(rate), 0).await;
        (i64::from(rate), calls)
    });
    let told = join_all(loads).await;
    let took = bench.time().await - begun;
    for (rate, calls) in told {
        // They began empty: not even the bucket comes on top.
        let bound = gives(rate, took);
        assert!(calls <= bound, "{calls} at {rate}: {bound}");
        if rate <= 3_000 {
            assert!(
                calls >= gives(rate, 3_000_000) * 3 / 4 - 1,
                "{calls} at {rate}"
            );
        }
    }
}

#[tokio::test]
async fn a_full_bucket_comes_on_top_and_nothing_else() {
    let bench = Bench::bare().await;
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| bench.connect()).collect();
    bench.fill("requests", 60).await;
    let begun = bench.time().await;
    let (calls, _) = hammer(&clients, "a", &requests(600), 0).await;
    let bound = 60 + gives(600, bench.time().await - begun);
    assert!(calls <= bound, "{calls}: {bound}");
    assert!(calls >= 80, "{calls}");
}

#[tokio::test]
async fn tokens_used_stay_within_the_bound_whatever_is_given_back() {
    let bench = Bench::bare().await;
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| bench.connect()).collect();
    let rate = 600_000;
    bench.fill("tokens", 60_000).await;
    let begun = bench.time().await;
    let (_, used) = hammer(&clients, "a", &tokens(600_000), 700).await;
    let bound = 60_000 + gives(rate, bench.time().await - begun);
    assert!(used <= bound, "{used}: {bound}");
    assert!(used >= 70_000, "{used}");
}

#[tokio::test]
async fn changed_rates_in_the_middle_keep_the_bound_of_the_higher_one() {
    let bench = Bench::bare().await;
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| bench.connect()).collect();
    let (slow, fast) = clients.split_at(CLIENTS / 2);
    // Two halves of a fleet that have read different settings.
    let begun = bench.time().await;
    let (slow_limits, fast_limits) = (requests(60), requests(1_200));
    let (few, many) = tokio::join!(
        hammer(slow, "a", &slow_limits, 0),
        hammer(fast, "a", &fast_limits, 0)
    );
    let bound = gives(1_200, bench.time().await - begun);
    let calls = few.0 + many.0;
    assert!(calls <= bound, "{calls}: {bound}");
}

#[tokio::test]
async fn places_are_never_exceeded() {
    let bench = Bench::bare().await;
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| bench.connect()).collect();
    let (limits, under_way) = (places(3), std::cell::Cell::new(0));
    let ends = Instant::now() + LOAD;
    let one = async |redis: &Redis| {
        let mut calls = 0;
        while Instant::now() < ends {
            let call = CALLS.fetch_add(1, Ordering::Relaxed).to_string();
            let admission = admit(redis, "a", &limits, &call, 0, LONG).await;
            if admission.unwrap() != Admission::Admitted {
                continue;
            }
            under_way.set(under_way.get() + 1);
            assert!(under_way.get() <= 3);
            redis.ping().await.unwrap();
            calls += 1;
            under_way.set(under_way.get() - 1);
            settle(redis, "a", &limits, &call, 0, 0).await.unwrap();
        }
        calls
    };
    let calls: Vec<i32> = join_all(clients.iter().map(one)).await;
    assert!(calls.iter().sum::<i32>() > 20, "{calls:?}");
}

/// Does `harm` to the server again and again under load; returns calls let in and the time in microseconds.
async fn harmed(harm: impl AsyncFn(&local_stack::Redis)) -> (i64, i64) {
    let private = Private::start().await;
    let url = private.server.url();
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| connect(url, "private")).collect();
    let (begun, limits) = (Instant::now(), requests(1_200));
    let harms = async {
        while begun.elapsed() < LOAD {
            harm(&private.server).await;
        }
    };
    let ((calls, _), ()) = tokio::join!(hammer(&clients, "a", &limits, 0), harms);
    // A restart takes the server's clock with it only as long as it is away: it is this machine's.
    (calls, i64::try_from(begun.elapsed().as_micros()).unwrap())
}

#[tokio::test]
async fn data_that_is_lost_in_the_middle_lets_nothing_more_through() {
    let (calls, took) = harmed(async |server| {
        server.cli(&["FLUSHALL"]).await.unwrap();
    })
    .await;
    assert!(calls <= gives(1_200, took), "{calls} in {took}");
}

#[tokio::test]
async fn scripts_that_are_lost_in_the_middle_are_not_missed() {
    let (calls, took) = harmed(async |server| {
        server.cli(&["SCRIPT", "FLUSH"]).await.unwrap();
    })
    .await;
    assert!(calls <= gives(1_200, took), "{calls} in {took}");
    assert!(calls >= 30, "{calls} in {took}");
}

#[tokio::test]
async fn restarts_in_the_middle_let_nothing_more_through() {
    let (calls, took) = harmed(async |server| server.restart().await.unwrap()).await;
    assert!(calls <= gives(1_200, took), "{calls} in {took}");
}
