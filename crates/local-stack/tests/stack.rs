//! A stack without services: what it makes, what it hands to a service, what it leaves behind.

use local_stack::{Home, Role, Stack, TestDatabase, TestRedis};

#[tokio::test]
async fn a_stack_on_the_shared_servers_leaves_nothing_behind() {
    let bare = Stack::builder()
        .ingest_replicas(0)
        .status_replicas(0)
        .workers(0);
    let stack = bare
        .mock(false)
        .migrate(false)
        .env("EVERYWHERE", "1")
        .worker_env("WORKER", "1");
    let stack = stack.start().await.unwrap();

    let env = stack.service_env(Role::Worker);
    let value = |name: &str| {
        env.iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(value("DATABASE_URL"), Some(stack.database_url()));
    assert_eq!(
        value("AUTORATER__REDIS__KEY_PREFIX"),
        Some(stack.key_prefix())
    );
    assert_eq!(
        (value("EVERYWHERE"), value("WORKER")),
        (Some("1"), Some("1"))
    );
    assert!(value("ADMIN_ADDR").is_some() && value("LISTEN_ADDR").is_none());
    let env = stack.service_env(Role::Ingest);
    assert!(env.iter().any(|(name, _)| name == "LISTEN_ADDR"));
    assert!(!env.iter().any(|(name, _)| name == "WORKER"));

    let key = format!("{}key", stack.key_prefix());
    stack.redis().cli(&["SET", &key, "1"]).await.unwrap();
    let name = stack
        .database_url()
        .rsplit('/')
        .next()
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    assert!(stack.postgres().has_database(&name).await.unwrap());
    assert!(
        stack.redis().kill().await.is_err(),
        "a shared server is not a test's to kill"
    );
    stack.stop().await.unwrap();

    let database = TestDatabase::create().await.unwrap();
    assert!(!database.server().has_database(&name).await.unwrap());
    let redis = TestRedis::attach().unwrap();
    assert_eq!(redis.server().cli(&["EXISTS", &key]).await.unwrap(), "0");
}

#[tokio::test]
async fn a_missing_binary_is_named_and_the_servers_go_again() {
    let empty = tempfile::tempdir().unwrap();
    let stack = Stack::builder()
        .private_postgres(true)
        .private_redis(true)
        .bin_dir(empty.path());
    let error = stack.start().await.err().unwrap().to_string();
    assert!(error.contains("ingest-api"), "{error}");
}

#[tokio::test]
async fn a_kept_stack_finds_its_database_again() {
    use std::os::unix::fs::PermissionsExt as _;

    let permissions = std::fs::Permissions::from_mode(0o755);
    let home = tempfile::Builder::new()
        .permissions(permissions)
        .tempdir()
        .unwrap();
    let start = || {
        let bare = Stack::builder()
            .ingest_replicas(0)
            .status_replicas(0)
            .workers(0);
        bare.mock(false)
            .migrate(false)
            .home(Home::Kept(home.path().to_owned()))
            .start()
    };
    let stack = start().await.unwrap();
    assert!(stack.postgres().has_database("autorater").await.unwrap());
    stack.redis().cli(&["SET", "kept", "1"]).await.unwrap();
    stack.stop().await.unwrap();

    let stack = start().await.unwrap();
    assert_eq!(stack.redis().cli(&["GET", "kept"]).await.unwrap(), "1");
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_stack_with_servers_of_its_own_has_its_database_there() {
    let bare = Stack::builder()
        .private_postgres(true)
        .private_redis(true)
        .ingest_replicas(0)
        .status_replicas(0)
        .workers(0);
    let stack = bare.mock(false).migrate(false).start().await.unwrap();
    let url = reqwest::Url::parse(stack.database_url()).unwrap();
    let name = url.path().trim_start_matches('/');
    assert!(stack.postgres().has_database(name).await.unwrap());
    stack.postgres().restart().await.unwrap();
    assert!(stack.postgres().has_database(name).await.unwrap());
    stack.stop().await.unwrap();
}
