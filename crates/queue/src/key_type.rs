//! Keys of a wrong type: something else was put under a name of ours. Nothing in Redis is truth, so it is deleted, and
//! what should stand there is made anew.

use std::future::Future;

use fred::error::Error as FredError;
use fred::prelude::*;

use crate::connection::Redis;
use crate::error::{Result, is_wrong_type};

/// What stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyType {
    Stream,
    Hash,
    SortedSet,
}

impl KeyType {
    /// As `TYPE` says it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Hash => "hash",
            Self::SortedSet => "zset",
        }
    }
}

impl Redis {
    /// Does something with keys of ours, a second time where one of them was of another type and is deleted now.
    pub(crate) async fn on<T, F>(
        &self,
        keys: &[(&str, KeyType)],
        operation: impl Fn() -> F,
    ) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, FredError>>,
    {
        match operation().await {
            Err(error) if is_wrong_type(&error) => {
                for (key, wanted) in keys {
                    self.delete_unless(key, *wanted).await?;
                }
                Ok(operation().await?)
            }
            done => Ok(done?),
        }
    }

    /// In one step: others find out at the same time, and what they have made anew has to stay.
    async fn delete_unless(&self, key: &str, wanted: KeyType) -> Result<()> {
        const SCRIPT: &str = "
            local found = redis.call('TYPE', KEYS[1]).ok
            if found == 'none' or found == ARGV[1] then return '' end
            redis.call('DEL', KEYS[1])
            return found";
        let found: String = self.client.eval(SCRIPT, key, vec![wanted.as_str()]).await?;
        if !found.is_empty() {
            tracing::error!(
                key,
                found,
                wanted = wanted.as_str(),
                "a key of Redis had another type than ours and was deleted"
            );
        }
        Ok(())
    }
}
