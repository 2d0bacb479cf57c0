//! An old owner's writes change nothing.

use std::time::Duration;

use domain::State;
use domain::timeline::Cause;
use storage::evaluations::{RequeueResult, fail, requeue_after_failure};
use storage::replies::{Cost, Stored};
use storage::{Ownership, assessments, plans};

use crate::support::{Bench, LEASE, aside, assessment, commit, committed, failure, plan};

/// Tries every write that an owner may do; none may say that it did something.
async fn every_write_is_lost(bench: &Bench, old: &Ownership) {
    let database = &bench.database;
    let before = bench.everything(old.id).await;
    let cost = Cost::default();
    assert!(!commit(database, old, "judge", "late", cost).await.unwrap());
    assert!(
        !commit(database, old, "another", "late", cost)
            .await
            .unwrap()
    );
    let mut other = plan();
    "another".clone_into(&mut other.model);
    assert!(!plans::store(database, old, &other, 9).await.unwrap());
    let late = assessment("late");
    assert!(!assessments::finish(database, old, &late).await.unwrap());
    assert!(
        !fail(database, old, &failure("late"), &Cause::default())
            .await
            .unwrap()
    );
    let released =
        requeue_after_failure(database, old, &aside(Duration::ZERO, "late", (1, 1))).await;
    assert_eq!(released.unwrap(), RequeueResult::Lost);
    assert!(!bench.give_back(old).await);
    assert_eq!(bench.everything(old.id).await, before);
}

/// The same, claimed anew after its worker was found dead.
async fn taken_over(bench: &Bench, old: &Ownership) -> Ownership {
    bench.silence(old.owner).await;
    let swept = bench.sweep(LEASE, 9).await;
    assert_eq!(swept.len(), 1);
    let heir = bench.worker().await;
    bench.claim(heir, &[old.id]).await.remove(0).ownership
}

#[tokio::test]
async fn nothing_is_written_once_the_owner_was_swept() {
    let bench = Bench::migrated().await;
    let old = bench.held("swept").await;
    bench.silence(old.owner).await;
    drop(bench.sweep(LEASE, 9).await);
    assert_eq!(bench.state(old.id).await, State::Queued);
    every_write_is_lost(&bench, &old).await;
}

#[tokio::test]
async fn nothing_is_written_once_another_holds_it() {
    let bench = Bench::migrated().await;
    let old = bench.held("taken over").await;
    let cost = Cost::default();
    assert!(
        commit(&bench.database, &old, "judge", "first", cost)
            .await
            .unwrap()
    );
    let heir = taken_over(&bench, &old).await;
    assert!(heir.epoch > old.epoch);
    every_write_is_lost(&bench, &old).await;

    // The heir finds what was paid for, and may go on.
    let kept = bench.replies_of(&old, 1).await;
    let known = Stored::Known(vec![committed("judge", "first")]);
    assert_eq!(kept.unwrap(), known);
    assert!(
        assessments::finish(&bench.database, &heir, &assessment("mine"))
            .await
            .unwrap()
    );
    every_write_is_lost(&bench, &old).await;
    every_write_is_lost(&bench, &heir).await;
}

#[tokio::test]
async fn the_same_worker_under_an_older_epoch_is_an_old_owner_too() {
    let bench = Bench::migrated().await;
    let old = bench.held("given back").await;
    assert!(bench.give_back(&old).await);
    every_write_is_lost(&bench, &old).await;
    let again = bench.claim(old.owner, &[old.id]).await.remove(0).ownership;
    assert_eq!(again.owner, old.owner);
    every_write_is_lost(&bench, &old).await;
}

#[tokio::test]
async fn nothing_is_written_after_the_end() {
    let bench = Bench::migrated().await;
    let failed = bench.held("failed").await;
    let done = fail(
        &bench.database,
        &failed,
        &failure("over"),
        &Cause::default(),
    )
    .await;
    assert!(done.unwrap());
    every_write_is_lost(&bench, &failed).await;

    let exhausted = bench.held("exhausted").await;
    let released = requeue_after_failure(
        &bench.database,
        &exhausted,
        &aside(Duration::ZERO, "x", (1, 1)),
    )
    .await;
    assert_eq!(released.unwrap(), RequeueResult::Exhausted);
    every_write_is_lost(&bench, &exhausted).await;
}

#[tokio::test]
async fn a_reply_and_a_plan_that_are_there_stay() {
    let bench = Bench::migrated().await;
    let ownership = bench.held("written twice").await;
    let database = &bench.database;
    let cost = Cost {
        cached_input_tokens: None,
        cache_write_tokens: None,
        input_tokens: Some(5),
        output_tokens: Some(7),
        nano_usd: Some(11),
    };
    for text in ["first", "second"] {
        let mut plan = plan();
        plan.nonce = text.to_owned();
        assert!(plans::store(database, &ownership, &plan, 1).await.unwrap());
        assert!(
            commit(database, &ownership, "judge", text, cost)
                .await
                .unwrap()
        );
    }
    let kept = bench.replies_of(&ownership, 1).await;
    let known = Stored::Known(vec![committed("judge", "first")]);
    assert_eq!(kept.unwrap(), known);
    let stored = plans::load(database, &ownership.tenant, ownership.id).await;
    let Some(plans::Stored::Known(stored)) = stored.unwrap() else {
        panic!("no plan");
    };
    assert_eq!(stored.nonce, "first");
}
