//! Which part of the backlog is in the stream.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::Priority;
use futures::future::join_all;
use storage::evaluations::{mark_published, reset_lost, unmark_published};

use crate::support::{Bench, item, item_of, items, tenant};

const NOW: Priority = Priority::Interactive;

#[tokio::test]
async fn tenants_take_turns_whatever_their_backlogs() {
    let bench = Bench::migrated().await;
    for (name, count) in [("large", 300), ("middle", 30), ("small", 3)] {
        let tenant = tenant(name);
        let all: Vec<_> = (0..count)
            .map(|n| item_of(&tenant, &n.to_string()))
            .collect();
        bench.submitted(&all).await;
    }
    let marked = mark_published(&bench.database, NOW, 30, None)
        .await
        .unwrap();
    assert_eq!(marked.len(), 30);
    let mut shares: HashMap<&str, usize> = HashMap::new();
    for bell in &marked {
        *shares.entry(bell.tenant.as_str()).or_default() += 1;
    }
    assert_eq!(shares["small"], 3);
    assert!(
        shares["middle"] >= 13 && shares["large"] >= 13,
        "{shares:?}"
    );
}

#[tokio::test]
async fn four_relays_at_once_mark_each_row_once() {
    let bench = Bench::migrated().await;
    bench.submitted(&items("waiting", 400)).await;
    let relay = || async {
        let mut marked = Vec::new();
        // Rows that another is marking are skipped, so an empty answer is not yet the end.
        while bench.count("evaluations WHERE announced_at IS NULL").await > 0 {
            let some = mark_published(&bench.database, NOW, 37, None)
                .await
                .unwrap();
            marked.extend(some.into_iter().map(|bell| bell.id));
        }
        marked
    };
    let all: Vec<_> = join_all((0..4).map(|_| relay()))
        .await
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(all.len(), 400);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 400);
}

#[tokio::test]
async fn only_what_is_due_and_of_the_priority_is_announced() {
    let bench = Bench::migrated().await;
    let mut batch = item("batch");
    batch.priority = Priority::Batch;
    batch.traceparent = Some("00-aa-bb-01".to_owned());
    let mut announced = item("rung for by its post");
    announced.announced = true;
    let ids = bench
        .submitted(&[batch, announced, item("later"), item("due")])
        .await;
    let later = "UPDATE evaluations SET next_run_at = now() + interval '1 hour' WHERE id = $1";
    bench.execute(later, &[&ids[2].0]).await;
    let marked = mark_published(&bench.database, NOW, 10, None)
        .await
        .unwrap();
    assert_eq!(marked.len(), 1);
    assert_eq!(marked[0].id, ids[3]);
    let marked = mark_published(&bench.database, Priority::Batch, 10, None).await;
    let marked = marked.unwrap();
    assert_eq!(marked[0].id, ids[0]);
    assert_eq!(marked[0].traceparent.as_deref(), Some("00-aa-bb-01"));
    assert_eq!(marked[0].size, r#"{"output":"batch"}"#.len() as u64);
    assert!(
        mark_published(&bench.database, NOW, 0, None)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn marks_can_be_taken_back() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("marked", 3)).await;
    assert_eq!(
        mark_published(&bench.database, NOW, 3, None)
            .await
            .unwrap()
            .len(),
        3
    );
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &ids[..1]).await.len(), 1);
    assert_eq!(unmark_published(&bench.database, &ids).await.unwrap(), 2);
    assert_eq!(
        mark_published(&bench.database, NOW, 3, None)
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn only_marks_older_than_the_oldest_entry_are_lost() {
    let bench = Bench::migrated().await;
    let ids = bench.submitted(&items("announced", 3)).await;
    for (id, seconds) in ids.iter().zip([5_i32, 50, 500]) {
        let mark = "UPDATE evaluations SET announced_at = now() - make_interval(secs => $2)
            WHERE id = $1";
        bench.execute(mark, &[&id.0, &f64::from(seconds)]).await;
    }
    let lost = |oldest, grace| {
        reset_lost(
            &bench.database,
            NOW,
            Duration::from_secs(oldest),
            Duration::from_secs(grace),
        )
    };
    assert_eq!(lost(600, 5).await.unwrap(), 0);
    assert_eq!(lost(100, 5).await.unwrap(), 1);
    assert_eq!(lost(0, 60).await.unwrap(), 0);
    assert_eq!(lost(0, 20).await.unwrap(), 1);
    assert_eq!(
        mark_published(&bench.database, NOW, 9, None)
            .await
            .unwrap()
            .len(),
        2
    );
}
