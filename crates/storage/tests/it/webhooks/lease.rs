//! Deliveries are taken in the order of their evaluation, and of each target some.

use std::time::Duration;

use domain::Tenant;
use domain::timeline::Cause;
use storage::evaluations::{fail, retry};
use storage::webhook_deliveries::{self, DeliveryState, LeasedDelivery, TryResult};
use uuid::Uuid;

use super::{URL, claim, ended, finish, held, lease, record, result};
use crate::support::{Bench, LEASE, failure};

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
async fn one_target_with_many_hides_none_of_another_at_its_host() {
    let bench = Bench::migrated().await;
    for n in 0..8 {
        ended(
            &bench,
            &format!("slow {n}"),
            &format!("https://a.example/slow?n={n}"),
        )
        .await;
    }
    ended(&bench, "quick", "https://a.example/quick").await;
    let paths = |leased: &[LeasedDelivery]| {
        let path = |each: &LeasedDelivery| each.url.split('?').next().unwrap().to_owned();
        let mut paths: Vec<_> = leased.iter().map(path).collect();
        paths.sort();
        paths
    };
    let (slow, quick) = ("https://a.example/slow", "https://a.example/quick");
    let first = lease(&bench, 100, 3, &[]).await;
    assert_eq!(paths(&first), [quick, slow, slow, slow]);
    let target = first.iter().find(|each| each.url.starts_with(slow));
    ended(&bench, "quick again", quick).await;
    let second = lease(&bench, 100, 3, &[target.unwrap().target]).await;
    assert_eq!(paths(&second), [quick]);
    assert_eq!(
        lease(&bench, 2, 3, &[]).await.len(),
        2,
        "no more than asked for"
    );
    assert_eq!(lease(&bench, 100, 9, &[]).await.len(), 3);
}

#[tokio::test]
async fn the_same_url_of_another_tenant_is_another_target() {
    let bench = Bench::migrated().await;
    ended(&bench, "own", URL).await;
    ended(&bench, "of another", URL).await;
    let other = "UPDATE webhook_deliveries SET tenant = 'other' WHERE id = (SELECT id FROM webhook_deliveries LIMIT 1)";
    bench.execute(other, &[]).await;
    let full = ["other".to_owned()];
    let (database, worker) = (&bench.database, Uuid::from_u128(1));
    let of_one = webhook_deliveries::lease(database, worker, 100, 1, &[], &full, LEASE);
    let of_one = of_one.await.unwrap();
    assert_eq!(of_one.len(), 1, "one tenant has no more under way");
    assert_eq!(of_one[0].tenant, Tenant::default());
    webhook_deliveries::release(database, worker, None)
        .await
        .unwrap();
    let both = lease(&bench, 100, 1, &[]).await;
    assert_eq!(both.len(), 2);
    assert_ne!(both[0].target, both[1].target);
}

#[tokio::test]
async fn of_more_targets_than_one_look_sees_none_is_left() {
    let bench = Bench::migrated().await;
    let id = ended(&bench, "model", URL).await;
    let many = "INSERT INTO webhook_deliveries (tenant, evaluation_id, seq, event, url, next_at)
        SELECT 'default', $1, -n, 'evaluation.failed', 'https://a.example/' || n, now() + interval '1 h'
        FROM generate_series(1, 5000) n";
    bench.execute(many, &[&id.0]).await;
    // Those that wait come first by their order within the evaluation: it is the targets that are looked at here.
    bench
        .execute(
            "UPDATE webhook_deliveries SET seq = -6000 WHERE next_at <= now()",
            &[],
        )
        .await;
    let found = lease(&bench, 10, 1, &[]).await;
    assert_eq!(found.len(), 1, "what is due is not hidden by what waits");
    assert_eq!(found[0].url, URL);
}
