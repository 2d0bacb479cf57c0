//! The messages API of Anthropic.

pub(crate) mod envelope;
pub(crate) mod errors;
pub(crate) mod events;
pub(crate) mod request;
