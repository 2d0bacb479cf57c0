//! The memory that evaluations take, within the worker's bound.

use tokio::sync::OwnedSemaphorePermit;

use crate::worker::Worker;

/// Memory that an evaluation takes besides its payload, in KiB.
const BASE_KIB: usize = 64;
/// How often a payload is in memory for each call that is made with it: the prompt, and the request's body.
const COPIES_A_CALL: usize = 2;

/// The share of the worker's memory that an evaluation takes: its payload and what is made of it.
pub(crate) struct Memory {
    share: Option<OwnedSemaphorePermit>,
    calls_at_once: u32,
}

impl Memory {
    /// Waits until there is memory for a payload and for as many calls with it.
    pub(crate) async fn reserve(worker: &Worker, payload_size: usize, calls_at_once: u32) -> Self {
        let copies = usize::try_from(calls_at_once)
            .unwrap_or(usize::MAX)
            .saturating_mul(COPIES_A_CALL)
            .saturating_add(1);
        let kibibytes = payload_size.saturating_mul(copies) / 1024 + BASE_KIB;
        // One that is larger than the whole budget runs alone.
        let permits = u32::try_from(kibibytes)
            .unwrap_or(u32::MAX)
            .min(worker.memory_permits);
        Self {
            share: worker.memory.clone().acquire_many_owned(permits).await.ok(),
            calls_at_once,
        }
    }

    /// Whether so many calls at once need a larger share.
    pub(crate) fn is_short_of(&self, calls_at_once: u32) -> bool {
        calls_at_once > self.calls_at_once
    }

    /// Takes a larger share. What it has goes first: two that each wait for the other's would wait for ever.
    pub(crate) async fn widen(&mut self, worker: &Worker, payload_size: usize, calls_at_once: u32) {
        self.share = None;
        *self = Self::reserve(worker, payload_size, calls_at_once).await;
    }
}
