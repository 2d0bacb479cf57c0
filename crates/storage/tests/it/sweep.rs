//! What nobody works on any more.

use std::time::Duration;

use domain::{EvaluationId, Priority, State};
use local_stack::eventually;
use storage::evaluations::{self, expire};
use storage::workers;
use uuid::Uuid;

use crate::support::{BOUND, Bench, LEASE, item, items};

#[tokio::test]
async fn a_lease_is_honoured() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("alive").await;
    assert!(bench.sweep(LEASE, 3).await.is_empty());
    let earlier = "UPDATE evaluations SET next_run_at = now() - interval '1 hour'";
    bench.execute(earlier, &[]).await;
    let older = "UPDATE workers SET heartbeat_at = now() - interval '8 seconds'";
    bench.execute(older, &[]).await;
    let lease = Duration::from_secs(60);
    assert!(bench.sweep(lease, 3).await.is_empty());
    let lease = Duration::from_secs(5);
    let swept = bench.sweep(lease, 3).await;
    assert_eq!(swept.len(), 1);
    assert_eq!(swept[0].id, ownership.id);
    assert!(!swept[0].failed);
    // It has waited its turn once.
    let in_place = "evaluations WHERE next_run_at < now() - interval '59 minutes'";
    assert_eq!(bench.count(in_place).await, 1);
}

#[tokio::test]
async fn a_worker_without_a_row_holds_nothing() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("orphans", 3)).await;
    let claimed = bench.claim(Uuid::now_v7(), &ids).await;
    assert_eq!(claimed.len(), 3);
    let swept = bench.sweep(LEASE, 3).await;
    assert_eq!(swept.len(), 3);
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &ids).await.len(), 3);
}

#[tokio::test]
async fn the_last_crash_that_is_allowed_ends_it_as_poison() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&[item("poison")]).await;
    assert!(die_with(&bench, &ids, false).await.is_empty());
    assert!(die_with(&bench, &ids, false).await.is_empty());
    assert_eq!(die_with(&bench, &ids, true).await, ids);
    let found = evaluations::find(&bench.database, &domain::Tenant::default(), ids[0]).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.state, State::Failed);
    assert_eq!(found.attempts, 3);
    assert_eq!(found.error.unwrap().0, "poison");
    assert!(bench.sweep(LEASE, 3).await.is_empty());
}

/// Has a new worker hold these and die, and says which of them ended for good with the next sweep.
async fn die_with(bench: &Bench, ids: &[EvaluationId], alone: bool) -> Vec<EvaluationId> {
    let owner = bench.worker().await;
    let claimed = if alone {
        let all = evaluations::claim_suspects(&bench.database, owner, ids, BOUND).await;
        all.unwrap()
    } else {
        bench.claim(owner, ids).await
    };
    assert_eq!(claimed.len(), ids.len());
    bench.silence(owner).await;
    let swept = bench.sweep(LEASE, 3).await;
    swept
        .iter()
        .filter(|one| one.failed)
        .map(|one| one.id)
        .collect()
}

#[tokio::test]
async fn what_died_beside_another_is_a_suspect_and_never_poison() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("beside", 2)).await;
    assert!(die_with(&bench, &ids, false).await.is_empty());
    assert_eq!(bench.count("evaluations WHERE company IS NULL").await, 2);
    assert!(die_with(&bench, &ids, false).await.is_empty());
    assert_eq!(bench.count("evaluations WHERE company = 1").await, 2);
    // Neither the stream nor a claim has them any more.
    let announced =
        evaluations::mark_published(&bench.database, Priority::Interactive, 10, None).await;
    assert!(announced.unwrap().is_empty());
    let owner = bench.worker().await;
    assert!(bench.claim(owner, &ids).await.is_empty());
    for _ in 0..4 {
        assert!(die_with(&bench, &ids, true).await.is_empty());
    }
    assert_eq!(die_with(&bench, &ids[..1], true).await, ids[..1]);
    assert_eq!(bench.state(ids[1]).await, State::Queued);
    // Its sender has it run again: as if nothing had been.
    let retried = evaluations::retry(&bench.database, &domain::Tenant::default(), ids[0]).await;
    assert_eq!(retried.unwrap(), evaluations::CommandResult::Yes);
    assert_eq!(bench.claim(owner, &ids[..1]).await.len(), 1);
}

#[tokio::test]
async fn the_company_of_suspects_falls_to_one() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("many", 100)).await;
    die_with(&bench, &ids, false).await;
    die_with(&bench, &ids, false).await;
    assert_eq!(bench.count("evaluations WHERE company = 7").await, 100);
    let group = evaluations::reserve_suspects(&bench.database, 1_000)
        .await
        .unwrap();
    assert_eq!(group.len(), 7);
    let other = evaluations::reserve_suspects(&bench.database, 4)
        .await
        .unwrap();
    assert_eq!(other.len(), 4, "no more than there are slots");
    assert!(
        group.iter().all(|id| !other.contains(id)),
        "what is reserved is left alone"
    );
    // A worker that has anything else does not get them.
    let busy = bench.held("something else").await.owner;
    let claimed = evaluations::claim_suspects(&bench.database, busy, &other, BOUND).await;
    assert!(claimed.unwrap().is_empty());
    assert!(die_with(&bench, &group, true).await.is_empty());
    assert_eq!(bench.count("evaluations WHERE company = 1").await, 7);
    // The others are reserved still.
    let reserved = "UPDATE evaluations SET reserved_at = now() WHERE company > 1";
    bench.execute(reserved, &[]).await;
    let first = evaluations::reserve_suspects(&bench.database, 1_000)
        .await
        .unwrap();
    assert_eq!(first.len(), 1);
}

/// A crash is not laid to what is left when those beside it were taken away meanwhile.
#[tokio::test]
async fn who_is_left_of_several_was_not_alone() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("left", 2)).await;
    die_with(&bench, &ids, false).await;
    die_with(&bench, &ids, false).await;
    let owner = bench.worker().await;
    let claimed = evaluations::claim_suspects(&bench.database, owner, &ids, BOUND).await;
    assert_eq!(claimed.unwrap().len(), 2);
    bench.silence(owner).await;
    evaluations::cancel(&bench.database, &domain::Tenant::default(), ids[1])
        .await
        .unwrap();
    let swept = bench.sweep(LEASE, 3).await;
    assert_eq!((swept.len(), swept[0].failed), (1, false));
}

/// As of a node that fails with all its workers.
#[tokio::test]
async fn where_several_workers_die_at_once_none_is_to_blame() {
    const DIED: &str = "UPDATE workers SET started_at = now() - interval '2 days',
        heartbeat_at = now() - interval '1 day' + $2 * interval '1 second' WHERE id = $1";
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("node", 2)).await;
    let mut failed = Vec::new();
    for crash in 1..=6 {
        let owners = [bench.worker().await, bench.worker().await];
        for (owner, id) in owners.iter().zip(&ids) {
            let found = if crash < 3 {
                bench.claim(*owner, &[*id]).await
            } else {
                evaluations::claim_suspects(&bench.database, *owner, &[*id], BOUND)
                    .await
                    .unwrap()
            };
            assert_eq!(found.len(), 1);
        }
        for (owner, seconds) in owners.iter().zip([0.0, 200.0]) {
            bench.execute(DIED, &[owner, &seconds]).await;
        }
        let swept = bench.sweep(LEASE, 3).await;
        assert_eq!(swept.len(), 2);
        failed.push(swept.iter().filter(|one| one.failed).count());
        bench
            .execute(
                "DELETE FROM workers WHERE heartbeat_at < now() - interval '1 hour'",
                &[],
            )
            .await;
    }
    // Whoever has gone through so many of them is not that innocent.
    assert_eq!(failed, [0, 0, 0, 0, 0, 2]);
}

#[tokio::test]
async fn two_that_sweep_at_once_count_each_crash_once() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("swept", 100)).await;
    let _claimed = bench.claim(Uuid::now_v7(), &ids).await;
    let (one, other) = futures::future::join(bench.sweep(LEASE, 3), bench.sweep(LEASE, 3)).await;
    assert_eq!(one.len() + other.len(), 100);
    assert_eq!(bench.count("evaluations WHERE crashes = 1").await, 100);
}

#[tokio::test]
async fn who_was_not_heard_of_itself_finds_nobody_dead() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("asleep").await;
    let by = bench.worker().await;
    // As after a night in which the whole machine was asleep.
    let later = "UPDATE workers SET heartbeat_at = now() - interval '8 hours'";
    bench.execute(later, &[]).await;
    let swept = evaluations::sweep(&bench.database, by, LEASE, 3).await;
    assert!(swept.unwrap().is_empty());
    assert_eq!(bench.state(ownership.id).await, State::Running);
    assert_eq!(bench.sweep(LEASE, 3).await.len(), 1);
}

#[tokio::test]
async fn what_another_claimed_meanwhile_is_left_to_it() {
    // Whoever reads workers waits for the lock: the sweep has its snapshot by then, and has not locked what it finds.
    const WAITS: &str = "
        CREATE VIEW workers AS SELECT * FROM all_workers WHERE pg_advisory_xact_lock(7) IS NOT NULL";
    const WAITING: &str = "pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("orphans", 2)).await;
    bench.claim(Uuid::now_v7(), &ids).await;
    let alive = bench.worker().await;
    let hidden = "ALTER TABLE workers RENAME TO all_workers";
    bench.execute(hidden, &[]).await;
    bench.execute(WAITS, &[]).await;
    bench.row("SELECT pg_advisory_lock(7)::text", &[]).await;
    let meanwhile = async {
        eventually(Duration::from_secs(20), async || {
            let found = bench.count(WAITING).await;
            if found == 1 {
                Ok(())
            } else {
                Err("nobody waits")
            }
        })
        .await
        .unwrap();
        // Swept and claimed by others.
        let claimed = "UPDATE evaluations SET owner = $1, epoch = epoch + 2 WHERE id = $2";
        assert_eq!(bench.execute(claimed, &[&alive, &ids[1].0]).await, 1);
        bench.row("SELECT pg_advisory_unlock(7)", &[]).await;
    };
    let sweep = evaluations::sweep(&bench.database, alive, LEASE, 3);
    let (swept, ()) = futures::future::join(sweep, meanwhile).await;
    let swept: Vec<_> = swept.unwrap().iter().map(|one| one.id).collect();
    assert_eq!(swept, ids[..1]);
    assert_eq!(bench.state(ids[1]).await, State::Running);
    assert_eq!(bench.count("evaluations WHERE crashes = 0").await, 1);
}

#[tokio::test]
async fn what_is_past_its_own_deadline_fails_wherever_it_is() {
    let bench = Bench::migrated().await;
    let mut texts = items("hurried", 3);
    for item in &mut texts {
        item.deadline_seconds = Some(60);
    }
    let ids = bench.submitted(&texts).await;
    let patient = bench.submitted(&[item("patient")]).await;
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &ids[..1]).await.len(), 1);
    assert!(expire(&bench.database).await.unwrap().is_empty());
    let late = "UPDATE evaluations SET deadline_at = now() - interval '1 second'
        WHERE id = ANY($1)";
    bench.execute(late, &[&vec![ids[0].0, ids[1].0]]).await;
    let expired = expire(&bench.database).await.unwrap();
    let mut expired: Vec<_> = expired.iter().map(|swept| swept.id).collect();
    expired.sort_unstable();
    let mut wanted = ids[..2].to_vec();
    wanted.sort_unstable();
    assert_eq!(expired, wanted);
    assert_eq!(bench.state(ids[0]).await, State::Failed);
    assert_eq!(bench.state(ids[2]).await, State::Queued);
    assert_eq!(bench.state(patient[0]).await, State::Queued);
    let code = "evaluations WHERE error_code = 'deadline_exceeded'";
    assert_eq!(bench.count(code).await, 2);
}

#[tokio::test]
async fn a_silent_worker_is_forgotten_only_when_it_holds_nothing() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("held").await;
    let idle = bench.worker().await;
    let alive = bench.worker().await;
    bench.silence(ownership.owner).await;
    bench.silence(idle).await;
    let forgotten = workers::forget(&bench.database, LEASE).await.unwrap();
    assert_eq!(forgotten, 1);
    workers::leave(&bench.database, alive).await.unwrap();
    let left: Uuid = bench.row("SELECT id FROM workers", &[]).await.get(0);
    assert_eq!(left, ownership.owner);
}
