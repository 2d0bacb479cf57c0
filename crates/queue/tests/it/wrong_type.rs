//! A key of ours under which something else stands: deleted, and used as if it had not been there.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::{Limits, Priority};
use queue::Error;
use queue::limiter::Admission;
use queue::progress::{Progress, WriteResult};

use crate::support::{Bench, admit, entries, id, settle, take};

const NOW: Priority = Priority::Interactive;
const LIMITS: Limits = Limits {
    requests_per_minute: Some(6_000),
    tokens_per_minute: None,
    concurrency: Some(3),
};

/// What uses a stream.
const STREAM: [&str; 9] = [
    "ensure_groups",
    "ring",
    "length",
    "windows",
    "dismiss",
    "leave",
    "put_back",
    "take",
    "wait",
];

async fn use_stream(bench: &Bench, name: &str) {
    let redis = &bench.redis;
    let done = match name {
        "ensure_groups" => redis.ensure_groups().await,
        "ring" => redis.publish(NOW, &entries(2)).await,
        "length" => redis.length(NOW).await.map(drop),
        "windows" => redis.entry_windows().await.map(drop),
        "dismiss" => redis.dismiss(NOW, vec!["1-1".to_owned()]).await,
        "leave" => redis.delete_consumer("c").await,
        "put_back" => redis.republish(NOW, "1-1", &entries(1)[0]).await,
        reads => {
            let reader = redis.reader("c", Duration::from_millis(200)).unwrap();
            let read = if reads == "take" {
                take(&reader, 1).await
            } else {
                reader.wait().await
            };
            // A reader says so, and whoever hears it makes the group.
            assert!(matches!(read, Err(Error::WrongType)), "{read:?}");
            redis.ensure_groups().await.unwrap();
            take(&reader, 1).await.map(drop)
        }
    };
    match done {
        // The group is gone with the wrong key.
        Ok(()) | Err(Error::NoGroup) => {}
        Err(error) => panic!("{name}: {error}"),
    }
}

/// Puts something of each type but the right one under a key, and does what needs the key.
async fn spoiled(bench: &Bench, key: &str, ours: &str, operation: impl AsyncFn()) {
    let key = &bench.key(key);
    for (other, put) in [
        ("string", vec!["SET", key, "x"]),
        ("list", vec!["RPUSH", key, "x"]),
        ("set", vec!["SADD", key, "x"]),
        ("hash", vec!["HSET", key, "x", "y"]),
        ("zset", vec!["ZADD", key, "1", "x"]),
        ("stream", vec!["XADD", key, "*", "x", "y"]),
    ] {
        if other == ours {
            continue;
        }
        bench.cli(&["DEL", key]).await;
        bench.cli(&put).await;
        operation().await;
        let found = bench.cli(&["TYPE", key]).await;
        assert!(
            [ours, "none"].contains(&&*found),
            "{other}: a {found} stays under {key}"
        );
    }
}

#[tokio::test]
async fn a_stream_of_a_wrong_type_is_deleted_by_whoever_finds_it() {
    let bench = Bench::ready().await;
    for name in STREAM {
        spoiled(&bench, "work:interactive", "stream", async || {
            use_stream(&bench, name).await;
        })
        .await;
    }
    // One of ours is never deleted, with whatever beside it.
    bench.redis.ensure_groups().await.unwrap();
    bench.redis.publish(NOW, &entries(2)).await.unwrap();
    bench.cli(&["DEL", &bench.key("work:batch")]).await;
    bench.cli(&["SET", &bench.key("work:batch"), "x"]).await;
    let [interactive, batch] = bench.redis.entry_windows().await.unwrap();
    assert_eq!((interactive.length, batch.length), (2, 0));
}

#[tokio::test]
async fn limits_of_a_wrong_type_begin_anew() {
    let bench = Bench::bare().await;
    let call = AtomicU32::new(0);
    let admit = async || {
        let call = call.fetch_add(1, Ordering::Relaxed).to_string();
        let redis = &bench.redis;
        let hour = Duration::from_secs(3600);
        let admitted = admit(redis, "acme", &LIMITS, &call, 1, hour).await.unwrap();
        if admitted == Admission::Admitted {
            settle(redis, "acme", &LIMITS, &call, 1, 1).await.unwrap();
        }
    };
    spoiled(&bench, "limit:buckets:acme", "hash", admit).await;
    spoiled(&bench, "limit:calls:acme", "zset", admit).await;
    let look = async || drop(bench.redis.circuits(&["p:m".to_owned()]).await.unwrap());
    bench.cli(&["SET", &bench.key("breaker:p:m"), "x"]).await;
    look().await;
    assert_eq!(bench.cli(&["EXISTS", &bench.key("breaker:p:m")]).await, "0");
}

#[tokio::test]
async fn progress_of_a_wrong_type_is_written_anew() {
    let bench = Bench::bare().await;
    let progress = Progress {
        step: "judge".to_owned(),
        completed: 0,
        total: 1,
        message: String::new(),
    };
    let (redis, key) = (&bench.redis, format!("progress:{}", id(1)));
    let write = async || {
        let written = redis.write_progress(id(1), 1, &progress).await.unwrap();
        assert_eq!(written, WriteResult::Created);
    };
    spoiled(&bench, &key, "hash", write).await;
    let read = async || assert_eq!(redis.read_progress(id(1)).await.unwrap(), None);
    spoiled(&bench, &key, "hash", read).await;
    // Of the right type, with nonsense in it.
    let key = bench.key(&key);
    bench.cli(&["HSET", &key, "epoch", "x"]).await;
    write().await;
    spoiled(&bench, "probe", "hash", async || {
        redis.probe().await.unwrap();
    })
    .await;
}
