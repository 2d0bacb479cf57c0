//! Providers: one judge call in, one reply or one typed error out.
//!
//! Nothing here knows what an evaluation or a strategy is. One module decides what an answer means
//! (`outcome`), one retries ([`retry`]).

mod chat;
mod error;
mod outcome;
mod provider;
pub mod retry;
mod transport;

pub use error::{CallError, Kind};
pub use provider::{CallContext, Options, Provider};
