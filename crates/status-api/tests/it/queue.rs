//! `GET /v1/queue`.

use std::time::Duration;

use domain::provider_load::ProviderLoad;
use domain::{Limits, MemoryNeeds};
use serde_json::Value;
use storage::provider_loads;
use storage::workers::{self, Load};
use uuid::Uuid;

use crate::support::{Bench, check_problem};

#[tokio::test]
async fn a_tenant_sees_its_own_and_the_sums_and_no_other_name() {
    let bench = Bench::start(|_| {}).await;
    bench.submitted("One of ours.").await;
    for number in 0..2 {
        let id = bench.submitted(&format!("Theirs, {number}.")).await;
        let theirs = "UPDATE evaluations SET tenant = 'somebody-else' WHERE id = $1::text::uuid";
        assert_eq!(bench.execute(theirs, &[&id.to_string()]).await, 1);
    }
    let queue = bench.read("/v1/queue").await;
    assert_eq!(queue["total"][0]["priority"], "interactive");
    assert_eq!(queue["total"][0]["waiting"], 3);
    assert_eq!(queue["total"][1]["waiting"], 0);
    assert_eq!(queue["tenant"]["name"], "default");
    assert_eq!(queue["tenant"]["entries"][0]["waiting"], 1);
    assert_eq!(queue["tenant"]["entries"][0]["complete"], true);
    assert!(!queue.to_string().contains("somebody"), "{queue}");
    // Nobody is there: that is known, and not a guess.
    assert_eq!(queue["slots_wanted"], 3);
    assert_eq!(queue["slots_demanded"], 3);
    assert_eq!(queue["slots_limited_by"], "workers");
    assert_eq!((&queue["slots"], &queue["workers"]), (&0.into(), &0.into()));
}

#[tokio::test]
async fn slots_are_those_of_the_workers_that_are_alive() {
    let bench = Bench::start(|_| {}).await;
    let load = Load {
        every: Duration::from_secs(10),
        lease: Duration::from_secs(600),
        slots: 20,
        taken: 3,
        free_memory: 1 << 20,
        needs: MemoryNeeds::of_calls(1, 1 << 20),
        tenant_slots: None,
    };
    for _ in 0..2 {
        workers::heartbeat(&bench.database, Uuid::now_v7(), "test", load)
            .await
            .unwrap();
    }
    let gone = Load {
        lease: Duration::ZERO,
        ..load
    };
    workers::heartbeat(&bench.database, Uuid::now_v7(), "test", gone)
        .await
        .unwrap();
    let queue = bench.read("/v1/queue").await;
    assert_eq!(queue["slots"], 40);
    assert_eq!(queue["slots_taken"], 6);
    assert_eq!(queue["workers"], 2);
    assert_eq!(queue["slots_limited_by"], Value::Null);
}

#[tokio::test]
async fn no_more_slots_are_wanted_than_providers_can_feed() {
    let bench = Bench::start(|_| {}).await;
    for number in 0..9 {
        bench.submitted(&format!("Number {number}.")).await;
    }
    let load = ProviderLoad {
        provider: "p".to_owned(),
        limits: Limits {
            concurrency: Some(4),
            ..Limits::default()
        },
        in_flight: 0,
        call_seconds: None,
        call_tokens: None,
    };
    // A worker said so, and is gone.
    provider_loads::publish(&bench.database, Uuid::now_v7(), &[load])
        .await
        .unwrap();
    let queue = bench.read("/v1/queue").await;
    assert_eq!(queue["slots_wanted"], 4);
    assert_eq!(queue["slots_demanded"], 9);
    assert_eq!(queue["slots_limited_by"], "workers");
    let load = Load {
        every: Duration::from_secs(10),
        lease: Duration::from_secs(600),
        slots: 20,
        taken: 0,
        free_memory: 1 << 20,
        needs: MemoryNeeds::of_calls(1, 1 << 20),
        tenant_slots: None,
    };
    workers::heartbeat(&bench.database, Uuid::now_v7(), "test", load)
        .await
        .unwrap();
    let queue = bench.read("/v1/queue").await;
    assert_eq!(queue["slots_wanted"], 4);
    assert_eq!(queue["slots_limited_by"], "provider_limits");
}

#[tokio::test]
async fn a_parameter_that_is_not_there_is_refused() {
    let bench = Bench::start(|_| {}).await;
    let answer = bench.get_path("/v1/queue?tenant=somebody").await;
    check_problem(answer, "tenant", 400, "invalid_query").await;
}
