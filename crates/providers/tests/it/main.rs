//! Calls to a running mock provider. Run by `cargo xtask test`, which builds it.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod abilities;
mod answers;
mod batch_tier;
mod budgets;
mod cache;
mod choices;
mod fallback;
mod limits;
mod logprobs;
mod mock;
mod replies;
mod requests;
mod responses;
mod scripted;
mod streams;
mod tries;
