//! Stored rubrics.

use domain::Tenant;
use domain::rubric::{Rubric, RubricReference, builtin};
use futures::future::join_all;
use storage::rubrics::{find, newest, store};

use crate::support::{Bench, tenant};

fn rubric(description: &str) -> Rubric {
    let mut rubric = builtin::all()[0].rubric.clone();
    rubric.name = Some("own".to_owned());
    description.clone_into(&mut rubric.description);
    rubric
}

fn own(version: Option<u32>) -> RubricReference {
    RubricReference {
        name: "own".to_owned(),
        version,
    }
}

#[tokio::test]
async fn ten_that_store_at_once_get_ten_versions() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    let store_next = async |n: usize| {
        let text = format!("number {n}");
        loop {
            let found = find(&bench.database, &tenant, &own(None)).await.unwrap();
            let next = found.map_or(1, |found| found.version + 1);
            let stored = store(&bench.database, &tenant, "own", next, &rubric(&text)).await;
            if let Some(stored) = stored.unwrap() {
                return (stored.version, text);
            }
        }
    };
    let mut stored = join_all((0..10).map(store_next)).await;
    stored.sort_unstable();
    let versions: Vec<u32> = stored.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>());
    for (version, text) in stored {
        let found = find(&bench.database, &tenant, &own(Some(version))).await;
        assert_eq!(found.unwrap().unwrap().rubric, rubric(&text));
    }
}

#[tokio::test]
async fn a_version_is_never_overwritten() {
    let bench = Bench::migrated().await;
    let mine = Tenant::default();
    let first = store(&bench.database, &mine, "own", 1, &rubric("first")).await;
    assert!(first.unwrap().is_some());
    let second = store(&bench.database, &mine, "own", 1, &rubric("second")).await;
    assert!(second.unwrap().is_none());
    let found = find(&bench.database, &mine, &own(Some(1))).await.unwrap();
    assert_eq!(found.unwrap().rubric, rubric("first"));
    let missing = find(&bench.database, &mine, &own(Some(u32::MAX))).await;
    assert!(missing.unwrap().is_none());
}

#[tokio::test]
async fn each_tenant_has_its_own() {
    let bench = Bench::migrated().await;
    let (one, other) = (tenant("one"), tenant("other"));
    for (version, text) in [(1, "old"), (2, "new")] {
        let stored = store(&bench.database, &one, "own", version, &rubric(text)).await;
        assert!(stored.unwrap().is_some());
    }
    let list = newest(&bench.database, &one).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].version, &list[0].rubric), (2, &rubric("new")));
    assert!(newest(&bench.database, &other).await.unwrap().is_empty());
    assert!(
        find(&bench.database, &other, &own(None))
            .await
            .unwrap()
            .is_none()
    );
}
