//! The public surface over HTTP.
//!
//! The tests share running services (see `stacks`), so each makes evaluations of its own and looks at those only.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod api;
mod asked;
mod batch;
mod bodies;
mod concurrency;
mod correlation;
mod dashboard;
mod evaluation;
mod frames;
mod idempotency;
mod identity;
mod limits;
mod list;
mod logs;
mod malformed;
mod metrics;
mod odd;
mod openapi;
mod outcomes;
mod raw;
mod reading;
mod readme;
mod refusals;
mod rubrics;
mod snapshots;
mod stacks;
mod together;
mod transcript;
mod waiting;
