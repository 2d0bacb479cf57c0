//! Lists, page by page.

use std::collections::HashSet;
use std::time::Duration;

use domain::timeline::Cause;
use domain::{State, Tenant};
use local_stack::eventually;
use storage::Database;
use storage::evaluations::{Filter, fail, list};

use crate::support::{Bench, failure, item_of, items, tenant};

#[tokio::test]
async fn pages_over_rows_of_one_moment_leave_nothing_out() {
    let bench = Bench::migrated().await;
    let tenant = Tenant::default();
    // One statement: they all have the same creation time.
    let ids = bench.submitted(&items("same moment", 25)).await;
    assert_eq!(
        bench
            .count("(SELECT DISTINCT created_at FROM evaluations) t")
            .await,
        1
    );
    let mut seen = Vec::new();
    let mut after = None;
    let mut pages = 0;
    loop {
        let page = list(&bench.database, &tenant, &Filter::default(), 10, after).await;
        let page = page.unwrap();
        pages += 1;
        seen.extend(page.items.iter().map(|one| one.id));
        // What comes in meanwhile is newer than every cursor.
        bench.submitted(&items(&format!("newer {pages}"), 2)).await;
        match page.next {
            Some(position) => after = Some(position),
            None => break,
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(seen.len(), 25);
    let distinct: HashSet<_> = seen.iter().copied().collect();
    assert_eq!(distinct, ids.into_iter().collect());
    let sorted = {
        let mut sorted = seen.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        sorted
    };
    assert_eq!(seen, sorted);
}

#[tokio::test]
async fn the_last_full_page_says_that_it_is_the_last() {
    let bench = Bench::migrated().await;
    bench.submitted(&items("ten", 10)).await;
    let page = list(
        &bench.database,
        &Tenant::default(),
        &Filter::default(),
        10,
        None,
    )
    .await;
    let page = page.unwrap();
    assert_eq!(page.items.len(), 10);
    assert!(page.next.is_none());
}

#[tokio::test]
async fn every_filter_filters() {
    let bench = Bench::migrated().await;
    let (mine, other) = (tenant("mine"), tenant("other"));
    let mut labelled = item_of(&mine, "labelled");
    labelled.metadata = [("agent".to_owned(), "coder".to_owned())].into();
    labelled.rubric = "own@3".to_owned();
    labelled.model = Some("a-judge".to_owned());
    let ids = bench
        .submitted(&[labelled, item_of(&mine, "plain"), item_of(&other, "else")])
        .await;
    let owner = bench.worker().await;
    assert_eq!(bench.claim(owner, &ids[1..2]).await.len(), 1);
    let found = async |filter: Filter| {
        let page = list(&bench.database, &mine, &filter, 10, None).await;
        let mut found: Vec<_> = page.unwrap().items.iter().map(|one| one.id).collect();
        found.sort_unstable();
        found
    };
    let none = Filter::default;
    let first = [ids[0]];
    let by_rubric = |rubric: &str| Filter {
        rubric: Some(rubric.to_owned()),
        ..none()
    };
    assert_eq!(found(by_rubric("own")).await, first);
    assert_eq!(found(by_rubric("own@3")).await, first);
    assert!(found(by_rubric("own@2")).await.is_empty());
    assert!(found(by_rubric("ow")).await.is_empty());
    let by_label = |value: &str| Filter {
        metadata: vec![("agent".to_owned(), value.to_owned())],
        ..none()
    };
    assert_eq!(found(by_label("coder")).await, first);
    assert!(found(by_label("other")).await.is_empty());
    let by_model = Filter {
        model: Some("a-judge".to_owned()),
        ..none()
    };
    assert_eq!(found(by_model).await, first);
    let by_state = Filter {
        state: Some(State::Running),
        ..none()
    };
    assert_eq!(found(by_state).await, [ids[1]]);
    let by_strategy = Filter {
        strategy: Some("debate".to_owned()),
        ..none()
    };
    assert!(found(by_strategy).await.is_empty());
    assert_eq!(found(none()).await.len(), 2);
}

#[tokio::test]
async fn an_error_code_finds_what_failed_with_it() {
    let bench = Bench::migrated().await;
    let failed = bench.held("failed").await;
    bench.held("running").await;
    let done = fail(&bench.database, &failed, &failure("no"), &Cause::default()).await;
    assert!(done.unwrap());
    let found = async |code: &str, state: Option<State>| {
        let filter = Filter {
            state,
            error_code: Some(code.to_owned()),
            ..Filter::default()
        };
        let page = list(&bench.database, &Tenant::default(), &filter, 10, None).await;
        page.unwrap().items.len()
    };
    assert_eq!(found("provider_rejected", None).await, 1);
    assert_eq!(found("poison", None).await, 0);
    assert_eq!(found("provider_rejected", Some(State::Running)).await, 0);
}

/// Rows of the table that [`selective_filters_read_what_they_show`] looks into.
const MANY: i64 = 20_000;

#[tokio::test]
async fn selective_filters_read_what_they_show() {
    let bench = Bench::migrated().await;
    // Of the newest there are many, and what is looked for is old.
    let fill = "
        INSERT INTO evaluations (id, tenant, payload_sha256, state, priority, strategy, rubric, metadata, correlation_id,
                                 created_at, finished_at, outcome, error_code)
        SELECT gen_random_uuid(), 'default', '', CASE WHEN n > $1::int8 - 10 THEN 'failed' ELSE 'succeeded' END, 'batch',
               'direct', 'general-quality@1', jsonb_build_object('agent', 'coder', 'run', 'r' || n / 10), 'test',
               now() - n * interval '1 second', now(), CASE WHEN n <= $1 - 10 THEN 'scored' END,
               CASE WHEN n > $1 - 10 THEN 'poison' END
        FROM generate_series(1, $1::int8) n";
    bench.execute(fill, &[&MANY]).await;
    bench.execute("ANALYZE evaluations", &[]).await;
    let (now, hour) = (jiff::Timestamp::now(), jiff::SignedDuration::from_hours(1));
    let filters = [
        Filter {
            metadata: vec![("run".to_owned(), format!("r{}", MANY / 10 - 1))],
            ..Filter::default()
        },
        Filter {
            error_code: Some("poison".to_owned()),
            ..Filter::default()
        },
        Filter {
            created_before: Some(now - 5 * hour),
            ..Filter::default()
        },
    ];
    for filter in filters {
        let before = fetched(&bench).await;
        let database = Database::new(bench.options()).unwrap();
        // Often enough that PostgreSQL would have made one plan for all.
        for _ in 0..10 {
            let page = list(&database, &Tenant::default(), &filter, 10, None).await;
            assert!(!page.unwrap().items.is_empty(), "{filter:?}");
        }
        // With its connections their figures come in.
        drop(database);
        let read = eventually(Duration::from_secs(30), async || {
            let read = fetched(&bench).await - before;
            if read > 0 { Ok(read) } else { Err(read) }
        })
        .await
        .unwrap();
        assert!(read < 10 * 500, "{read} rows read for {filter:?}");
    }
}

/// How many rows of the table were read by its indexes.
async fn fetched(bench: &Bench) -> i64 {
    let sql = "SELECT pg_stat_clear_snapshot(), coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
               WHERE relname = 'evaluations'";
    bench.row(sql, &[]).await.get(1)
}
