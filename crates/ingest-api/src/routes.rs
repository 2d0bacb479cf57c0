//! Handlers: they unpack a request, call, and answer.

pub(crate) mod batch;
pub(crate) mod evaluations;
