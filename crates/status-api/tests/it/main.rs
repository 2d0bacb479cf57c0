//! status-api in this process, with a PostgreSQL and a Redis of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod calls;
mod commands;
mod export;
mod labels;
mod queue;
mod reads;
mod stats;
mod support;
mod waiting;
