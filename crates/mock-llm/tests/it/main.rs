//! The built binary, met over HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod abilities;
mod broken;
mod cache;
mod chat;
mod comparisons;
mod faults;
mod logprobs;
mod messages;
mod process;
mod provider;
mod responses;
mod scripts;
mod settings;
mod stats;
mod streams;
mod structured;
