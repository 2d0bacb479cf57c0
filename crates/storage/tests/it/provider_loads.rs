//! What workers say of their providers, and how many slots there should be.

use std::time::Duration;

use domain::Limits;
use domain::provider_load::ProviderLoad;
use storage::{provider_loads, slots_wanted};
use uuid::Uuid;

use crate::support::Bench;

fn told(provider: &str, in_flight: u64, seconds: Option<f64>) -> ProviderLoad {
    ProviderLoad {
        provider: provider.to_owned(),
        limits: Limits {
            requests_per_minute: Some(300),
            tokens_per_minute: None,
            concurrency: Some(40),
        },
        in_flight,
        call_seconds: seconds,
        call_tokens: None,
    }
}

#[tokio::test]
async fn workers_are_added_up_and_the_last_word_outlives_them() {
    let bench = Bench::migrated().await;
    let load = async || provider_loads::load(&bench.database).await.unwrap();
    let publish = async |worker: Uuid, loads: &[ProviderLoad]| {
        provider_loads::publish(&bench.database, worker, loads)
            .await
            .unwrap();
    };
    assert_eq!(load().await, []);
    let [one, other] = [Uuid::now_v7(), Uuid::now_v7()];
    publish(one, &[told("p", 3, Some(1.0)), told("q", 1, None)]).await;
    publish(other, &[told("p", 4, Some(2.0))]).await;
    assert_eq!(load().await, [told("p", 7, Some(1.5)), told("q", 1, None)]);
    // A provider that is not in the settings any more is not reckoned with.
    publish(one, &[told("p", 2, Some(1.0))]).await;
    assert_eq!(load().await, [told("p", 6, Some(1.5))]);

    // All are gone: nothing is under way, and what calls take is still known.
    let long_ago = "UPDATE provider_loads SET said_at = said_at - interval '1 day'";
    bench.execute(long_ago, &[]).await;
    assert_eq!(load().await, [told("p", 0, Some(1.5))]);
    // The next one speaks for itself, and those before it go.
    publish(Uuid::now_v7(), &[told("p", 1, None)]).await;
    assert_eq!(load().await, [told("p", 1, None)]);
    let rows = bench.execute("DELETE FROM provider_loads", &[]).await;
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn slots_wanted_are_said_again_when_they_are_old() {
    let bench = Bench::migrated().await;
    let publish = async |slots, every| {
        slots_wanted::publish(&bench.database, slots, Duration::from_secs(every))
            .await
            .unwrap();
    };
    // As a scaler asks: one row where it is known, and none where it is not.
    let fresh = async |slots: i64| {
        let sql = "UPDATE worker_slots_wanted SET slots = slots
            WHERE counted_at > now() - interval '1 minute' AND slots = $1";
        bench.execute(sql, &[&slots]).await
    };
    assert_eq!(fresh(0).await, 0);
    publish(7, 60).await;
    assert_eq!(fresh(7).await, 1);
    publish(8, 60).await;
    assert_eq!(fresh(7).await, 1);
    publish(8, 0).await;
    assert_eq!(fresh(8).await, 1);
    let long_ago = "UPDATE worker_slots_wanted SET counted_at = now() - interval '2 minutes'";
    bench.execute(long_ago, &[]).await;
    assert_eq!(fresh(8).await, 0);
}
