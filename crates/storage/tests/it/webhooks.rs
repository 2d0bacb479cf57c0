//! Deliveries are written with the end of an evaluation, taken in order, and recorded by whoever took them.

use std::time::Duration;

use domain::timeline::Cause;
use domain::{EvaluationId, Tenant};
use storage::evaluations::{cancel, expire, fail, retry};
use storage::webhook_deliveries::{
    self, DeliveryFilter, DeliveryPosition, DeliveryState, LeasedDelivery, TryResult,
};
use storage::{Ownership, assessments, retention, webhook_secrets};
use uuid::Uuid;

use crate::support::{Bench, LEASE, assessment, failure, item, tenant};

const URL: &str = "https://example.com:8443/hook?a=b";

/// An evaluation with a webhook, held by a worker that is alive.
async fn held(bench: &Bench, text: &str, url: &str) -> Ownership {
    let mut new = item(text);
    new.webhook_url = Some(url.to_owned());
    let ids = bench.submitted(&[new]).await;
    claim(bench, ids[0]).await
}

async fn claim(bench: &Bench, id: EvaluationId) -> Ownership {
    let owner = bench.worker().await;
    bench.claim(owner, &[id]).await.remove(0).ownership
}

/// One that has its assessment.
async fn ended(bench: &Bench, text: &str, url: &str) -> EvaluationId {
    let ownership = held(bench, text, url).await;
    finish(bench, &ownership).await;
    ownership.id
}

async fn finish(bench: &Bench, ownership: &Ownership) {
    let finished = assessments::finish(&bench.database, ownership, &assessment("done")).await;
    assert!(finished.unwrap());
}

async fn lease(bench: &Bench, most: u32, of_host: u32, busy: &[&str]) -> Vec<LeasedDelivery> {
    let worker = Uuid::now_v7();
    webhook_deliveries::lease(&bench.database, worker, most, of_host, busy, LEASE)
        .await
        .unwrap()
}

fn result(state: DeliveryState) -> TryResult<'static> {
    TryResult {
        state,
        wait: Duration::ZERO,
        status: None,
        error: None,
        body: None,
        disables_target: false,
    }
}

async fn record(bench: &Bench, delivery: &LeasedDelivery, result: &TryResult<'_>) -> bool {
    webhook_deliveries::record(&bench.database, &delivery.lease, result)
        .await
        .unwrap()
}

async fn list(bench: &Bench, filter: DeliveryFilter) -> Vec<webhook_deliveries::StoredDelivery> {
    webhook_deliveries::list(&bench.database, &Tenant::default(), filter, 100, None)
        .await
        .unwrap()
}

#[tokio::test]
async fn however_an_evaluation_ends_its_webhook_is_due_with_the_same_statement() {
    let bench = Bench::migrated().await;
    let database = &bench.database;
    let done = ended(&bench, "done", URL).await;
    let failed = held(&bench, "failed", URL).await;
    assert!(
        fail(database, &failed, &failure("no"), &Cause::default())
            .await
            .unwrap()
    );
    let cancelled = held(&bench, "cancelled", URL).await;
    cancel(database, &Tenant::default(), cancelled.id)
        .await
        .unwrap();
    let mut late = item("late");
    late.webhook_url = Some(URL.to_owned());
    late.deadline_seconds = Some(1);
    let late = bench.submitted(&[late]).await[0];
    let past = "UPDATE evaluations SET deadline_at = now() - interval '1 s' WHERE id = $1";
    bench.execute(past, &[&late.0]).await;
    assert_eq!(expire(database).await.unwrap().len(), 1);
    // What did not ask for one, and what has not ended.
    let silent = bench.held("silent").await;
    finish(&bench, &silent).await;
    held(&bench, "running", URL).await;

    let mut events: Vec<_> = lease(&bench, 100, 100, &[])
        .await
        .into_iter()
        .map(|delivery| {
            assert_eq!(delivery.url, URL);
            assert_eq!(delivery.host, "example.com:8443");
            assert_eq!(delivery.correlation_id, "test");
            (delivery.evaluation, delivery.event)
        })
        .collect();
    events.sort();
    let mut expected = [
        (done, "evaluation.succeeded".to_owned()),
        (failed.id, "evaluation.failed".to_owned()),
        (cancelled.id, "evaluation.cancelled".to_owned()),
        (late, "evaluation.failed".to_owned()),
    ];
    expected.sort();
    assert_eq!(events, expected);
    assert!(lease(&bench, 100, 100, &[]).await.is_empty(), "taken once");
}

#[tokio::test]
async fn a_write_of_an_owner_who_lost_it_tells_nobody() {
    let bench = Bench::migrated().await;
    let lost = held(&bench, "lost", URL).await;
    cancel(&bench.database, &Tenant::default(), lost.id)
        .await
        .unwrap();
    let finished = assessments::finish(&bench.database, &lost, &assessment("late")).await;
    assert!(!finished.unwrap());
    assert_eq!(bench.count("webhook_deliveries").await, 1);
}

#[tokio::test]
async fn the_deliveries_of_an_evaluation_are_tried_in_their_order() {
    let bench = Bench::migrated().await;
    let first = held(&bench, "again", URL).await;
    assert!(
        fail(&bench.database, &first, &failure("no"), &Cause::default())
            .await
            .unwrap()
    );
    retry(&bench.database, &Tenant::default(), first.id)
        .await
        .unwrap();
    let second = claim(&bench, first.id).await;
    finish(&bench, &second).await;

    let tried = lease(&bench, 100, 100, &[]).await;
    assert_eq!(tried.len(), 1);
    assert_eq!(tried[0].event, "evaluation.failed");
    let wait = TryResult {
        wait: Duration::from_secs(3600),
        status: Some(500),
        error: Some("status"),
        body: Some(b"what was sent"),
        ..result(DeliveryState::Pending)
    };
    assert!(record(&bench, &tried[0], &wait).await);
    assert!(lease(&bench, 100, 100, &[]).await.is_empty());
    assert_eq!(
        webhook_deliveries::oldest_due(&bench.database)
            .await
            .unwrap(),
        Duration::ZERO,
        "neither is overdue"
    );
    bench
        .execute(
            "UPDATE webhook_deliveries SET next_at = now() WHERE seq = $1",
            &[&4_i32],
        )
        .await;
    let again = lease(&bench, 100, 100, &[]).await;
    assert_eq!(again[0].body.as_deref(), Some(b"what was sent".as_slice()));
    assert_eq!(again[0].lease.tries, 2);
    assert!(record(&bench, &again[0], &result(DeliveryState::Delivered)).await);
    assert_eq!(
        lease(&bench, 100, 100, &[]).await[0].event,
        "evaluation.succeeded"
    );
}

#[tokio::test]
async fn one_host_with_many_hides_none_of_another() {
    let bench = Bench::migrated().await;
    for n in 0..8 {
        ended(&bench, &format!("slow {n}"), "https://a.example/").await;
    }
    ended(&bench, "quick", "https://b.example/").await;
    let hosts = |leased: &[LeasedDelivery]| {
        let mut hosts: Vec<_> = leased.iter().map(|each| each.host.clone()).collect();
        hosts.sort();
        hosts
    };
    let first = lease(&bench, 100, 3, &[]).await;
    assert_eq!(
        hosts(&first),
        ["a.example", "a.example", "a.example", "b.example"]
    );
    ended(&bench, "quick again", "https://b.example/").await;
    let second = lease(&bench, 100, 3, &["a.example"]).await;
    assert_eq!(hosts(&second), ["b.example"]);
    assert_eq!(
        lease(&bench, 2, 3, &[]).await.len(),
        2,
        "no more than asked for"
    );
    assert_eq!(lease(&bench, 100, 9, &[]).await.len(), 3);
}

#[tokio::test]
async fn a_worker_that_dies_over_a_try_is_followed_by_another_and_heard_no_more() {
    let bench = Bench::migrated().await;
    let id = ended(&bench, "died", URL).await;
    let worker = Uuid::now_v7();
    let lease_for = |time| webhook_deliveries::lease(&bench.database, worker, 10, 10, &[], time);
    let dead = lease_for(Duration::ZERO).await.unwrap().remove(0);
    let next = lease_for(LEASE).await.unwrap().remove(0);
    assert_eq!(next.lease.id, dead.lease.id, "the same `webhook-id`");
    assert_eq!(next.lease.tries, 2);
    assert!(!record(&bench, &dead, &result(DeliveryState::Failed)).await);
    assert!(record(&bench, &next, &result(DeliveryState::Delivered)).await);
    let known = list(
        &bench,
        DeliveryFilter {
            evaluation: Some(id),
            ..DeliveryFilter::default()
        },
    )
    .await;
    assert_eq!(known[0].state, DeliveryState::Delivered);

    ended(&bench, "left", URL).await;
    let left = lease_for(LEASE).await.unwrap();
    assert_eq!(
        webhook_deliveries::release(&bench.database, worker)
            .await
            .unwrap(),
        1
    );
    let again = lease_for(LEASE).await.unwrap();
    assert_eq!(
        again[0].lease, left[0].lease,
        "nothing is counted against it"
    );
}

#[tokio::test]
async fn a_target_that_wants_nothing_more_is_left_alone_until_somebody_asks() {
    let bench = Bench::migrated().await;
    ended(&bench, "first", URL).await;
    ended(&bench, "elsewhere", "https://example.com:8443/other").await;
    let gone = TryResult {
        status: Some(410),
        disables_target: true,
        ..result(DeliveryState::Disabled)
    };
    for delivery in lease(&bench, 10, 10, &[]).await {
        if delivery.url == URL {
            assert!(record(&bench, &delivery, &gone).await);
        }
    }
    ended(&bench, "second", URL).await;
    let second = lease(&bench, 10, 10, &[]).await.remove(0);
    assert!(second.is_disabled);
    assert!(record(&bench, &second, &result(DeliveryState::Disabled)).await);
    let database = &bench.database;
    let id = second.lease.id;
    for (tenant, expected) in [(tenant("other"), false), (Tenant::default(), true)] {
        let redelivered = webhook_deliveries::redeliver(database, &tenant, id).await;
        assert_eq!(redelivered.unwrap(), expected);
    }
    let again = lease(&bench, 10, 10, &[]).await.remove(0);
    assert_eq!((again.lease.id, again.lease.tries), (id, 1));
    assert!(!again.is_disabled);
}

#[tokio::test]
async fn lists_are_filtered_and_have_pages() {
    let bench = Bench::migrated().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(ended(&bench, &format!("listed {n}"), URL).await);
    }
    let tried = lease(&bench, 2, 2, &[]).await;
    for delivery in &tried {
        assert!(record(&bench, delivery, &result(DeliveryState::Failed)).await);
    }
    let of = |state| DeliveryFilter {
        state: Some(state),
        ..DeliveryFilter::default()
    };
    assert_eq!(list(&bench, of(DeliveryState::Failed)).await.len(), 2);
    assert_eq!(list(&bench, of(DeliveryState::Pending)).await.len(), 3);
    assert_eq!(list(&bench, of(DeliveryState::Delivered)).await.len(), 0);
    let all = list(&bench, DeliveryFilter::default()).await;
    let newest: Vec<_> = all.iter().map(|each| each.evaluation).collect();
    ids.reverse();
    assert_eq!(newest, ids);
    let after = DeliveryPosition {
        created_at: all[2].created_at,
        id: all[2].id,
    };
    let (own, other) = (Tenant::default(), tenant("other"));
    let every = DeliveryFilter::default();
    let rest = webhook_deliveries::list(&bench.database, &own, every, 10, Some(after)).await;
    assert_eq!(rest.unwrap(), all[3..]);
    let of_other = webhook_deliveries::find(&bench.database, &other, all[0].id).await;
    assert_eq!(of_other.unwrap(), None);
}

#[tokio::test]
async fn deliveries_go_with_their_evaluation() {
    let bench = Bench::migrated().await;
    ended(&bench, "old", URL).await;
    bench
        .execute(
            "UPDATE evaluations SET finished_at = now() - interval '2 days'",
            &[],
        )
        .await;
    let day = Duration::from_secs(24 * 3600);
    let removed = retention::remove_evaluations(&bench.database, day, 10).await;
    assert_eq!(removed.unwrap(), 1);
    assert_eq!(bench.count("webhook_deliveries").await, 0);
}

#[tokio::test]
async fn a_secret_outlives_the_next_one_for_the_overlap() {
    let bench = Bench::migrated().await;
    let database = &bench.database;
    let (own, other) = (Tenant::default(), tenant("other"));
    assert!(!webhook_secrets::exists(database, &own).await.unwrap());
    let hour = Duration::from_secs(3600);
    let first = webhook_secrets::create(database, &own, &[1; 32], hour)
        .await
        .unwrap();
    let second = webhook_secrets::create(database, &own, &[2; 32], hour)
        .await
        .unwrap();
    let valid = webhook_secrets::valid(database, &[&own, &other])
        .await
        .unwrap();
    assert_eq!(valid[&own], [vec![2; 32], vec![1; 32]]);
    assert!(!valid.contains_key(&other));
    let listed = webhook_secrets::list(database, &own).await.unwrap();
    assert_eq!(
        listed.iter().map(|each| each.id).collect::<Vec<_>>(),
        [second.id, first.id]
    );
    assert!(listed[0].expires_at.is_none() && listed[1].expires_at.is_some());
    assert!(
        !webhook_secrets::remove(database, &other, first.id)
            .await
            .unwrap()
    );
    assert!(
        webhook_secrets::remove(database, &own, second.id)
            .await
            .unwrap()
    );
    webhook_secrets::create(database, &own, &[3; 32], Duration::ZERO)
        .await
        .unwrap();
    let valid = webhook_secrets::valid(database, &[&own]).await.unwrap();
    assert_eq!(valid[&own], [vec![3; 32]], "the overlap was none");
}
