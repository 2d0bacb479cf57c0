//! What nobody works on any more.

use std::time::Duration;

use domain::State;
use local_stack::eventually;
use storage::evaluations::{self, expire};
use storage::workers;
use uuid::Uuid;

use crate::support::{Bench, LEASE, item, items};

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
    for crash in 1..=3 {
        let owner = bench.worker().await;
        assert_eq!(bench.claim(owner, &ids).await.len(), 1);
        bench.silence(owner).await;
        let swept = bench.sweep(LEASE, 3).await;
        assert_eq!(swept[0].failed, crash == 3);
    }
    let found = evaluations::find(&bench.database, &domain::Tenant::default(), ids[0]).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.state, State::Failed);
    assert_eq!(found.attempts, 3);
    assert_eq!(found.error.unwrap().0, "poison");
    assert!(bench.sweep(LEASE, 3).await.is_empty());
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
    const WAITS: &str = "
        CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF OLD.correlation_id = 'first' THEN PERFORM pg_advisory_xact_lock(7); END IF;
            RETURN NEW;
        END $$";
    const TRIGGER: &str =
        "CREATE TRIGGER waits BEFORE UPDATE ON evaluations FOR EACH ROW EXECUTE FUNCTION waits()";
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("orphans", 2)).await;
    bench.claim(Uuid::now_v7(), &ids).await;
    // The statement gets to the second only when it has done with the first.
    let order = "UPDATE evaluations SET correlation_id = 'first'
        WHERE ctid = (SELECT min(ctid) FROM evaluations)";
    assert_eq!(bench.execute(order, &[]).await, 1);
    bench.execute(WAITS, &[]).await;
    bench.execute(TRIGGER, &[]).await;
    bench.row("SELECT pg_advisory_lock(7)::text", &[]).await;
    let alive = bench.worker().await;
    let meanwhile = async {
        let waiting = "pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        eventually(Duration::from_secs(20), async || {
            let found = bench.count(waiting).await;
            if found == 1 {
                Ok(())
            } else {
                Err("nobody waits")
            }
        })
        .await
        .unwrap();
        // Swept and claimed by others.
        let claimed = "UPDATE evaluations SET owner = $1, epoch = epoch + 2
            WHERE id = (SELECT id FROM evaluations WHERE correlation_id <> 'first')";
        assert_eq!(bench.execute(claimed, &[&alive]).await, 1);
        bench.row("SELECT pg_advisory_unlock(7)", &[]).await;
    };
    let (swept, ()) = futures::future::join(bench.sweep(LEASE, 3), meanwhile).await;
    assert_eq!(swept.len(), 1);
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
