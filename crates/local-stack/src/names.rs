//! Random names, without a dependency for them.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;

/// A number that differs between calls, threads and processes.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// `prefix` and a random hexadecimal number: a valid PostgreSQL identifier and Redis key prefix.
pub(crate) fn random_name(prefix: &str) -> String {
    format!("{prefix}_{:016x}", random())
}

/// The same number for the same path in every process.
pub(crate) fn stable_hash(path: &Path) -> u64 {
    // FNV-1a: std promises no stable hash.
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
