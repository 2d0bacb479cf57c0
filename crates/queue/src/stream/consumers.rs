//! Consumers that died or leave, and what is pending for them.

use std::time::Duration;

use domain::Priority;
use domain::period::milliseconds;
use fred::prelude::*;

use super::{Delivery, GROUP, Raw, delivery};
use crate::connection::Redis;
use crate::error::Result;
use crate::key_type::KeyType;

impl Redis {
    /// Takes over entries that were delivered to another consumer, at least `idle` ago, and never claimed:
    /// it died in between. Walks the whole list of pending entries, so none hides behind another.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`], [`crate::Error::NoGroup`].
    pub async fn reclaim(
        &self,
        priority: Priority,
        consumer: &str,
        idle: Duration,
    ) -> Result<Vec<Delivery>> {
        let key = &self.stream_key(priority);
        let idle = milliseconds(idle);
        let mut deliveries = Vec::new();
        let mut cursor = "0-0".to_owned();
        loop {
            let (next, entries): (String, Raw) = self
                .on(&[(key, KeyType::Stream)], || {
                    self.client.xautoclaim_values(
                        key,
                        GROUP,
                        consumer,
                        idle,
                        cursor.as_str(),
                        Some(500),
                        false,
                    )
                })
                .await?;
            deliveries.extend(
                entries
                    .into_iter()
                    .map(|(entry_id, fields)| delivery(priority, entry_id, &fields)),
            );
            if next == "0-0" {
                return Ok(deliveries);
            }
            cursor = next;
        }
    }

    /// Removes a consumer that leaves in good order; what is still pending for it stays deliverable only if
    /// it was dismissed or taken over before, so this refuses while anything is.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`].
    pub async fn delete_consumer(&self, consumer: &str) -> Result<()> {
        // Between a look and a deletion an entry could come in: one script makes it one step.
        const SCRIPT: &str = "
            local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
            if #pending == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end
            return #pending";
        for priority in Priority::ALL {
            let key = &self.stream_key(priority);
            self.on(&[(key, KeyType::Stream)], || {
                self.client
                    .eval::<i64, _, _, _>(SCRIPT, key, vec![GROUP, consumer])
            })
            .await?;
        }
        Ok(())
    }

    /// Removes consumers that died: idle for so long, with nothing pending. One that lives and had nothing to
    /// read for that long comes back with its next read. Returns how many.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`], [`crate::Error::NoGroup`].
    pub async fn delete_idle_consumers(&self, priority: Priority, idle: Duration) -> Result<u64> {
        // Deleting a consumer drops what is pending for it. As one step nothing comes in between.
        const SCRIPT: &str = "
            if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
            local forgotten = 0
            for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
                local consumer = {}
                for i = 1, #fields, 2 do consumer[fields[i]] = fields[i + 1] end
                if consumer.pending == 0 and consumer.idle >= tonumber(ARGV[2]) then
                    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
                    forgotten = forgotten + 1
                end
            end
            return forgotten";
        let idle = idle.as_millis().to_string();
        let key = &self.stream_key(priority);
        self.on(&[(key, KeyType::Stream)], || {
            self.client.eval(SCRIPT, key, vec![GROUP, &idle])
        })
        .await
    }
}
