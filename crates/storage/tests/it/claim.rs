//! Taking evaluations for a worker.

use std::collections::HashMap;
use std::time::Duration;

use domain::{EvaluationId, Priority, State, Tenant};
use futures::future::{join, join_all};
use local_stack::eventually;
use storage::evaluations::{self, NewEvaluation, mark_published};
use uuid::Uuid;

use crate::support::{BOUND, Bench, LEASE, item, item_of, items, tenant};

#[tokio::test]
async fn only_queued_rows_that_are_due_are_claimed() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("some", 3)).await;
    let later = "UPDATE evaluations SET next_run_at = now() + interval '1 hour' WHERE id = $1";
    bench.execute(later, &[&ids[1].0]).await;
    let (first, second) = (bench.worker().await, bench.worker().await);
    let held = bench.claim(first, &ids[2..]).await;
    assert_eq!(held.len(), 1);

    let unknown = EvaluationId(Uuid::now_v7());
    let wanted = [&ids[..], &[unknown, ids[0]]].concat();
    let claimed = bench.claim(second, &wanted).await;
    let claimed: Vec<_> = claimed.iter().map(|one| one.ownership.id).collect();
    assert_eq!(claimed, [ids[0]]);
    assert_eq!(bench.state(ids[1]).await, State::Queued);
    assert!(bench.claim(first, &[]).await.is_empty());
}

#[tokio::test]
async fn a_claim_tells_what_a_worker_needs() {
    let bench = Bench::migrated().await;
    let mut new = item("told");
    new.deadline_seconds = Some(60);
    new.traceparent = Some("00-aa-bb-01".to_owned());
    let ids = bench.submitted(&[new]).await;
    let owner = bench.worker().await;
    let claimed = bench.claim(owner, &ids).await.remove(0);
    assert_eq!(claimed.ownership.owner, owner);
    assert_eq!(claimed.ownership.epoch, 1);
    assert_eq!(claimed.strategy, "direct");
    assert_eq!(claimed.rubric, "general-quality@1");
    assert_eq!(claimed.traceparent.as_deref(), Some("00-aa-bb-01"));
    assert_eq!(claimed.payload_size, r#"{"output":"told"}"#.len());
    // Its own deadline is sooner than the system's bound.
    assert!(claimed.time_left() <= Duration::from_secs(60));
    assert!(claimed.time_left() > Duration::from_secs(30));
}

#[tokio::test]
async fn the_systems_bound_counts_from_the_first_claim() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("slow").await;
    assert!(bench.give_back(&ownership).await);
    let earlier = "UPDATE evaluations SET started_at = now() - interval '20 minutes'";
    bench.execute(earlier, &[]).await;
    let claimed = bench
        .claim(ownership.owner, &[ownership.id])
        .await
        .remove(0);
    assert_eq!(claimed.ownership.epoch, 2);
    // The moment that it has just waited for this claim is given back.
    let left = BOUND - Duration::from_secs(20 * 60);
    let off = claimed.time_left().abs_diff(left);
    assert!(off < Duration::from_secs(20), "{claimed:?}");
}

/// Nobody took it for a while: that is none of its time. What it was put aside for is.
#[tokio::test]
async fn what_it_waits_for_a_worker_is_not_counted() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("waits").await;
    let claim = async || {
        bench
            .claim(ownership.owner, &[ownership.id])
            .await
            .remove(0)
    };
    assert!(bench.give_back(&ownership).await);
    // It ran for 5 minutes, was put aside for 2, and has been due for 50.
    let earlier = "UPDATE evaluations SET started_at = now() - interval '57 minutes',
        updated_at = now() - interval '52 minutes', next_run_at = now() - interval '50 minutes'";
    bench.execute(earlier, &[]).await;
    let claimed = claim().await;
    let left = BOUND - Duration::from_secs(7 * 60);
    let near = |left: Duration| left - Duration::from_secs(20)..=left;
    assert!(near(left).contains(&claimed.time_left()), "{claimed:?}");
    // It keeps its place in the queue, and has been there for 10 minutes more.
    assert!(bench.give_back(&claimed.ownership).await);
    let earlier = "UPDATE evaluations SET updated_at = now() - interval '10 minutes',
        started_at = started_at - interval '10 minutes', next_run_at = next_run_at - interval '10 minutes'";
    bench.execute(earlier, &[]).await;
    let again = claim().await;
    assert!(near(left).contains(&again.time_left()), "{again:?}");
    // Its own deadline does not wait.
    assert!(bench.give_back(&again.ownership).await);
    bench
        .execute(
            "UPDATE evaluations SET deadline_at = now() + interval '1 minute'",
            &[],
        )
        .await;
    assert!(claim().await.time_left() <= Duration::from_secs(60));
}

#[tokio::test]
async fn time_left_is_less_as_time_goes_by() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&[item("passes")]).await;
    let owner = bench.worker().await;
    let mut claimed = bench.claim(owner, &ids).await.remove(0);
    let minute = Duration::from_secs(60);
    let before = claimed.time_left();
    claimed.at = claimed.at.checked_sub(minute).unwrap();
    assert!(claimed.time_left() <= before - minute, "{claimed:?}");
    claimed.at = claimed.at.checked_sub(BOUND).unwrap();
    assert_eq!(claimed.time_left(), Duration::ZERO);
}

/// The statement waits for a row that another has locked: its time goes on meanwhile.
#[tokio::test]
async fn what_a_claim_waits_for_a_lock_is_counted() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&[item("locked")]).await;
    let owner = bench.worker().await;
    bench.execute("BEGIN", &[]).await;
    bench
        .execute("SELECT FROM evaluations FOR UPDATE", &[])
        .await;
    let unlock = async {
        let waiting =
            "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND clock_timestamp() - query_start > interval '1 second'";
        eventually(LEASE, async || {
            bench.execute("SELECT pg_stat_clear_snapshot()", &[]).await;
            bench.count(waiting).await == 1
        })
        .await
        .unwrap();
        bench.execute("COMMIT", &[]).await;
    };
    let (claimed, ()) = join(bench.claim(owner, &ids), unlock).await;
    let left = claimed[0].time_left();
    assert!(left <= BOUND - Duration::from_secs(1), "{left:?}");
}

#[tokio::test]
async fn of_two_that_race_each_row_gets_exactly_one() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("contested", 200)).await;
    let backwards: Vec<_> = ids.iter().rev().copied().collect();
    let (first, second) = (bench.worker().await, bench.worker().await);
    let (one, other) = join(bench.claim(first, &ids), bench.claim(second, &backwards)).await;
    let mut owners = HashMap::new();
    for claimed in one.iter().chain(&other) {
        assert_eq!(claimed.ownership.epoch, 1);
        let earlier = owners.insert(claimed.ownership.id, claimed.ownership.owner);
        assert!(earlier.is_none(), "claimed twice");
    }
    assert_eq!(owners.len(), 200);
    for (id, owner) in owners {
        let row = bench
            .row(
                "SELECT owner, attempts FROM evaluations WHERE id = $1",
                &[&id.0],
            )
            .await;
        assert_eq!(row.get::<_, Uuid>(0), owner);
        assert_eq!(row.get::<_, i32>(1), 1);
    }
}

#[tokio::test]
async fn every_claim_has_a_higher_epoch() {
    let bench = Bench::migrated().await;
    let mut ownership = bench.held("often").await;
    for epoch in 2..6 {
        assert!(bench.give_back(&ownership).await);
        ownership = bench
            .claim(ownership.owner, &[ownership.id])
            .await
            .remove(0)
            .ownership;
        assert_eq!(ownership.epoch, epoch);
    }
}

#[tokio::test]
async fn no_more_of_a_tenant_are_claimed_than_may_run_however_many_claim_at_once() {
    let bench = Bench::migrated().await;
    let (loud, quiet) = (tenant("loud"), tenant("quiet"));
    let of = |tenant: &Tenant, count: usize| -> Vec<NewEvaluation> {
        (0..count)
            .map(|n| item_of(tenant, &n.to_string()))
            .collect()
    };
    let (many, few) = (of(&loud, 60), of(&quiet, 2));
    bench.submitted(&many).await;
    bench.submitted(&few).await;
    let ids: Vec<EvaluationId> = many.iter().chain(&few).map(|new| new.identity.id).collect();
    let workers = join_all((0..4).map(|_| bench.worker())).await;
    let claim = async |worker: &Uuid| {
        evaluations::claim(&bench.database, *worker, &ids, BOUND, Some(7))
            .await
            .unwrap()
    };
    let claimed = join_all(workers.iter().map(claim)).await;
    let claimed: Vec<_> = claimed.into_iter().flatten().collect();
    let of = |tenant: &Tenant| {
        let of_it = claimed.iter().map(|claimed| &claimed.ownership);
        of_it
            .filter(|ownership| ownership.tenant == *tenant)
            .collect::<Vec<_>>()
    };
    assert_eq!((of(&loud).len(), of(&quiet).len()), (7, 2));
    // One that ends makes room for one, which the relay announces; the others are not even announced.
    assert!(bench.give_back(of(&loud)[0]).await);
    let marked = mark_published(&bench.database, Priority::Interactive, 100, Some(7)).await;
    let marked = marked.unwrap();
    assert_eq!(marked.len(), 1, "{marked:?}");
    let again = mark_published(&bench.database, Priority::Interactive, 100, Some(7)).await;
    assert_eq!(again.unwrap(), []);
    assert_eq!(claim(&workers[0]).await.len(), 1);
    let unbounded = bench.claim(workers[0], &ids).await;
    assert_eq!(unbounded.len(), 60 - 7);
}
