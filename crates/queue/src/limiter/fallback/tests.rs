//! The stand-in, with the time passed in.

mod bound;

use std::time::{Duration, Instant};

use super::{AdmissionRequest, LocalFallback};
use crate::limiter::Admission;
use domain::Limits;

const LONG: Duration = Duration::from_secs(300);
const MS: Duration = Duration::from_millis(1);

/// One worker's view, from a moment on.
struct Bench {
    local: LocalFallback,
    limits: Limits,
    workers: u32,
    now: Instant,
    calls: u32,
}

impl Bench {
    fn new(requests: Option<u32>, tokens: Option<u64>, concurrency: Option<u32>) -> Self {
        Self {
            local: LocalFallback::default(),
            limits: Limits {
                requests_per_minute: requests,
                tokens_per_minute: tokens,
                concurrency,
            },
            workers: 1,
            now: Instant::now(),
            calls: 0,
        }
    }

    fn asking<'a>(&self, limits: &'a Limits, call: &'a str) -> AdmissionRequest<'a> {
        AdmissionRequest {
            account: "a",
            limits,
            call,
            workers: self.workers,
            now: self.now,
        }
    }

    fn admit(&mut self, call: &str, tokens: u64) -> Admission {
        let limits = self.limits;
        let asking = self.asking(&limits, call);
        self.local.admit(asking, tokens, LONG)
    }

    /// Under a name of its own.
    fn next(&mut self, tokens: u64) -> Admission {
        self.calls += 1;
        self.admit(&format!("call {}", self.calls), tokens)
    }

    fn settle(&mut self, call: &str, reserved: u64, used: u64) {
        let limits = self.limits;
        let asking = self.asking(&limits, call);
        self.local.settle(asking, reserved, used);
    }

    #[track_caller]
    fn refused(&mut self, tokens: u64, millis: u32) {
        let after = MS * millis;
        assert_eq!(self.next(tokens), Admission::Later { after });
    }

    #[track_caller]
    fn let_in(&mut self, tokens: u64) {
        assert_eq!(self.next(tokens), Admission::Admitted);
    }
}

#[test]
fn a_bucket_begins_empty_and_fills_at_half_the_rate_shared() {
    let mut bench = Bench::new(Some(600), None, None);
    bench.refused(0, 200);
    bench.now += MS * 150;
    bench.refused(0, 50);
    bench.now += MS * 50;
    bench.let_in(0);
    bench.refused(0, 200);
    // Another number of workers counts from the next call on.
    bench.workers = 5;
    bench.refused(0, 1000);
    bench.workers = 0;
    bench.refused(0, 200);
    // However long nobody asks, it holds what 6 s give.
    bench.now += LONG;
    for _ in 0..30 {
        bench.let_in(0);
    }
    bench.refused(0, 200);
    // A time that lies back adds nothing, then or later.
    bench.now -= MS * 100;
    bench.refused(0, 200);
    bench.now += MS * 200;
    bench.refused(0, 100);
}

#[test]
fn the_slowest_rate_still_lets_one_in() {
    let mut bench = Bench::new(Some(1), None, None);
    bench.workers = 100;
    bench.refused(0, 200 * 60_000);
    bench.now += MS * 200 * 60_000;
    bench.let_in(0);
    bench.refused(0, 200 * 60_000);
}

#[test]
fn a_refused_call_takes_nothing() {
    let mut bench = Bench::new(Some(600), Some(1200), Some(2));
    bench.refused(10, 1000);
    bench.now += MS * 200;
    // A request is there, the tokens are not.
    bench.refused(10, 800);
    bench.let_in(2);
    bench.now += MS * 200;
    // All but a place, and it has taken nothing of the rest.
    bench.refused(2, 1000);
    bench.settle("call 3", 2, 2);
    bench.let_in(2);
    bench.refused(0, 1000);
}

#[test]
fn places_are_half_the_shared_ones_and_at_least_one() {
    let mut bench = Bench::new(None, None, Some(15));
    for _ in 0..7 {
        bench.let_in(0);
    }
    bench.refused(0, 1000);
    bench.settle("call 3", 0, 0);
    bench.settle("call 3", 0, 0);
    bench.let_in(0);
    bench.refused(0, 1000);
    // More workers: nothing is taken away, and one is left to each.
    bench.workers = 1000;
    for call in 1..=9 {
        bench.refused(0, 1000);
        bench.settle(&format!("call {call}"), 0, 0);
    }
    bench.let_in(0);
    bench.refused(0, 1000);
    // Its time is nearly over, then it is.
    bench.now += LONG - MS * 30;
    bench.refused(0, 30);
    bench.now += MS * 30;
    bench.let_in(0);
}

#[test]
fn calls_that_redis_let_in_take_places_and_no_tokens() {
    let mut bench = Bench::new(None, Some(1200), Some(2));
    let limits = bench.limits;
    let asking = bench.asking(&limits, "before");
    bench.local.occupy(asking, LONG, false);
    bench.local.restart();
    bench.refused(0, 1000);
    bench.settle("before", 1000, 0);
    bench.let_in(0);
    bench.settle("call 2", 0, 0);
    bench.refused(1, 100);
}

#[test]
fn settling_gives_back_and_takes_as_it_was() {
    let mut bench = Bench::new(None, Some(1200), None);
    bench.refused(60, 6000);
    bench.now += LONG;
    assert_eq!(bench.admit("one", 40), Admission::Admitted);
    assert_eq!(bench.admit("one", 40), Admission::Admitted);
    bench.settle("one", 40, 10);
    bench.settle("one", 40, 10);
    bench.refused(60, 1000);
    // Beyond what was reserved, down to minus a bucket.
    assert_eq!(bench.admit("two", 50), Admission::Admitted);
    bench.settle("two", 50, 70);
    bench.refused(1, 2100);
    bench.now += MS * 2000;
    assert_eq!(bench.admit("three", 0), Admission::Admitted);
    bench.settle("three", 0, u64::MAX);
    bench.refused(0, 6000);
    // An estimate above the bucket waits for a full one, and is owed whole.
    bench.refused(6000, 12_000);
    bench.now += MS * 12_000;
    assert_eq!(bench.admit("large", 6000), Admission::Admitted);
    bench.refused(0, 594_000);
    bench.settle("large", 6000, 0);
    bench.let_in(60);
}

#[test]
fn a_new_start_is_an_empty_one() {
    let mut bench = Bench::new(Some(600), None, None);
    bench.refused(0, 200);
    bench.now += LONG;
    bench.let_in(0);
    bench.local.restart();
    bench.refused(0, 200);
}
