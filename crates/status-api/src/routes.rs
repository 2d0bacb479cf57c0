//! Handlers: they unpack a request, call, and answer.

pub(crate) mod evaluations;
pub(crate) mod rubrics;
