//! The responses API.

pub(crate) mod envelope;
pub(crate) mod events;
pub(crate) mod request;
