//! Providers: one judge call in, one reply or one typed error out; several replies where several choices are wanted.
//!
//! Nothing here knows what an evaluation or a strategy is. One table decides what an answer means ([`outcome`]), one
//! module asks again ([`retry`]).

mod activity;
mod batch_tier;
mod breaker;
mod budget;
mod cache;
mod capabilities;
mod capability_records;
mod chat;
mod choices;
mod deployment;
mod end_words;
mod endpoint;
mod endpoint_capabilities;
mod error;
mod function_calls;
mod load;
mod logprobs;
mod message_pieces;
mod model_list;
mod model_lists;
pub mod outcome;
mod parsed_response;
mod phrases;
mod provider;
mod registry;
mod responses;
pub mod retry;
mod transport;
mod usage;
mod wire;

pub use breaker::Breaker;
pub use capabilities::{Capabilities, JsonMode, OutputBound};
pub use capability_records::CapabilityRecord;
pub use choices::Choices;
pub use endpoint::CallContext;
pub use error::{CallError, ErrorKind};
pub use model_list::ModelList;
pub use model_lists::ModelListRecord;
pub use registry::Providers;
