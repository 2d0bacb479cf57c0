//! The rules of webhooks: where they may go, how they are signed, when they are tried again. No I/O.
//!
//! ingest-api asks whether a [`Target`] may be named, scorer-worker whether an address may be connected to
//! ([`AllowedNetworks`]), how a message is signed ([`Signer`]) and what an answer means ([`Outcome`]).

mod address;
mod circuit;
mod outcome;
mod schedule;
mod signature;
mod target;

pub use address::{AllowedNetworks, NetworkError};
pub use circuit::Circuit;
pub use outcome::{ErrorClass, Outcome};
pub use schedule::{MAX_TRIES, next_try, retry_after};
pub use signature::{Secret, SecretError, Signer};
pub use target::{MAX_URL_BYTES, Policy, Target, TargetError};
