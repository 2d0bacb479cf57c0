//! Redis: the doorbell on the backlog, progress, wake-ups, limits of calls and circuit breakers. Losing all of it at any moment
//! loses nothing.
//!
//! | key (behind the prefix) | type | holds |
//! | --- | --- | --- |
//! | `:work:interactive`, `:work:batch` | stream | a short window on the backlog; see [`stream`] |
//! | `:progress:<id>` | hash | how far a running evaluation is; see [`progress`] |
//! | `:wake` | channel | ids of evaluations that changed; see [`changes`] |
//! | `:limit:buckets:<account>` | hash | what a provider may still be asked for; see [`limiter`] |
//! | `:breaker:<deployment>` | hash | whether a deployment is asked; see [`circuit`] |
//! | `:probe` | hash | when somebody last looked whether Redis takes writes |
//! | `:limit:calls:<account>` | sorted set | calls to a provider that are under way; see [`limiter`] |
//!
//! Whatever of another type is put under one of these keys is deleted by the next who needs it.
//!
//! One primary, alone or behind Sentinel; Redis Cluster is not supported.

pub mod changes;
pub mod circuit;
mod connection;
mod diagnosis;
mod error;
mod key_type;
pub mod limiter;
pub mod progress;
mod script;
pub mod stream;

pub use connection::{Options, Redis, check_url};
pub use error::{Error, Result};
