//! Taking evaluations.

use std::time::Duration;

use domain::State;
use futures::future::join;
use storage::evaluations::submit;
use storage::{assessments, payloads};

use crate::support::{Bench, assessment, item, item_of, items, tenant};

#[tokio::test]
async fn a_new_one_is_created_and_a_known_one_is_looked_up() {
    let bench = Bench::migrated().await;
    let mut new = item("once");
    new.model = Some("a-judge".to_owned());
    let first = submit(&bench.database, &[new.clone()]).await.unwrap();
    assert!(first[0].created);
    assert_eq!(first[0].state, State::Queued);
    assert_eq!(first[0].digest, new.identity.digest);

    let ownership = {
        let owner = bench.worker().await;
        bench.claim(owner, &[first[0].id]).await.remove(0).ownership
    };
    assert!(
        assessments::finish(&bench.database, &ownership, &assessment("done"))
            .await
            .unwrap()
    );
    let again = submit(&bench.database, &[new.clone()]).await.unwrap();
    assert!(!again[0].created);
    assert_eq!(again[0].state, State::Succeeded);
    assert_eq!(again[0].model.as_deref(), Some("a-judge"));
    assert_eq!(again[0].rubric, "general-quality@1");
    assert_eq!(bench.count("evaluations").await, 1);
    assert_eq!(bench.count("payloads").await, 1);
}

#[tokio::test]
async fn the_digest_of_what_was_sent_first_stays() {
    let bench = Bench::migrated().await;
    let first = item("first");
    let mut second = item("second");
    second.identity.id = first.identity.id;
    bench.submitted(std::slice::from_ref(&first)).await;
    let again = submit(&bench.database, &[second]).await.unwrap();
    assert_eq!(again[0].digest, first.identity.digest);
    let kept = payloads::load(&bench.database, &first.tenant, first.identity.id)
        .await
        .unwrap();
    assert_eq!(kept.unwrap(), br#"{"output":"first"}"#);
}

#[tokio::test]
async fn duplicates_in_one_batch_are_created_once_and_answered_each() {
    let bench = Bench::migrated().await;
    let batch = [item("a"), item("b"), item("a"), item("a"), item("b")];
    let answers = submit(&bench.database, &batch).await.unwrap();
    let created: Vec<bool> = answers.iter().map(|answer| answer.created).collect();
    assert_eq!(created, [true, true, false, false, false]);
    for (sent, answer) in batch.iter().zip(&answers) {
        assert_eq!(answer.id, sent.identity.id);
    }
    assert_eq!(bench.count("evaluations").await, 2);
    assert!(submit(&bench.database, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn tenants_do_not_meet() {
    let bench = Bench::migrated().await;
    let (one, other) = (tenant("one"), tenant("other"));
    let ids = bench
        .submitted(&[item_of(&one, "same"), item_of(&other, "same")])
        .await;
    assert_ne!(ids[0], ids[1]);
    let load = |tenant| payloads::load(&bench.database, tenant, ids[0]);
    assert!(load(&one).await.unwrap().is_some());
    assert!(load(&other).await.unwrap().is_none());
}

#[tokio::test]
async fn batches_with_common_rows_never_wait_in_a_circle() {
    let bench = Bench::migrated().await;
    for round in 0..50 {
        let forward = items(&format!("round {round}"), 20);
        let backward: Vec<_> = forward.iter().rev().cloned().collect();
        let both = join(
            submit(&bench.database, &forward),
            submit(&bench.database, &backward),
        );
        let (one, other) = tokio::time::timeout(Duration::from_secs(10), both)
            .await
            .unwrap();
        let (one, mut other) = (one.unwrap(), other.unwrap());
        other.reverse();
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.id, other.id);
            assert_ne!(one.created, other.created, "exactly one creates");
        }
    }
    assert_eq!(bench.count("evaluations").await, 1000);
    assert_eq!(bench.count("payloads").await, 1000);
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(bench.row(deadlocks, &[]).await.get::<_, i64>(0), 0);
}
