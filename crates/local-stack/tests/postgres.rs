//! A private PostgreSQL through its whole life.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking too")]

use std::path::Path;
use std::time::Duration;

use local_stack::{Postgres, PostgresOptions, eventually};
use tokio_postgres::NoTls;

/// As root, PostgreSQL runs under another account, which gets through 0755 and not through 0700.
fn directory(mode: u32) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;

    let permissions = std::fs::Permissions::from_mode(mode);
    tempfile::Builder::new()
        .permissions(permissions)
        .tempdir()
        .unwrap()
}

async fn sql(postgres: &Postgres, database: &str, statement: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(&postgres.url(database).unwrap(), NoTls)
        .await
        .unwrap();
    let rows = tokio::select! {
        rows = client.simple_query(statement) => rows.unwrap(),
        ended = connection => panic!("{ended:?}"),
    };
    let rows = rows.into_iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    rows.collect()
}

#[tokio::test]
async fn data_survives_stop_kill_and_a_second_launch() {
    let dir = directory(0o755);
    let postgres = Postgres::launch(dir.path(), PostgresOptions::default())
        .await
        .unwrap();
    let url = postgres.url("kept").unwrap();
    postgres.create_database("kept").await.unwrap();
    sql(
        &postgres,
        "kept",
        "CREATE TABLE t (n int); INSERT INTO t VALUES (1)",
    )
    .await;

    postgres.restart().await.unwrap();
    sql(&postgres, "kept", "INSERT INTO t VALUES (2)").await;

    postgres.kill().await.unwrap();
    assert!(
        !postgres.has_database("kept").await.is_ok_and(|found| found),
        "still answers after SIGKILL"
    );
    postgres.start().await.unwrap();
    assert_eq!(
        sql(&postgres, "kept", "SELECT n FROM t ORDER BY n").await,
        ["1", "2"]
    );
    assert_eq!(postgres.url("kept").unwrap(), url, "same port");

    postgres.stop().await.unwrap();
    postgres.stop().await.unwrap();
    drop(postgres);
    let again = Postgres::launch(
        dir.path(),
        PostgresOptions {
            fsync: true,
            port: None,
        },
    )
    .await
    .unwrap();
    assert_eq!(sql(&again, "kept", "SELECT count(*) FROM t").await, ["2"]);
    assert_eq!(sql(&again, "kept", "SHOW fsync").await, ["on"]);
    again.drop_database("kept").await.unwrap();
    assert!(!again.has_database("kept").await.unwrap());
}

#[tokio::test]
async fn a_dropped_server_leaves_no_process() {
    let dir = directory(0o755);
    let postgres = Postgres::launch(dir.path(), PostgresOptions::default())
        .await
        .unwrap();
    let data = postgres.data_dir().unwrap().display().to_string();
    assert!(mentioned(&data) > 0);
    drop(postgres);
    eventually(Duration::from_secs(10), async || mentioned(&data) == 0)
        .await
        .unwrap();
}

/// How many processes have this text on their command line.
fn mentioned(text: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|process| command_line(&process.path()).contains(text))
        .count()
}

fn command_line(process: &Path) -> String {
    std::fs::read(process.join("cmdline"))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn below_a_directory_closed_to_others_it_starts_all_the_same() {
    // 0700, as the home directory of root.
    let dir = directory(0o700);
    let postgres = Postgres::launch(dir.path(), PostgresOptions::default())
        .await
        .unwrap();
    assert_eq!(sql(&postgres, "postgres", "SHOW fsync").await, ["off"]);
    let data = postgres.data_dir().unwrap().to_owned();
    assert_eq!(
        postgres.note().is_some(),
        !data.starts_with(dir.path()),
        "a moved data directory is told"
    );
    drop(postgres);
    Postgres::remove_data(dir.path()).unwrap();
    assert!(!data.exists());
}

#[tokio::test]
async fn a_shared_server_is_not_ours_to_stop() {
    let shared = Postgres::shared("postgres://autorater@127.0.0.1:1/postgres");
    let error = shared.stop().await.unwrap_err().to_string();
    assert!(error.contains("private_postgres(true)"), "{error}");
}
