//! A database that does not do its work now: the caller is told so in time, and that it may come back.

use std::time::{Duration, Instant};

use futures::future::join_all;
use storage::evaluations::submit;
use storage::{Database, Options};

use crate::support::{Bench, item};

async fn is_unavailable(options: &Options, why: &str) {
    let database = Database::new(options).unwrap();
    let begun = Instant::now();
    let error = submit(&database, &[item(why)]).await.unwrap_err();
    assert!(error.is_unavailable(), "{why}: {error}");
    assert!(error.to_string().contains(why), "{why}: {error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{why}");
}

#[tokio::test]
async fn a_server_a_database_or_a_role_that_is_not_there_yet_may_come() {
    let bench = Bench::migrated().await;
    let with = |from: &str, to: &str| {
        let url = bench.options().url.replace(from, to);
        assert_ne!(url, bench.options().url, "{from}");
        Options {
            url,
            ..bench.options().clone()
        }
    };
    let name = bench.database_name();
    is_unavailable(&with(name, "nowhere"), "does not exist").await;
    let (_, host) = bench.options().url.split_once('@').unwrap();
    let (host, _) = host.split_once('/').unwrap();
    is_unavailable(&with(host, "127.0.0.1:9"), "refused").await;
    is_unavailable(&with("//autorater@", "//nobody@"), "does not exist").await;
}

#[tokio::test]
async fn a_server_that_only_reads_is_not_promoted_yet() {
    let bench = Bench::migrated().await;
    let read_only = format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        bench.database_name()
    );
    bench.execute(&read_only, &[]).await;
    is_unavailable(bench.options(), "read-only").await;
}

#[tokio::test]
async fn a_statement_that_waits_for_too_long_is_cut_by_the_server() {
    let bench = Bench::migrated().await;
    bench.submitted(&[item("locked")]).await;
    bench.execute("BEGIN", &[]).await;
    bench.execute("LOCK TABLE evaluations", &[]).await;
    let hurried = Options {
        statement_timeout: Duration::from_millis(300),
        ..bench.options().clone()
    };
    is_unavailable(&hurried, "timeout").await;
    bench.execute("ROLLBACK", &[]).await;
}

#[tokio::test]
async fn who_waits_for_a_connection_waits_for_so_long_and_no_longer() {
    let bench = Bench::migrated().await;
    bench.execute("BEGIN", &[]).await;
    bench.execute("LOCK TABLE evaluations", &[]).await;
    let small = Options {
        pool_size: 1,
        pool_wait: Duration::from_millis(200),
        statement_timeout: Duration::from_secs(3),
        ..bench.options().clone()
    };
    let database = Database::new(&small).unwrap();
    let begun = Instant::now();
    let new = [item("crowded")];
    let all = join_all((0..5).map(|_| submit(&database, &new))).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    let crowded = all
        .iter()
        .filter_map(|result| result.as_ref().err())
        .filter(|error| error.to_string().contains("no free connection"))
        .count();
    assert_eq!(crowded, 4, "{all:?}");
    bench.execute("ROLLBACK", &[]).await;
    assert!(submit(&database, &new).await.unwrap()[0].created);
}
