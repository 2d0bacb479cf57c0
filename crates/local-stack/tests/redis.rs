//! A private Redis through its whole life.

use std::time::Duration;

use local_stack::{Redis, RedisOptions};

#[tokio::test]
async fn append_only_data_survives_and_the_port_stays() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::launch(
        dir.path(),
        RedisOptions {
            appendonly: true,
            port: None,
        },
    )
    .await
    .unwrap();
    let url = redis.url().to_owned();
    redis.cli(&["SET", "kept", "1"]).await.unwrap();
    assert_eq!(
        redis
            .cli(&["CONFIG", "GET", "maxmemory-policy"])
            .await
            .unwrap(),
        "maxmemory-policy\nnoeviction"
    );

    redis.restart().await.unwrap();
    assert_eq!(redis.cli(&["GET", "kept"]).await.unwrap(), "1");

    redis.kill().await.unwrap();
    assert!(redis.cli(&["PING"]).await.is_err());
    redis.start().await.unwrap();
    redis.wait_ready(Duration::from_secs(10)).await.unwrap();
    assert_eq!(redis.url(), url);
    assert!(
        redis
            .cli(&["NONSENSE"])
            .await
            .unwrap_err()
            .to_string()
            .contains("unknown command")
    );
}

#[tokio::test]
async fn without_append_only_a_restart_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::launch(dir.path(), RedisOptions::default())
        .await
        .unwrap();
    redis.cli(&["SET", "gone", "1"]).await.unwrap();
    redis.restart().await.unwrap();
    assert_eq!(redis.cli(&["DBSIZE"]).await.unwrap(), "0");
}

#[tokio::test]
async fn only_the_keys_of_the_prefix_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::launch(dir.path(), RedisOptions::default())
        .await
        .unwrap();
    for key in ["mine:1", "mine:2", "yours:1"] {
        redis.cli(&["SET", key, "x"]).await.unwrap();
    }
    redis.remove_keys("mine:").await.unwrap();
    assert_eq!(redis.cli(&["KEYS", "*"]).await.unwrap(), "yours:1");
}
