//! What differs between two answers to the same request.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::rng::SeededRng;

/// Identifier and time of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    bits: (u64, u64),
    /// Seconds since 1970.
    pub(crate) created: u64,
}

impl Identity {
    /// The identity of the n-th request.
    pub(crate) fn of(number: u64) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let rng = SeededRng::of([
            now.as_nanos().to_be_bytes().as_slice(),
            &number.to_be_bytes(),
        ]);
        Self {
            bits: (rng.bits(), rng.on("more").bits()),
            created: now.as_secs(),
        }
    }

    /// An identifier with OpenAI's prefix for its kind.
    pub(crate) fn name(&self, prefix: &str) -> String {
        format!("{prefix}{:016x}{:016x}", self.bits.0, self.bits.1)
    }
}

/// The fingerprint of the simulated backend.
pub(crate) const FINGERPRINT: &str = "fp_mockllm01";
