//! What leave for a call costs: one round trip before it.

use std::time::{Duration, Instant};

use domain::Limits;
use futures::future::join_all;
use queue::Redis;
use queue::circuit::{CircuitQuery, CircuitReport};
use queue::limiter::{Admission, CallEnd, CallRequest};

use crate::support::{Private, connect, request};

const CLIENTS: usize = 8;
const CALLS: usize = 250;

const LIMITS: Limits = Limits {
    requests_per_minute: Some(600_000_000),
    tokens_per_minute: Some(600_000_000),
    concurrency: Some(1_000_000),
};

/// Lets calls in and ends them, one after the other; returns how long leave for each took.
async fn calls(client: usize, redis: &Redis) -> Vec<Duration> {
    let mut took = Vec::new();
    for turn in 0..CALLS {
        let call = format!("{client}/{turn}");
        let request = CallRequest {
            tokens: 10,
            ..request(&LIMITS, &call)
        };
        let query = CircuitQuery {
            deployment: "a:m",
            known: None,
        };
        let begun = Instant::now();
        let decision = redis.admit(&request, Some(&query)).await.unwrap();
        took.push(begun.elapsed());
        assert!(decision.admission != Admission::Barred);
        let end = CallEnd {
            account: "a",
            limits: &LIMITS,
            call: &call,
            reserved: 10,
            used: 10,
        };
        let report = CircuitReport {
            deployment: "a:m",
            generation: Some(0),
            outcome: Some(domain::circuit::CallOutcome::Answered),
        };
        redis.settle(&end, Some(&report)).await.unwrap();
    }
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_for_a_call_is_one_round_trip_of_a_few_hundred_bytes() {
    let private = Private::start().await;
    let url = private.server.url();
    let clients: Vec<Redis> = (0..CLIENTS).map(|_| connect(url, "private")).collect();
    let sent = async || -> u64 {
        let told = private.server.cli(&["INFO", "stats"]).await.unwrap();
        let line = told
            .lines()
            .find_map(|line| line.strip_prefix("total_net_input_bytes:"));
        line.unwrap().trim().parse().unwrap()
    };
    // The script has been sent by now.
    let first = calls(CLIENTS, &clients[0]).await;
    assert_eq!(first.len(), CALLS);
    let before = sent().await;
    let told = join_all(
        clients
            .iter()
            .enumerate()
            .map(|(client, redis)| calls(client, redis)),
    )
    .await;
    let bytes = (sent().await - before) / (CLIENTS * CALLS) as u64;
    let mut took: Vec<Duration> = told.into_iter().flatten().collect();
    took.sort_unstable();
    let percentile = |percent: usize| took[took.len() * percent / 100].as_secs_f64() * 1e3;
    #[expect(clippy::print_stdout, reason = "the figure that this test is for")]
    {
        println!(
            "leave for a call, {CLIENTS} clients at once: p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms; {bytes} bytes a call to Redis",
            percentile(50),
            percentile(90),
            percentile(99)
        );
    }
    // The script alone is ten thousand.
    assert!(bytes < 2_000, "{bytes}");
}
