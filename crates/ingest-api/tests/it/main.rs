//! ingest-api in this process, with a PostgreSQL and a Redis of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod batch;
mod intake;
mod limits;
mod support;
