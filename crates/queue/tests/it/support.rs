//! Connections to the shared server and to private ones.

use std::time::Duration;

use domain::{EvaluationId, Limits, MemoryNeeds, Priority};
use local_stack::{RedisOptions, TestRedis, eventually};
use queue::limiter::{Admission, CallEnd, CallRequest};
use queue::stream::take::Capacity;
use queue::stream::{Delivery, Entry, Reader};
use queue::{Options, Redis};
use tempfile::TempDir;
use uuid::Uuid;

/// For a command, as the tests set it.
pub(crate) const COMMAND: Duration = Duration::from_millis(500);
/// For whatever should happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) fn connect(url: &str, key_prefix: &str) -> Redis {
    let options = Options {
        url: url.to_owned(),
        tls: None,
        key_prefix: key_prefix.to_owned(),
        connect_timeout: COMMAND,
        command_timeout: COMMAND,
    };
    Redis::new(&options).unwrap()
}

/// A key prefix of one's own on the shared server.
pub(crate) struct Bench {
    pub(crate) redis: Redis,
    own: TestRedis,
}

impl Bench {
    /// With groups.
    pub(crate) async fn ready() -> Self {
        let bench = Self::bare().await;
        bench.redis.ensure_groups().await.unwrap();
        bench
    }

    /// Without anything.
    pub(crate) async fn bare() -> Self {
        let own = TestRedis::attach().unwrap();
        let redis = connect(own.url(), own.key_prefix());
        eventually(SOON, async || redis.ping().await).await.unwrap();
        Self { redis, own }
    }

    /// One more connection of its own.
    pub(crate) fn connect(&self) -> Redis {
        connect(self.own.url(), self.own.key_prefix())
    }

    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.own.key_prefix())
    }

    pub(crate) async fn cli(&self, command: &[&str]) -> String {
        self.own.server().cli(command).await.unwrap()
    }
}

/// A server of one's own, to be stopped and frozen.
pub(crate) struct Private {
    pub(crate) redis: Redis,
    pub(crate) server: local_stack::Redis,
    _dir: TempDir,
}

impl Private {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = local_stack::Redis::launch(dir.path(), RedisOptions::default())
            .await
            .unwrap();
        let redis = connect(server.url(), "private");
        eventually(SOON, async || redis.ping().await).await.unwrap();
        redis.ensure_groups().await.unwrap();
        Self {
            redis,
            server,
            _dir: dir,
        }
    }
}

pub(crate) fn id(number: u128) -> EvaluationId {
    EvaluationId(Uuid::from_u128(number))
}

pub(crate) fn entry(number: u128) -> Entry {
    Entry {
        id: id(number),
        tenant: "default".to_owned(),
        size: None,
        traceparent: None,
    }
}

pub(crate) fn entries(count: u128) -> Vec<Entry> {
    (0..count).map(entry).collect()
}

/// What deliveries say; every one has to be readable.
pub(crate) fn told(deliveries: &[Delivery]) -> Vec<Entry> {
    deliveries
        .iter()
        .map(|delivery| delivery.entry.clone().unwrap())
        .collect()
}

pub(crate) fn names(deliveries: &[Delivery]) -> Vec<String> {
    deliveries
        .iter()
        .map(|delivery| delivery.entry_id.clone())
        .collect()
}

/// Takes so many entries, with memory for all of them.
pub(crate) async fn take(reader: &Reader, entries: usize) -> queue::Result<Vec<Delivery>> {
    let capacity = Capacity {
        entries,
        memory: 1 << 30,
        for_passing: 0,
        needs: MemoryNeeds {
            fixed: 1,
            copies: 1,
            max: 1 << 30,
        },
    };
    Ok(reader.take(0, capacity).await?.deliveries)
}

/// How long a call may take.
pub(crate) const LONG: Duration = Duration::from_secs(300);

/// An interactive call at the account `a` of which no tokens are known.
pub(crate) fn request<'a>(limits: &'a Limits, call: &'a str) -> CallRequest<'a> {
    CallRequest {
        account: "a",
        limits,
        call,
        tokens: 0,
        longest: LONG,
        priority: Priority::Interactive,
    }
}

/// Asks the limiter alone.
pub(crate) async fn admit(
    redis: &Redis,
    account: &str,
    limits: &Limits,
    call: &str,
    tokens: u64,
    longest: Duration,
) -> queue::Result<Admission> {
    let request = CallRequest {
        account,
        tokens,
        longest,
        ..request(limits, call)
    };
    Ok(redis.admit(&request, None).await?.admission)
}

/// Tells the limiter alone.
pub(crate) async fn settle(
    redis: &Redis,
    account: &str,
    limits: &Limits,
    call: &str,
    reserved: u64,
    used: u64,
) -> queue::Result<()> {
    let end = CallEnd {
        account,
        limits,
        call,
        reserved,
        used,
    };
    redis.settle(&end, None).await.map(drop)
}
