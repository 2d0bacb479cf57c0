//! A Redis that is stopped or frozen: every call ends with an error in time, and works again later.

use std::time::{Duration, Instant};

use domain::Limits;
use domain::Priority;
use local_stack::eventually;
use queue::progress::Progress;
use queue::stream::Reader;
use queue::{Error, Redis};
use tokio::time::timeout;

use crate::support::{COMMAND, Private, SOON, admit, entries, id, settle, take};

const NOW: Priority = Priority::Interactive;
const BLOCK: Duration = Duration::from_millis(200);
/// Commands may be tried twice, and the machine may be busy.
const BOUND: Duration = Duration::from_secs(4);
/// A blocking read may last for its block and 5 s.
const READ_BOUND: Duration = Duration::from_secs(12);

const CALLS: [&str; 15] = [
    "ping",
    "probe",
    "ensure_groups",
    "ring",
    "length",
    "windows",
    "dismiss",
    "take_over",
    "write_progress",
    "read_progress",
    "end_progress",
    "wake",
    "admit",
    "settle",
    "circuits",
];
const LIMITS: Limits = Limits {
    requests_per_minute: Some(60),
    tokens_per_minute: Some(60),
    concurrency: Some(1),
};
const READS: [&str; 2] = ["take", "wait"];

async fn call(redis: &Redis, name: &str) -> queue::Result<()> {
    let progress = Progress {
        step: "s".to_owned(),
        completed: 0,
        total: 1,
        message: String::new(),
    };
    match name {
        "ping" => redis.ping().await,
        "probe" => redis.probe().await,
        "ensure_groups" => redis.ensure_groups().await,
        "ring" => redis.publish(NOW, &entries(2)).await,
        "length" => redis.length(NOW).await.map(drop),
        "windows" => redis.entry_windows().await.map(drop),
        "dismiss" => redis.dismiss(NOW, vec!["1-1".to_owned()]).await,
        "take_over" => redis.reclaim(NOW, "c", BLOCK).await.map(drop),
        "write_progress" => redis.write_progress(id(1), 1, &progress).await.map(drop),
        "read_progress" => redis.read_progress(id(1)).await.map(drop),
        "end_progress" => redis.end_progress(id(1)).await,
        "admit" => admit(redis, "a", &LIMITS, "call", 1, BLOCK).await.map(drop),
        "settle" => settle(redis, "a", &LIMITS, "call", 1, 2).await,
        "circuits" => redis.circuits(&["p:m".to_owned()]).await.map(drop),
        "wake" => redis.publish_changes(id(1)).await,
        _ => unreachable!("{name}"),
    }
}

async fn read(reader: &Reader, name: &str) -> queue::Result<()> {
    match name {
        "take" => take(reader, 5).await.map(drop),
        "wait" => reader.wait().await.map(drop),
        _ => unreachable!("{name}"),
    }
}

/// The call has to end with `Unavailable`, not hang and not say anything else.
async fn is_refused(name: &str, bound: Duration, call: impl Future<Output = queue::Result<()>>) {
    let begun = Instant::now();
    let ended = timeout(bound, call).await;
    let ended = ended.unwrap_or_else(|_| panic!("{name} hangs"));
    assert!(
        matches!(ended, Err(Error::Unavailable(_))),
        "{name}: {ended:?}"
    );
    assert!(begun.elapsed() < bound, "{name}: {:?}", begun.elapsed());
}

async fn everything_is_refused(redis: &Redis, reader: &Reader) {
    for name in CALLS {
        is_refused(name, BOUND, call(redis, name)).await;
    }
    for name in READS {
        is_refused(name, READ_BOUND, read(reader, name)).await;
    }
}

async fn everything_works(redis: &Redis, reader: &Reader) {
    for name in CALLS {
        eventually(SOON, async || call(redis, name).await)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for name in READS {
        eventually(SOON, async || read(reader, name).await)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn a_stopped_server_is_an_error_in_time_and_then_works_again() {
    let private = Private::start().await;
    let reader = private.redis.reader("c", BLOCK).unwrap();
    everything_works(&private.redis, &reader).await;
    private.server.stop().await.unwrap();
    everything_is_refused(&private.redis, &reader).await;
    private.server.start().await.unwrap();
    everything_works(&private.redis, &reader).await;
    private.server.kill().await.unwrap();
    is_refused("length", BOUND, call(&private.redis, "length")).await;
    private.server.start().await.unwrap();
    everything_works(&private.redis, &reader).await;
}

#[tokio::test]
async fn a_frozen_server_is_an_error_in_time_and_then_works_again() {
    let private = Private::start().await;
    let reader = private.redis.reader("c", BLOCK).unwrap();
    everything_works(&private.redis, &reader).await;
    private.server.freeze().unwrap();
    everything_is_refused(&private.redis, &reader).await;
    private.server.thaw().unwrap();
    everything_works(&private.redis, &reader).await;
}

#[tokio::test]
async fn a_full_server_is_not_available_and_says_why_although_it_answers() {
    let private = Private::start().await;
    let cli = async |command: &[&str]| private.server.cli(command).await.unwrap();
    cli(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let full = private.redis.publish(NOW, &entries(1)).await;
    assert!(matches!(full, Err(Error::Unavailable(_))), "{full:?}");
    private.redis.ping().await.unwrap();
    let full = private.redis.probe().await.unwrap_err();
    assert!(full.to_string().contains("maxmemory"), "{full}");
    cli(&["CONFIG", "SET", "maxmemory", "0"]).await;
    private.redis.publish(NOW, &entries(1)).await.unwrap();
    private.redis.probe().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_at_first_is_found_later() {
    let private = Private::start().await;
    private.server.stop().await.unwrap();
    let options = queue::Options {
        url: private.server.url().to_owned(),
        tls: None,
        key_prefix: "late".to_owned(),
        connect_timeout: COMMAND,
        command_timeout: COMMAND,
    };
    let redis = Redis::new(&options).unwrap();
    let reader = redis.reader("c", BLOCK).unwrap();
    is_refused("ping", BOUND, call(&redis, "ping")).await;
    private.server.start().await.unwrap();
    everything_works(&redis, &reader).await;
}
