//! The vocabulary of autorater, free of I/O, HTTP, SQL and Redis.
//!
//! Suggested reading order: [`json`] (how a payload is read), [`identity`] (what makes two payloads the
//! same evaluation), [`submission`], [`strategy`] and [`rubric`] (what a client asks for), [`plan`] (what is judged, once
//! decided), [`assessment`] (what comes out), [`state`] (how an evaluation lives and ends).

pub mod api_key;
pub mod assessment;
pub mod budget;
pub mod circuit;
pub mod deployment_state;
pub mod failure;
pub mod fields;
pub mod human_label;
pub mod identity;
pub mod json;
pub mod label;
pub mod limits;
pub mod mask;
pub mod memory;
pub mod money;
pub mod new_key;
pub mod period;
pub mod plan;
pub mod priority;
pub mod provider_load;
pub mod routing;
pub mod rubric;
pub mod secret;
pub mod state;
pub mod strategy;
pub mod submission;
pub mod tenant;
pub mod timeline;
pub mod webhook;

pub use identity::EvaluationId;
pub use limits::Limits;
pub use memory::MemoryNeeds;
pub use priority::Priority;
pub use secret::Secret;
pub use state::State;
pub use tenant::Tenant;
