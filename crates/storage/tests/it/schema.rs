//! Migrations.

use futures::future::join_all;
use storage::{evaluations, schema};

use crate::support::{Bench, item};

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let bench = Bench::empty().await;
    assert!(!schema::is_current(&bench.database).await.unwrap());
    let first = schema::migrate(bench.options()).await.unwrap();
    assert!(!first.is_empty());
    assert!(schema::is_current(&bench.database).await.unwrap());
    let again = schema::migrate(bench.options()).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
    assert!(schema::is_current(&bench.database).await.unwrap());
}

#[tokio::test]
async fn of_four_that_migrate_at_once_one_does() {
    let bench = Bench::empty().await;
    let all = join_all((0..4).map(|_| schema::migrate(bench.options()))).await;
    let applied: Vec<usize> = all
        .into_iter()
        .map(|result| result.unwrap().len())
        .collect();
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1);
    let sum: usize = applied.iter().sum();
    let recorded = bench.count("refinery_schema_history").await;
    assert_eq!(i64::try_from(sum).unwrap(), recorded);
}

#[tokio::test]
async fn a_schema_of_a_newer_release_is_current() {
    let bench = Bench::migrated().await;
    let newer = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
        SELECT max(version) + 1, 'of the future', max(applied_on), '0' FROM refinery_schema_history";
    bench.execute(newer, &[]).await;
    assert!(schema::is_current(&bench.database).await.unwrap());
}

#[tokio::test]
async fn without_a_schema_one_is_told_to_come_back() {
    let bench = Bench::empty().await;
    let error = evaluations::submit(&bench.database, &[item("too early")])
        .await
        .unwrap_err();
    assert!(error.is_unavailable(), "{error}");
}

#[tokio::test]
async fn an_index_whose_making_was_broken_off_is_made_anew() {
    let bench = Bench::migrated().await;
    let valid = "pg_index WHERE indexrelid = 'evaluations_metadata'::regclass AND indisvalid";
    assert_eq!(bench.count(valid).await, 1);
    let broken = "UPDATE pg_index SET indisvalid = false
                  WHERE indexrelid = 'evaluations_metadata'::regclass";
    bench.execute(broken, &[]).await;
    schema::migrate(bench.options()).await.unwrap();
    assert_eq!(bench.count(valid).await, 1);
}
