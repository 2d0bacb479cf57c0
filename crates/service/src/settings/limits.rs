//! `[limits]`: what one tenant may ask of the public APIs.

use super::section::section;

section! {
    /// What one tenant may ask of the public APIs before it is answered 429 `rate_limited`; 0: as much as there is.
    ///
    /// The defaults are beyond what one process serves: whoever shares an installation between teams sets them lower.
    pub struct Limits in "limits" {
        /// Requests of one tenant that one process answers in a second.
        requests_per_second: u32 = 100_000, range 0..=10_000_000;
        /// Bytes of bodies of one tenant, decoded, that one process of ingest-api takes in a second. A body that is begun is taken
        /// whole, the next ones wait for their second; a batch is read no faster.
        bytes_per_second: u64 = 1 << 30, range 0..=(1 << 40);
        /// Evaluations of one tenant that wait and run, in all processes together. Counted every five seconds, and beside that each
        /// process counts what it takes itself.
        evaluations: u64 = 1_000_000, range 0..=1_000_000_000;
    }
}
