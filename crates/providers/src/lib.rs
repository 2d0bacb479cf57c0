//! Providers: one judge call in, one reply or one typed error out; several replies where several choices are wanted.
//!
//! Nothing here knows what an evaluation or a strategy is. One table decides what an answer means ([`outcome`]), one
//! module asks again ([`retry`]).

mod abilities;
mod answer;
mod breaker;
mod budget;
mod called;
mod chat;
mod choices;
mod deployment;
mod directory;
mod endpoint;
mod error;
mod knowledge;
mod lessons;
mod logprobs;
mod options;
pub mod outcome;
mod phrases;
mod pieces;
mod provider;
mod responses;
pub mod retry;
mod transport;
mod usage;
mod wire;

pub use abilities::{Abilities, JsonBy, OutputBound};
pub use breaker::BreakerState;
pub use choices::Choices;
pub use directory::{Place, Providers, Setup};
pub use endpoint::CallContext;
pub use error::{CallError, Kind};
pub use lessons::Lesson;
pub use options::{Api, Options, Price};
