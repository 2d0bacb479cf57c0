//! What can be changed while the server runs.

pub(crate) mod config;
pub(crate) mod fault_state;
pub(crate) mod panel;
pub(crate) mod parameters;
pub(crate) mod rule;
pub(crate) mod script;
