//! Every state of the protocol, looked at.

mod checking;
mod gaps;
mod protocol;
mod rules;
