//! Progress: how far a running evaluation is, for those who watch it.
//!
//! A hash an evaluation: `epoch`, `step`, `completed`, `total`, `message`, `at` (milliseconds since 1970, on
//! Redis' clock), and `waiting`, JSON, while a call of it waits; gone a day after its last write. It is a cache: the record is the committed replies in
//! PostgreSQL. A write says whether the hash was still there, and one of an older epoch changes nothing.

use std::collections::HashMap;

use domain::EvaluationId;
use domain::timeline::WaitReason;
use fred::prelude::*;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connection::Redis;
use crate::error::Result;
use crate::key_type::KeyType;

/// How far an evaluation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What is being done, for people.
    pub step: String,
    /// Replies that are in.
    pub completed: u32,
    /// Replies that the plan needs.
    pub total: u32,
    /// More words, for people.
    pub message: String,
}

/// What a running evaluation waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Why.
    pub reason: WaitReason,
    /// Which of its judge calls.
    pub step: String,
    /// Since when, on the worker's clock.
    pub since: Timestamp,
    /// Until when, on the same clock; `None` where nobody knows, or a release before this one wrote it.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// The kind of the error before a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Its HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// Progress with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// How far it is.
    pub progress: Progress,
    /// What it waits for.
    pub waiting: Option<Waiting>,
    /// Milliseconds since 1970 on Redis' clock.
    pub at_ms: i64,
}

/// What a write met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteResult {
    /// The hash was there and is up to date now.
    Updated,
    /// There was none: the first write, or Redis lost it. It is complete again.
    Created,
    /// A newer owner has written: this changed nothing.
    Stale,
}

const TTL_MS: &str = "86400000";

impl Redis {
    /// Writes the whole progress under an epoch, and wakes those who wait for the evaluation.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]; nothing depends on it.
    pub async fn write_progress(
        &self,
        id: EvaluationId,
        epoch: i64,
        progress: &Progress,
    ) -> Result<WriteResult> {
        const SCRIPT: &str = "
            local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or nil)
            if epoch and epoch > tonumber(ARGV[1]) then return -1 end
            local now = redis.call('TIME')
            redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'step', ARGV[2], 'completed', ARGV[3], 'total', ARGV[4],
                'message', ARGV[5], 'waiting', '', 'at', now[1] * 1000 + math.floor(now[2] / 1000))
            redis.call('PEXPIRE', KEYS[1], ARGV[6])
            redis.call('PUBLISH', ARGV[7], ARGV[8])
            return epoch and 1 or 0";
        let args = vec![
            epoch.to_string(),
            progress.step.clone(),
            progress.completed.to_string(),
            progress.total.to_string(),
            progress.message.clone(),
            TTL_MS.to_owned(),
            self.key(crate::changes::CHANNEL),
            id.to_string(),
        ];
        let key = &self.progress_key(id);
        let typed = [(key.as_str(), KeyType::Hash)];
        let write = || self.client.eval::<i64, _, _, _>(SCRIPT, key, args.clone());
        Ok(match self.on(&typed, write).await? {
            0 => WriteResult::Created,
            1 => WriteResult::Updated,
            _ => WriteResult::Stale,
        })
    }

    /// Writes what an evaluation waits for, where its progress is there under this epoch, and wakes those who wait for it.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]; nothing depends on it.
    pub async fn write_waiting(
        &self,
        id: EvaluationId,
        epoch: i64,
        waiting: Option<&Waiting>,
    ) -> Result<()> {
        const SCRIPT: &str = "
            if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then
                redis.call('HSET', KEYS[1], 'waiting', ARGV[2])
                redis.call('PUBLISH', ARGV[3], ARGV[4])
            end
            return 0";
        let waiting = waiting.and_then(|waiting| serde_json::to_string(waiting).ok());
        let args = vec![
            epoch.to_string(),
            waiting.unwrap_or_default(),
            self.key(crate::changes::CHANNEL),
            id.to_string(),
        ];
        let key = &self.progress_key(id);
        let typed = [(key.as_str(), KeyType::Hash)];
        let write = || self.client.eval::<i64, _, _, _>(SCRIPT, key, args.clone());
        self.on(&typed, write).await.map(|_| ())
    }

    /// The progress of an evaluation; `None` when Redis has none.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]; then the record in PostgreSQL has to do.
    pub async fn read_progress(&self, id: EvaluationId) -> Result<Option<Recorded>> {
        let key = &self.progress_key(id);
        let hash: HashMap<String, String> = self
            .on(&[(key, KeyType::Hash)], || self.client.hgetall(key))
            .await?;
        let read = || {
            let progress = Progress {
                step: hash.get("step")?.clone(),
                completed: hash.get("completed")?.parse().ok()?,
                total: hash.get("total")?.parse().ok()?,
                message: hash.get("message")?.clone(),
            };
            Some(Recorded {
                progress,
                waiting: hash
                    .get("waiting")
                    .and_then(|waiting| serde_json::from_str(waiting).ok()),
                at_ms: hash.get("at")?.parse().ok()?,
            })
        };
        Ok(read())
    }

    /// Forgets the progress of an evaluation that has ended, and wakes those who wait for it.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`]; the hash then goes by itself, and waiting ends with the next look.
    pub async fn end_progress(&self, id: EvaluationId) -> Result<()> {
        let pipeline = self.client.pipeline();
        pipeline.del::<(), _>(self.progress_key(id)).await?;
        pipeline
            .publish::<(), _, _>(self.key(crate::changes::CHANNEL), id.to_string())
            .await?;
        Ok(pipeline.all::<Vec<i64>>().await.map(|_| ())?)
    }

    fn progress_key(&self, id: EvaluationId) -> String {
        self.key(&format!("progress:{id}"))
    }
}
