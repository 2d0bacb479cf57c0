//! How much there is to do: counted by one, read by all.

use std::time::Duration;

use domain::{MemoryNeeds, Priority, Tenant};
use storage::queue_figures::{load, of_tenant, refresh};
use storage::workers;

use crate::support::{Bench, item_of, items, tenant};

const NOW: Priority = Priority::Interactive;
const NEEDS: MemoryNeeds = MemoryNeeds {
    fixed: 64,
    copies: 3,
    max: 10_000,
};

#[tokio::test]
async fn the_backlog_is_counted_by_priority() {
    let bench = Bench::migrated().await;
    let count = async |priority| {
        refresh(&bench.database, Duration::ZERO, NEEDS)
            .await
            .unwrap();
        load(&bench.database, priority).await.unwrap().unwrap()
    };
    let empty = count(NOW).await;
    assert_eq!((empty.waiting, empty.in_flight), (0, 0));
    assert!(empty.oldest_seconds.abs() < f64::EPSILON);
    let ids = bench.submitted(&items("counted", 3)).await;
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &ids[..1]).await.len(), 1);
    bench
        .execute(
            "UPDATE evaluations SET next_run_at = now() - interval '90 seconds'",
            &[],
        )
        .await;
    let found = count(NOW).await;
    assert_eq!((found.waiting, found.in_flight), (2, 1));
    assert!((90.0..120.0).contains(&found.oldest_seconds), "{found:?}");
    let later = "UPDATE evaluations SET next_run_at = now() + interval '1 hour'";
    bench.execute(later, &[]).await;
    let put_aside = count(NOW).await;
    assert_eq!((put_aside.waiting, put_aside.in_flight), (2, 1));
    assert!(
        put_aside.oldest_seconds.abs() < f64::EPSILON,
        "{put_aside:?}"
    );
    let other = count(Priority::Batch).await;
    assert_eq!((other.waiting, other.in_flight), (0, 0));
}

#[tokio::test]
async fn what_is_fresh_is_not_counted_again() {
    let bench = Bench::migrated().await;
    let minute = Duration::from_secs(60);
    let waiting = async || load(&bench.database, NOW).await.unwrap().unwrap().waiting;
    refresh(&bench.database, minute, NEEDS).await.unwrap();
    bench.submitted(&items("fresh", 2)).await;
    refresh(&bench.database, minute, NEEDS).await.unwrap();
    assert_eq!(waiting().await, 0);
    let aged = "UPDATE queue_figures SET counted_at = now() - interval '61 seconds'";
    bench.execute(aged, &[]).await;
    refresh(&bench.database, minute, NEEDS).await.unwrap();
    assert_eq!(waiting().await, 2);
    // Twenty million took their time: the next count is due a hundred seconds after the last.
    let many =
        "UPDATE queue_figures SET waiting = 20000000, counted_at = now() - interval '90 seconds'";
    bench.execute(many, &[]).await;
    refresh(&bench.database, minute, NEEDS).await.unwrap();
    assert_eq!(waiting().await, 20_000_000);
    bench.execute(&many.replace("90", "101"), &[]).await;
    refresh(&bench.database, minute, NEEDS).await.unwrap();
    assert_eq!(waiting().await, 2);
}

#[tokio::test]
async fn nobody_waits_for_another_who_counts_and_what_is_old_is_not_known() {
    let bench = Bench::migrated().await;
    let known = async || load(&bench.database, NOW).await.unwrap();
    bench.submitted(&items("busy", 1)).await;
    // As one does who is in the middle of it.
    bench.execute("BEGIN", &[]).await;
    let counting = "UPDATE queue_figures SET waiting = 7, counted_at = now()";
    bench.execute(counting, &[]).await;
    refresh(&bench.database, Duration::ZERO, NEEDS)
        .await
        .unwrap();
    assert_eq!(known().await, None);
    bench.execute("COMMIT", &[]).await;
    assert_eq!(known().await.unwrap().waiting, 7);
    let aged = "UPDATE queue_figures SET counted_at = now() - interval '61 seconds'";
    bench.execute(aged, &[]).await;
    assert_eq!(known().await, None);
}

#[tokio::test]
async fn the_memory_that_is_needed_is_counted_with_the_evaluations() {
    let bench = Bench::migrated().await;
    let count = async || {
        refresh(&bench.database, Duration::ZERO, NEEDS)
            .await
            .unwrap();
        let counted = load(&bench.database, NOW).await.unwrap().unwrap();
        (counted.waiting_memory, counted.in_flight_memory)
    };
    assert_eq!(count().await, (0, 0));
    let ids = bench.submitted(&items("sized", 4)).await;
    // 3 x 2 KiB and 64 of its own; 1 MiB likewise; what is larger than everything takes everything.
    for (id, size) in ids.iter().zip([2048_i64, 1 << 20, 1 << 30, 100 << 20]) {
        let sized = "UPDATE payloads SET size = $2 WHERE evaluation_id = $1";
        bench.execute(sized, &[&id.0, &size]).await;
    }
    assert_eq!(count().await, (70 + 3136 + 10_000 + 10_000, 0));
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &ids[1..2]).await.len(), 1);
    assert_eq!(count().await, (70 + 10_000 + 10_000, 3136));
    // As a worker reckons.
    assert_eq!(NEEDS.of(2048), 70);
    assert_eq!(NEEDS.of(1 << 20), 3136);
}

#[tokio::test]
async fn a_tenants_own_are_those_in_the_window_and_behind_it() {
    let bench = Bench::migrated().await;
    let theirs = tenant("another");
    let ids = bench.submitted(&items("ours", 4)).await;
    bench.submitted(&[item_of(&theirs, "theirs")]).await;
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &ids[..1]).await.len(), 1);
    let aged = "UPDATE evaluations SET next_run_at = now() - interval '90 seconds' WHERE id = $1";
    bench.execute(aged, &[&ids[1].0]).await;
    let published = "UPDATE evaluations SET announced_at = now() WHERE id = $1";
    for id in [ids[1], ids[2]] {
        bench.execute(published, &[&id.0]).await;
    }
    let [now, later] = of_tenant(&bench.database, &Tenant::default())
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!((now.priority, later.priority), (NOW, Priority::Batch));
    assert_eq!((now.waiting, now.in_flight), (3, 1));
    assert!((90.0..120.0).contains(&now.oldest_seconds), "{now:?}");
    assert_eq!((later.waiting, later.in_flight), (0, 0));
    let others = of_tenant(&bench.database, &theirs).await.unwrap();
    assert_eq!((others[0].waiting, others[0].in_flight), (1, 0));
    assert!(others[0].oldest_seconds < 60.0, "{others:?}");
}

#[tokio::test]
async fn what_a_worker_can_run_is_told_by_one_that_is_alive_or_else_by_the_last() {
    let bench = Bench::migrated().await;
    assert_eq!(workers::size(&bench.database).await.unwrap(), None);
    let first = bench.worker().await;
    bench
        .execute(
            "UPDATE workers SET slots = 7, heartbeat_at = now() - interval '1 day'",
            &[],
        )
        .await;
    let slots = async || workers::size(&bench.database).await.unwrap().unwrap().slots;
    assert_eq!(slots().await, 7);
    bench.worker().await;
    assert_eq!(slots().await, 10);
    bench.silence(first).await;
    let capacity = workers::capacity(&bench.database, Duration::ZERO);
    let capacity = capacity.await.unwrap();
    assert_eq!((capacity.alive, capacity.slots), (1, 10));
}
