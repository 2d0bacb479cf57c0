//! Deliveries are written with the end of an evaluation, and recorded by whoever took them.

mod lease;

use std::time::Duration;

use domain::timeline::Cause;
use domain::{EvaluationId, Tenant};
use storage::evaluations::{cancel, expire, fail, retry};
use storage::webhook_deliveries::{
    self, DeliveryFilter, DeliveryPosition, DeliveryState, LeasedDelivery, Redelivery, StoredTry,
    TryResult,
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

async fn lease(bench: &Bench, most: u32, of_target: u32, busy: &[i64]) -> Vec<LeasedDelivery> {
    let worker = Uuid::now_v7();
    webhook_deliveries::lease(&bench.database, worker, most, of_target, busy, &[], LEASE)
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
        counts: true,
        took: Duration::ZERO,
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
async fn a_worker_that_dies_over_a_try_is_followed_by_another_and_heard_no_more() {
    let bench = Bench::migrated().await;
    let id = ended(&bench, "died", URL).await;
    let worker = Uuid::now_v7();
    let lease_for =
        |time| webhook_deliveries::lease(&bench.database, worker, 10, 10, &[], &[], time);
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
        webhook_deliveries::release(&bench.database, worker, None)
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
    for (tenant, expected) in [
        (tenant("other"), Redelivery::Unknown),
        (Tenant::default(), Redelivery::Due),
    ] {
        let redelivered = webhook_deliveries::redeliver(database, &tenant, id).await;
        assert_eq!(redelivered.unwrap(), expected);
    }
    let again = lease(&bench, 10, 10, &[]).await.remove(0);
    assert_eq!((again.lease.id, again.lease.tries), (id, 1));
    assert!(!again.is_disabled);
}

#[tokio::test]
async fn what_was_delivered_is_sent_again_to_the_byte_or_left_as_it_is() {
    let bench = Bench::migrated().await;
    let (database, own) = (&bench.database, Tenant::default());
    let first = held(&bench, "again", URL).await;
    let failed = fail(database, &first, &failure("no"), &Cause::default()).await;
    assert!(failed.unwrap());
    let tried = lease(&bench, 1, 1, &[]).await.remove(0);
    let delivered = TryResult {
        body: Some(b"what was sent"),
        ..result(DeliveryState::Delivered)
    };
    assert!(record(&bench, &tried, &delivered).await);
    retry(database, &own, first.id).await.unwrap();
    let redeliver = async || {
        let id = tried.lease.id;
        webhook_deliveries::redeliver(database, &own, id)
            .await
            .unwrap()
    };
    assert_eq!(redeliver().await, Redelivery::Due);
    let again = lease(&bench, 1, 1, &[]).await.remove(0);
    assert_eq!(again.body.as_deref(), Some(b"what was sent".as_slice()));
    assert!(record(&bench, &again, &delivered).await);
    // As the release before left it.
    bench
        .execute("UPDATE webhook_deliveries SET body = NULL", &[])
        .await;
    assert_eq!(redeliver().await, Redelivery::Superseded);
    let listed = list(&bench, DeliveryFilter::default()).await.remove(0);
    assert_eq!(listed.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn the_last_tries_are_kept_and_what_does_not_count_is_not_counted() {
    let bench = Bench::migrated().await;
    ended(&bench, "tried", URL).await;
    for n in 0..25_u16 {
        let tried = lease(&bench, 1, 1, &[]).await.remove(0);
        let failed = TryResult {
            status: Some(500 + n),
            error: Some("status"),
            counts: n != 10,
            took: Duration::from_millis(7),
            ..result(DeliveryState::Pending)
        };
        assert!(record(&bench, &tried, &failed).await);
    }
    let listed = list(&bench, DeliveryFilter::default()).await.remove(0);
    assert_eq!(listed.tries, 24);
    let statuses: Vec<_> = listed.log.iter().flat_map(|each| each.status).collect();
    let kept: Vec<_> = (504..525).filter(|status| *status != 510).collect();
    assert_eq!(statuses, kept);
    let expected = StoredTry {
        at: listed.last_try_at.unwrap(),
        status: Some(524),
        error: Some("status".to_owned()),
        took_ms: 7,
    };
    assert_eq!(listed.log.last(), Some(&expected));
}

#[tokio::test]
async fn what_was_taken_in_vain_is_given_back_by_itself() {
    let bench = Bench::migrated().await;
    ended(&bench, "in vain", "https://a.example/").await;
    ended(&bench, "under way", "https://b.example/").await;
    let taken = lease(&bench, 2, 2, &[]).await;
    let (worker, vain) = (taken[0].lease.worker, taken[0].lease.id);
    let released = webhook_deliveries::release(&bench.database, worker, Some(&[vain])).await;
    assert_eq!(released.unwrap(), 1);
    let again = lease(&bench, 2, 2, &[]).await;
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].lease.id, again[0].lease.tries), (vain, 1));
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
