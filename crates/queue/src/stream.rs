//! The work streams: a doorbell on the backlog in PostgreSQL.
//!
//! One stream a priority, one consumer group (`workers`) on each. An entry says that an evaluation may be
//! claimed, no more: it may stand there twice, or for an evaluation that is long gone, and may get lost.
//! Fields: `v` (format, 1), `id`, `tenant`, `size` (of the payload, in bytes; not in entries of older releases), and `tp`
//! (W3C traceparent) where there is one; below 1 KB. An
//! entry is acknowledged and deleted as soon as its claim is decided, not when the judging ends, so the
//! stream only ever holds what waits. A worker takes only what it can start ([`take`]); the rest stays where it is, and
//! what was delivered in vain goes back ([`Redis::republish`]). There is no `MAXLEN`: trimming would drop work unseen.

mod consumers;
pub mod take;

use std::collections::HashMap;
use std::time::Duration;

use domain::period::milliseconds;
use domain::{EvaluationId, Priority};
use fred::prelude::*;
use fred::types::streams::XReadResponse;

use crate::connection::Redis;
use crate::error::Result;
use crate::key_type::KeyType;

const GROUP: &str = "workers";
const FORMAT: &str = "1";

/// Entries as Redis gives them: ids with fields.
type Raw = Vec<(String, HashMap<String, String>)>;

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The evaluation.
    pub id: EvaluationId,
    /// Whose it is.
    pub tenant: String,
    /// The size of its payload in bytes; `None` in an entry of an older release.
    pub size: Option<u64>,
    /// The trace that it came with.
    pub traceparent: Option<String>,
}

impl Entry {
    /// What the fields of an entry say; `None` where they are of another format, or lack what every entry has.
    #[must_use]
    pub fn parse(fields: &HashMap<String, String>) -> Option<Self> {
        fields.get("v").filter(|format| *format == FORMAT)?;
        Some(Self {
            id: EvaluationId(fields.get("id")?.parse().ok()?),
            tenant: fields.get("tenant")?.clone(),
            size: fields.get("size").and_then(|size| size.parse().ok()),
            traceparent: fields.get("tp").cloned(),
        })
    }

    /// As it stands in the stream.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("v", FORMAT.to_owned()),
            ("id", self.id.to_string()),
            ("tenant", self.tenant.clone()),
        ];
        fields.extend(self.size.map(|size| ("size", size.to_string())));
        fields.extend(self.traceparent.clone().map(|trace| ("tp", trace)));
        fields
    }
}

/// An entry that was delivered to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its stream.
    pub priority: Priority,
    /// Its id in the stream.
    pub entry_id: String,
    /// What it says; `None` when that cannot be read.
    pub entry: Option<Entry>,
    /// Whether it passed a larger one that waits for memory: see [`take`].
    pub passing: bool,
}

/// A stream as it is at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Entries that stand in it, delivered or not.
    pub length: u64,
    /// How old the oldest of them is, on the server's clock; `None` for an empty stream.
    pub oldest: Option<Duration>,
}

impl Redis {
    fn stream_key(&self, priority: Priority) -> String {
        self.key(&format!("work:{}", priority.as_str()))
    }

    /// Makes both streams and their group where they are missing. The group begins at the first entry, so
    /// that nothing which is already there is skipped.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn ensure_groups(&self) -> Result<()> {
        for priority in Priority::ALL {
            let key = &self.stream_key(priority);
            self.on(&[(key, KeyType::Stream)], || async {
                let made = self.client.xgroup_create(key, GROUP, "0", true).await;
                match made {
                    Err(error) if error.details().contains("BUSYGROUP") => Ok(()),
                    other => other,
                }
            })
            .await?;
        }
        Ok(())
    }

    /// Adds entries. Repeating is harmless.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]: none, some or all were added.
    pub async fn publish(&self, priority: Priority, entries: &[Entry]) -> Result<()> {
        let key = &self.stream_key(priority);
        let add = || async {
            let pipeline = self.client.pipeline();
            for entry in entries {
                pipeline
                    .xadd::<(), _, _, _, _>(key, false, None, "*", entry.fields())
                    .await?;
            }
            pipeline.all::<Vec<String>>().await.map(drop)
        };
        self.on(&[(key, KeyType::Stream)], add).await
    }

    /// How many entries stand in a stream, delivered or not.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn length(&self, priority: Priority) -> Result<u64> {
        let key = &self.stream_key(priority);
        self.on(&[(key, KeyType::Stream)], || self.client.xlen(key))
            .await
    }

    /// Both streams as they are now, in the order of [`Priority::ALL`], with one command.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn entry_windows(&self) -> Result<[Window; 2]> {
        const SCRIPT: &str = "
            local now = redis.call('TIME')
            now = now[1] * 1000 + math.floor(now[2] / 1000)
            local windows = {}
            for _, key in ipairs(KEYS) do
                local first = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
                table.insert(windows, redis.call('XLEN', key))
                table.insert(windows, first and math.max(0, now - tonumber(string.match(first[1], '^%d+'))) or -1)
            end
            return windows";
        let keys = Priority::ALL.map(|priority| self.stream_key(priority));
        let typed = keys.each_ref().map(|key| (key.as_str(), KeyType::Stream));
        let found: (u64, i64, u64, i64) = self
            .on(&typed, || {
                self.client.eval(SCRIPT, keys.to_vec(), Vec::<&str>::new())
            })
            .await?;
        let window = |length, age: i64| Window {
            length,
            oldest: u64::try_from(age).ok().map(Duration::from_millis),
        };
        let (interactive, oldest_interactive, batch, oldest_batch) = found;
        Ok([
            window(interactive, oldest_interactive),
            window(batch, oldest_batch),
        ])
    }

    /// Acknowledges and deletes entries whose claim is decided.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]; they will be delivered once more and change nothing.
    pub async fn dismiss(&self, priority: Priority, entry_ids: Vec<String>) -> Result<()> {
        // In one script, which the append-only file and replicas get whole: what is acknowledged and still stands in the
        // stream would be delivered to nobody ever again, and the stream would never be empty.
        const SCRIPT: &str = "
            for i = 2, #ARGV do
                redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
                redis.call('XDEL', KEYS[1], ARGV[i])
            end
            return #ARGV - 1";
        if entry_ids.is_empty() {
            return Ok(());
        }
        let args: Vec<String> = std::iter::once(GROUP.to_owned()).chain(entry_ids).collect();
        let key = &self.stream_key(priority);
        self.on(&[(key, KeyType::Stream)], || {
            self.client.eval::<i64, _, _, _>(SCRIPT, key, args.clone())
        })
        .await
        .map(drop)
    }

    /// Puts a delivered entry back, as a new one at the end: for whoever reads next. `entry` is what it says from now on.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]; it will be delivered once more.
    pub async fn republish(&self, priority: Priority, entry_id: &str, entry: &Entry) -> Result<()> {
        // In one script: at no time does the entry stand there twice, or not at all.
        const SCRIPT: &str = "
            redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3))
            redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
            return redis.call('XDEL', KEYS[1], ARGV[2])";
        let fields = entry.fields().into_iter();
        let fields = fields.flat_map(|(name, value)| [name.to_owned(), value]);
        let args = [GROUP.to_owned(), entry_id.to_owned()];
        let args: Vec<String> = args.into_iter().chain(fields).collect();
        let key = &self.stream_key(priority);
        self.on(&[(key, KeyType::Stream)], || {
            self.client.eval::<i64, _, _, _>(SCRIPT, key, args.clone())
        })
        .await
        .map(drop)
    }

    /// A reader with a connection of its own.
    ///
    /// # Errors
    /// [`crate::Error::Settings`].
    pub fn reader(&self, consumer: &str, block: Duration) -> Result<Reader> {
        let client = self.blocking_client(block)?;
        Ok(Reader {
            client,
            keys: Priority::ALL.map(|priority| self.stream_key(priority)),
            consumer: consumer.to_owned(),
            block,
        })
    }
}

/// Reads new entries for one consumer.
#[derive(Debug)]
pub struct Reader {
    client: Client,
    keys: [String; 2],
    consumer: String,
    block: Duration,
}

type Streams = Option<XReadResponse<String, String, String, String>>;

impl Reader {
    /// Waits for a new entry of either priority, for as long as the reader was made for.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`], [`crate::Error::NoGroup`].
    pub async fn wait(&self) -> Result<Vec<Delivery>> {
        let block = milliseconds(self.block);
        let (keys, ids) = (self.keys.to_vec(), vec![">", ">"]);
        let streams: Streams = self
            .client
            .xreadgroup(
                GROUP,
                &*self.consumer,
                Some(1),
                Some(block),
                false,
                keys,
                ids,
            )
            .await?;
        Ok(self.deliveries(streams))
    }

    fn deliveries(&self, streams: Streams) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        for (key, entries) in streams.into_iter().flatten() {
            let Some(priority) = Priority::ALL
                .into_iter()
                .zip(&self.keys)
                .find(|(_, own)| **own == key)
                .map(|(priority, _)| priority)
            else {
                continue;
            };
            deliveries.extend(
                entries
                    .into_iter()
                    .map(|(entry_id, fields)| delivery(priority, entry_id, &fields)),
            );
        }
        deliveries
    }
}

fn delivery(priority: Priority, entry_id: String, fields: &HashMap<String, String>) -> Delivery {
    Delivery {
        priority,
        entry_id,
        entry: Entry::parse(fields),
        passing: false,
    }
}
