//! What happened to an evaluation: written with each change of its state, in order.

use std::time::Duration;

use domain::state::Event as Change;
use domain::timeline::{Cause, WaitReason};
use domain::{EvaluationId, Tenant};
use storage::Ownership;
use storage::evaluations::{cancel, requeue_after_failure, requeue_uncharged, retry};
use storage::timeline::{self, Event};

use storage::replies::Cost;

use crate::support::{Bench, aside, assessment, commit, failure};

async fn events(bench: &Bench, id: EvaluationId) -> Vec<Event> {
    let tenant = Tenant::default();
    let events = timeline::load(&bench.database, &tenant, id, 0, 100).await;
    events.unwrap().unwrap()
}

async fn claim(bench: &Bench, id: EvaluationId) -> Ownership {
    let owner = bench.worker().await;
    bench.claim(owner, &[id]).await.remove(0).ownership
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test]
async fn every_change_of_state_has_its_event_and_every_reply_its_place() {
    let bench = Bench::migrated().await;
    let database = &bench.database;
    let first = bench.held("told").await;
    let id = first.id;
    assert!(
        commit(database, &first, "direct", "a reply", Cost::default())
            .await
            .unwrap()
    );
    let delayed = aside(Duration::ZERO, "a provider's own words", (1, 3));
    let cause = Cause {
        class: Some("unavailable".to_owned()),
        status: Some(503),
        ..Cause::of(WaitReason::RetryDelay)
    };
    let delayed = storage::evaluations::Backoff {
        cause: &cause,
        ..delayed
    };
    requeue_after_failure(database, &first, &delayed)
        .await
        .unwrap();
    let second = claim(&bench, id).await;
    let stopping = Cause::of(WaitReason::WorkerStopping);
    assert!(
        requeue_uncharged(database, &second, Duration::ZERO, &stopping)
            .await
            .unwrap()
    );
    cancel(database, &Tenant::default(), id).await.unwrap();
    retry(database, &Tenant::default(), id).await.unwrap();
    let third = claim(&bench, id).await;
    let finished = storage::assessments::finish(database, &third, &assessment("no")).await;
    assert!(finished.unwrap());
    let events = events(&bench, id).await;
    assert_eq!(
        kinds(&events),
        [
            "accepted",
            "queued",
            "claimed",
            "call",
            "queued",
            "claimed",
            "queued",
            "cancelled",
            "retried",
            "claimed",
            "succeeded"
        ]
    );
    let numbers: Vec<i32> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=11).collect::<Vec<_>>());
    let put_back = &events[4].detail;
    assert_eq!(put_back["reason"], "retry_delay");
    assert_eq!(
        (&put_back["class"], &put_back["status"]),
        (&"unavailable".into(), &503.into())
    );
    assert!(!put_back.to_string().contains("own words"), "{put_back}");
    assert_eq!(events[2].detail["worker"], first.owner.to_string());
    assert_eq!(events[6].detail["reason"], "worker_stopping");
    assert_eq!(events[10].detail["outcome"], "unscorable");
    // A reader goes on where it was.
    let behind = timeline::load(database, &Tenant::default(), id, 9, 1).await;
    assert_eq!(kinds(&behind.unwrap().unwrap()), ["claimed"]);
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_event() {
    let bench = Bench::migrated().await;
    let old = bench.held("once").await;
    let id = old.id;
    cancel(&bench.database, &Tenant::default(), id)
        .await
        .unwrap();
    // The owner that was, and a second cancel.
    let (failure, cause) = (failure("late"), Cause::default());
    let late = storage::evaluations::fail(&bench.database, &old, &failure, &cause).await;
    assert!(!late.unwrap());
    assert!(
        !commit(&bench.database, &old, "direct", "late", Cost::default())
            .await
            .unwrap()
    );
    cancel(&bench.database, &Tenant::default(), id)
        .await
        .unwrap();
    let events = events(&bench, id).await;
    assert_eq!(
        kinds(&events),
        ["accepted", "queued", "claimed", Change::Cancel.kind()]
    );
    let foreign = Tenant::parse("another").unwrap();
    let none = timeline::load(&bench.database, &foreign, id, 0, 100).await;
    assert_eq!(none.unwrap(), None);
}
