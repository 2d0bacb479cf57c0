//! Commands for all evaluations that match.

use std::time::Duration;

use domain::timeline::Cause;
use domain::{EvaluationId, State, Tenant};
use storage::bulk_commands::{self, BulkKind, ClaimedCommand, begin, claim, count, run_batch};
use storage::evaluations::{Filter, fail};

use crate::support::{Bench, failure, item, item_of, tenant};

const LEASE: Duration = Duration::from_secs(60);

fn rejected() -> Filter {
    Filter {
        error_code: Some("provider_rejected".to_owned()),
        ..Filter::default()
    }
}

async fn failed(bench: &Bench, text: &str) -> EvaluationId {
    let ownership = bench.held(text).await;
    assert!(
        fail(
            &bench.database,
            &ownership,
            &failure("no"),
            &Cause::default()
        )
        .await
        .unwrap()
    );
    ownership.id
}

async fn given(bench: &Bench, kind: BulkKind, filter: &Filter) -> uuid::Uuid {
    let (database, tenant) = (&bench.database, Tenant::default());
    let matched = count(database, &tenant, kind, filter).await.unwrap();
    let parameters = [("status".to_owned(), "failed".to_owned())];
    let begun = begin(database, &tenant, kind, &parameters, matched).await;
    let begun = begun.unwrap();
    assert_eq!((begun.done, begun.finished_at), (0, None));
    assert_eq!(begun.matched, matched);
    begun.id
}

async fn claimed(bench: &Bench) -> Option<ClaimedCommand> {
    claim(&bench.database, LEASE).await.unwrap()
}

/// Carries out what there is, in batches of two; says how many evaluations each changed.
async fn carry_out(bench: &Bench, filter: &Filter) -> Vec<usize> {
    let mut batches = Vec::new();
    while let Some(command) = claimed(bench).await {
        let changed = run_batch(&bench.database, &command, filter, 2).await;
        batches.push(changed.unwrap().len());
    }
    batches
}

/// How often it was run, and where it is.
async fn round(bench: &Bench, id: EvaluationId) -> (i32, State) {
    let sql = "SELECT round FROM evaluations WHERE id = $1";
    (bench.row(sql, &[&id.0]).await.get(0), bench.state(id).await)
}

#[tokio::test]
async fn a_command_changes_what_matches_and_was_there_before_it() {
    let bench = Bench::migrated().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(failed(&bench, &format!("failed {n}")).await);
    }
    let without_payload = failed(&bench, "its payload is gone").await;
    let gone = "DELETE FROM payloads WHERE evaluation_id = $1";
    bench.execute(gone, &[&without_payload.0]).await;
    let other = bench
        .submitted(&[item_of(&tenant("other"), "theirs")])
        .await[0];
    let owner = bench.worker().await;
    let theirs = bench.claim(owner, &[other]).await.remove(0).ownership;
    assert!(
        fail(&bench.database, &theirs, &failure("no"), &Cause::default())
            .await
            .unwrap()
    );
    let waiting = bench.submitted(&[item("waits")]).await[0];

    let id = given(&bench, BulkKind::Retry, &rejected()).await;
    let later = failed(&bench, "failed after the command").await;
    assert_eq!(carry_out(&bench, &rejected()).await, [2, 2, 1]);
    let tenant = Tenant::default();
    let command = bulk_commands::find(&bench.database, &tenant, id).await;
    let command = command.unwrap().unwrap();
    assert_eq!((command.matched, command.done), (5, 5));
    assert!(command.finished_at.is_some());
    for id in ids {
        assert_eq!(round(&bench, id).await, (2, State::Queued));
    }
    for (id, state) in [
        (without_payload, State::Failed),
        (other, State::Failed),
        (waiting, State::Queued),
        (later, State::Failed),
    ] {
        assert_eq!(round(&bench, id).await, (1, state));
    }
    let foreign = bulk_commands::find(&bench.database, &theirs.tenant, id).await;
    assert_eq!(foreign.unwrap(), None);
}

#[tokio::test]
async fn one_that_fails_again_is_not_retried_again() {
    let bench = Bench::migrated().await;
    let ids = [
        failed(&bench, "first").await,
        failed(&bench, "second").await,
        failed(&bench, "third").await,
    ];
    given(&bench, BulkKind::Retry, &rejected()).await;
    let command = claimed(&bench).await.unwrap();
    let first = run_batch(&bench.database, &command, &rejected(), 1).await;
    let first = first.unwrap().remove(0).id;
    assert_eq!(first, ids[2], "the newest");
    let owner = bench.worker().await;
    let again = bench.claim(owner, &[first]).await.remove(0).ownership;
    assert!(
        fail(&bench.database, &again, &failure("no"), &Cause::default())
            .await
            .unwrap()
    );
    assert_eq!(carry_out(&bench, &rejected()).await, [2, 0]);
    assert_eq!(round(&bench, first).await, (2, State::Failed));
}

#[tokio::test]
async fn of_two_that_carry_the_same_batch_out_one_changes_nothing() {
    let bench = Bench::migrated().await;
    for n in 0..6 {
        failed(&bench, &format!("failed {n}")).await;
    }
    let id = given(&bench, BulkKind::Retry, &rejected()).await;
    let command = claimed(&bench).await.unwrap();
    assert_eq!(claimed(&bench).await, None, "it is leased");
    // The first was taken for dead.
    let all = Filter::default();
    let batch = || run_batch(&bench.database, &command, &all, 4);
    let both = tokio::join!(batch(), batch());
    let mut changed = [both.0.unwrap().len(), both.1.unwrap().len()];
    changed.sort_unstable();
    assert_eq!(changed, [0, 4]);
    // It comes back once more, when all has failed again.
    let again = "UPDATE evaluations SET state = 'failed', error_code = 'provider_rejected', finished_at = now()";
    bench.execute(again, &[]).await;
    assert_eq!(batch().await.unwrap(), []);
    let command = bulk_commands::find(&bench.database, &Tenant::default(), id).await;
    assert_eq!(command.unwrap().unwrap().done, 4);
    assert_eq!(carry_out(&bench, &Filter::default()).await, [2, 0]);
    assert_eq!(bench.count("evaluations WHERE round <> 2").await, 0);
}

#[tokio::test]
async fn a_command_whose_carrier_died_is_there_again_after_its_lease() {
    let bench = Bench::migrated().await;
    failed(&bench, "failed").await;
    let id = given(&bench, BulkKind::Retry, &rejected()).await;
    let died = claim(&bench.database, Duration::ZERO).await.unwrap();
    assert_eq!(died.unwrap().id, id);
    let command = claimed(&bench).await.unwrap();
    assert_eq!(command.parameters, [("status".into(), "failed".into())]);
    assert_eq!(claimed(&bench).await, None);
}

#[tokio::test]
async fn commands_take_turns() {
    let bench = Bench::migrated().await;
    for n in 0..4 {
        failed(&bench, &format!("failed {n}")).await;
    }
    let first = given(&bench, BulkKind::Retry, &rejected()).await;
    let second = given(&bench, BulkKind::Retry, &rejected()).await;
    let mut turns = Vec::new();
    for _ in 0..4 {
        let command = claimed(&bench).await.unwrap();
        run_batch(&bench.database, &command, &rejected(), 1)
            .await
            .unwrap();
        turns.push(command.id);
    }
    assert_eq!(turns[..2], turns[2..]);
    assert!(turns.contains(&first) && turns.contains(&second));
}

#[tokio::test]
async fn what_runs_is_taken_from_its_worker() {
    let bench = Bench::migrated().await;
    let running = bench.held("running").await;
    let waiting = bench.submitted(&[item("waiting")]).await[0];
    let over = failed(&bench, "over").await;
    let all = Filter {
        strategy: Some("direct".to_owned()),
        ..Filter::default()
    };
    let id = given(&bench, BulkKind::Cancel, &all).await;
    assert_eq!(carry_out(&bench, &all).await, [2, 0]);
    assert_eq!(bench.state(running.id).await, State::Cancelled);
    assert_eq!(bench.state(waiting).await, State::Cancelled);
    assert_eq!(bench.state(over).await, State::Failed);
    let late = fail(
        &bench.database,
        &running,
        &failure("too late"),
        &Cause::default(),
    )
    .await;
    assert!(!late.unwrap());
    assert_eq!(bench.count("workers WHERE taken_at IS NOT NULL").await, 1);
    let command = bulk_commands::find(&bench.database, &Tenant::default(), id).await;
    assert_eq!(command.unwrap().unwrap().matched, 2);
}

#[tokio::test]
async fn only_finished_commands_are_removed() {
    let bench = Bench::migrated().await;
    given(&bench, BulkKind::Retry, &rejected()).await;
    given(&bench, BulkKind::Retry, &rejected()).await;
    let command = claimed(&bench).await.unwrap();
    run_batch(&bench.database, &command, &rejected(), 1)
        .await
        .unwrap();
    let removed = bulk_commands::remove(&bench.database, Duration::ZERO, 10).await;
    assert_eq!(removed.unwrap(), 1);
    assert_eq!(bench.count("bulk_commands").await, 1);
}
